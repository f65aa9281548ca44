"""What the user told us about logging in to nodes, and the command line that a person would type for it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from cnitui.domain.facts import NodeStatus
from cnitui.gateways.ssh.hosts import HostMap, host_blocks, safe_host
from cnitui.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class SshLogin:
    """What the user told us beside the configuration file: `--ssh-config`, `--ssh-user`, `--ssh-key`; "" for none."""

    config: str = ""
    user: str = ""
    key: str = ""

    @property
    def config_file(self) -> Path:
        """The configuration that is read."""
        return Path(self.config or "~/.ssh/config").expanduser()

    def hosts(self, hosts: Mapping[str, str] | None) -> HostMap:
        """From nodes to hosts: the configuration's Host blocks, then our own map `hosts` of names and patterns."""
        return HostMap(host_blocks(self.config_file), hosts)

    def by_hand(self, node: NodeStatus, hosts: HostMap) -> str:
        """`ssh worker-01`, with -F, -l and -i when we were told so."""
        told = (("-F", self.config), ("-l", self.user), ("-i", self.key))
        options = [word for flag, value in told if value for word in (flag, value)]
        host = hosts.host_of(node) or (node.name if safe_host(node.name) else "NODE")
        return shlex.join(["ssh", *options, host])
