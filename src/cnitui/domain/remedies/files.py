"""CNI files of repaired nodes held against those of the reference node."""

from __future__ import annotations

from collections.abc import Mapping

from cnitui.domain.evidence import Observed, Reading
from cnitui.domain.facts import CniFiles
from cnitui.domain.listing import listed
from cnitui.late_dataclass import dataclass

CALICO_BINARIES = frozenset(
    {"calico", "calico-ipam", "flannel", "host-local", "loopback", "portmap", "tuning", "bandwidth"}
)
"""What install-cni writes, depending on the release (projectcalico/calico cni-plugin/Dockerfile); other binaries come
from the node's own packages and may differ between nodes."""
ALWAYS = frozenset({"calico", "calico-ipam"})
KUBECONFIG = "calico-kubeconfig"


@dataclass(frozen=True, slots=True)
class FilesVerdict:
    """`missing` is what a node lacks, `unread` the nodes we could not read, `notes` what is worth knowing."""

    words: str
    missing: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def compare_files(nodes: Mapping[str, Reading[CniFiles]], reference: Reading[CniFiles] | None) -> FilesVerdict:
    """Whether each node has what install-cni should have written, as far as it could be read."""
    model = reference.value if isinstance(reference, Observed) else None
    missing: list[str] = []
    unread: list[str] = []
    notes = [] if model else ["no reference node could be read: compared with what every release installs"]
    for node, reading in nodes.items():
        if isinstance(reading, Observed):
            missing += [f"{node}: {name} is missing" for name in _lacking(reading.value, model)]
            notes += [f"{node}: {name} is left over from an interrupted run" for name in _left_over(reading.value)]
        else:
            unread.append(f"{node}: {reading.why}")
    return FilesVerdict(_words(tuple(nodes), missing, unread), tuple(missing), tuple(unread), tuple(notes))


def _words(nodes: tuple[str, ...], missing: list[str], unread: list[str]) -> str:
    if missing:
        return missing[0] if len(missing) == 1 else f"{len(missing)} files are missing"
    if unread:
        return f"{len(unread)} of {len(nodes)} nodes could not be read"
    return f"{listed(nodes)} have what the installer writes" if nodes else "no repaired node is known"


def _lacking(files: CniFiles, model: CniFiles | None) -> list[str]:
    binaries = (set(model.binaries) & CALICO_BINARIES if model else set()) | ALWAYS
    lacking = sorted(binaries - set(files.binaries))
    if model:
        wanted = {name for name in model.configuration if _calico_configuration(name)}
        return [*lacking, *sorted(wanted - set(files.configuration))]
    if not any(name.endswith((".conflist", ".conf")) for name in files.configuration):
        lacking.append("a CNI configuration (*.conflist)")
    return lacking if KUBECONFIG in files.configuration else [*lacking, KUBECONFIG]


def _calico_configuration(name: str) -> bool:
    return name == KUBECONFIG or (name.endswith((".conflist", ".conf")) and ("calico" in name or "canal" in name))


def _left_over(files: CniFiles) -> list[str]:
    return sorted(name for name in (*files.binaries, *files.configuration) if name.endswith(".tmp") or name == ".touch")
