"""Nodes whose CNI directories were read, for the tests of the listings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cnitui.domain.evidence import Observed, Source
from cnitui.domain.facts import Answered, CniDirectories, DirectoryEntry, Transcript
from cnitui.domain.selinux import Label
from cnitui.engine.state import Look, State
from tests.engine.guide.states import NOON, incident

BIN, NET = "/opt/cni/bin", "/etc/cni/net.d"
PLUGINS = ("bandwidth", "bridge", "calico", "calico-ipam", "host-local", "loopback", "portmap", "tuning")
LISTING = "-rwxr-xr-x. 1 root root system_u:object_r:bin_t:s0 3305634 Nov 23 11:58 bandwidth\n"


def label(kind: str, level: str = "s0") -> Label:
    return Label("system_u", "object_r", kind, level)


def file(path: str, kind: str = "bin_t", size: int = 45_346_978) -> DirectoryEntry:
    return DirectoryEntry(path, "-", "rwxr-xr-x", "root", "root", label(kind), size, "Nov 23 11:58")


def folder(path: str, kind: str) -> DirectoryEntry:
    return DirectoryEntry(path, "d", "rwxr-xr-x", "root", "root", label(kind), 4096, "Nov 18 16:12")


def directories(kind: str, *more: DirectoryEntry, configured: bool = True) -> CniDirectories:
    """A node whose plugins have this type where the policy says bin_t."""
    types = {"/": "root_t", "/etc": "etc_t", "/etc/cni": "etc_t", "/opt": "usr_t", "/opt/cni": "usr_t",
             BIN: "bin_t", NET: "etc_t"}  # fmt: skip
    binaries = tuple(file(f"{BIN}/{name}", kind) for name in PLUGINS)
    config = (file(f"{NET}/10-calico.conflist", "etc_t", 660),) if configured else ()
    return CniDirectories(
        BIN,
        NET,
        {path: folder(path, found) for path, found in types.items()},
        {BIN: (*binaries, *more), NET: config},
        defaults={BIN: label("bin_t"), NET: label("etc_t")},
        defaults_around={f"{BIN}/{name}": label("bin_t") for name in PLUGINS},
    )


def transcript(node: str) -> Transcript:
    return Transcript(
        (
            Answered("getenforce", 0, "Enforcing\n"),
            Answered(f"ls -laZ {BIN}", 0, LISTING),
            Answered("semanage permissive -l", 127, "", "sh: semanage: command not found\n"),
            Answered("sudo -n crictl inspect c0", 0, f'"TOKEN=s3cr3t-of-{node}-0123456789"\n'),
        )
    )


def read(state: State, nodes: Iterable[tuple[str, CniDirectories]]) -> State:
    """The state after these nodes told of their directories."""
    facts: list[tuple[str, object]] = [(node, fact) for node, found in nodes for fact in (found, transcript(node))]
    readings = [(type(fact), node, Observed(fact, Source(f"ssh {node}", node, NOON))) for node, fact in facts]
    looks = {**dict(state.looks), **{node: Look("done", NOON) for node, _ in facts}}
    return replace(state, case=state.case.with_readings(readings), looks=tuple(sorted(looks.items())))


def founding() -> State:
    """The founding incident, listings read."""
    healthy, failing = directories("bin_t"), directories("container_file_t", configured=False)
    return read(incident(), (("master-01", healthy), ("worker-01", failing), ("worker-02", failing)))
