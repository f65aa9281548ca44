"""The observed names that the steps' commands are filled in with."""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from itertools import chain

from cnitui.domain.facts import CALICO_SELECTOR, InstallCni
from cnitui.domain.listing import listed
from cnitui.engine.guide.blocks import Command
from cnitui.engine.guide.steps import Step
from cnitui.engine.state import State


def commands_of(step: Step, state: State, ssh: str = "") -> tuple[Command, ...]:
    """The step's commands for the first failing pod (else the first pod), every name quoted for a shell."""
    values = observed_names(state)
    values["ssh"] = ssh or f"ssh {values['node']}"
    return tuple(Command(line.format_map(values)) for line in step.commands)


def observed_names(state: State) -> dict[str, str]:
    """Namespace, pod, node and directories as observed; `<name>` where nothing was."""
    pod = next(chain(state.failing, state.pods), None)
    install = state.case.value(InstallCni, pod.node) if pod else None
    daemonset = state.daemonset
    values: dict[str, str] = defaultdict(lambda: "<name>")
    values["namespace"] = shlex.quote(pod.namespace) if pod else "kube-system"
    values["pod"] = shlex.quote(pod.name) if pod else "<pod>"
    values["node"] = shlex.quote(pod.node) if pod else "<node>"
    values["selector"] = f"k8s-app={pod.app_label}" if pod and pod.app_label else CALICO_SELECTOR
    values["daemonset"] = shlex.quote(daemonset.name) if daemonset else "calico-node"
    values["bin_dir"] = shlex.quote(install.bin_dir) if install else "/opt/cni/bin"
    values["net_dir"] = shlex.quote(install.net_dir) if install else "/etc/cni/net.d"
    return values


_BY_SSH = re.compile(r"ssh (?:-[A-Za-z]+ (?:'[^']*'|\S+) |-o \S+ )*(?P<host>[^\s-]\S*) (?P<command>\S.*)", re.DOTALL)


def brief(source: str) -> str:
    """`worker-01: ausearch --input-logs -m AVC …` for how that was asked over SSH; other sources as they are."""
    found = _BY_SSH.fullmatch(source)
    return f"{found['host']}: {found['command'].removeprefix('sudo -n ')}" if found else source


def on(nodes: tuple[str, ...]) -> str:
    """` on worker-01, worker-02`, bounded; "" where no node could be told."""
    return f" on {listed(nodes)}" if nodes else ""
