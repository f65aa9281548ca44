"""What the `ssh` faults that hold come to on each node: its server's fields, and what begins and ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnitui.lab.faults.grammar import Fault
    from cnitui.lab.shell.ssh_nodes import SshNodes

_FIELDS: Mapping[str, tuple[str, Callable[[Fault], object]]] = {
    "latency": ("slow", lambda fault: fault.number),
    "silent": ("hang", lambda _: True),
    "stall": ("stall", lambda _: True),
    "drip": ("drip", lambda fault: int(fault.value)),
    "cut": ("truncate", lambda fault: int(fault.value)),
    "lie": ("lie", lambda fault: fault.value),
}
"""A field of `SshFault` and its value while the fault holds."""
Change = Callable[["SshNodes", str], None]


def _another_key(ssh: SshNodes, node: str) -> None:
    """Connections that exist are dropped: who keeps one never looks at the key again."""
    ssh.change_host_key(node)
    ssh.drop(node)


def _first_key(ssh: SshNodes, node: str) -> None:
    ssh.restore_host_key(node)
    ssh.drop(node)


_EDGES: Mapping[str, tuple[Change, Change]] = {
    "down": (lambda ssh, node: ssh.down(node), lambda ssh, node: ssh.up(node)),
    "half-open": (lambda ssh, node: ssh.go_dead(node), lambda ssh, node: ssh.reset_dead(node)),
    "silent": (lambda ssh, node: ssh.go_dead(node), lambda ssh, node: ssh.reset_dead(node)),
    "new-key": (_another_key, _first_key),
}
"""What happens on a node when the first fault of a kind begins there, and when the last one ends."""


def settle(ssh: SshNodes, nodes: Iterable[str], before: Iterable[Fault], after: Iterable[Fault]) -> None:
    """Let the nodes be as the faults of `after` have them; those of `before` held until now."""
    was, now = list(before), list(after)
    for node in nodes:
        old, new = _there(node, was), _there(node, now)
        fields = {_FIELDS[name][0]: _FIELDS[name][1](fault) for name, fault in new.items() if name in _FIELDS}
        ssh.fault(node).become(**fields)
        for name, (begins, ends) in _EDGES.items():
            if (name in new) != (name in old):
                (begins if name in new else ends)(ssh, node)


def _there(node: str, faults: Iterable[Fault]) -> dict[str, Fault]:
    """The faults of a node by their kind; of several the last one counts."""
    return {one.kind.name: one for one in faults if one.kind.side == "ssh" and fnmatchcase(node, one.where or "*")}
