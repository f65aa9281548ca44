"""Blocks of pasted or recorded text to a case: the same facts that a live look would have read.

What no parser knows stays a statement, so that every line is compared with the catalogue of messages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from cnitui.domain.derive import install_cni_of
from cnitui.domain.evidence import CaseFile, Observed, Reading, Source
from cnitui.domain.facts import (
    INSTALL_CNI,
    Attempt,
    AttemptLogs,
    ContainerStatus,
    InstallCni,
    NodeStatus,
    PodRow,
    PodRows,
    PodStatus,
    Run,
    Statement,
    Statements,
)
from cnitui.domain.parsing.container_log import parse_line
from cnitui.domain.parsing.describe import containers_described, parse_describe
from cnitui.domain.parsing.installer_log import milestones_of
from cnitui.domain.parsing.line_form import personal
from cnitui.domain.parsing.node_text import node_facts
from cnitui.domain.parsing.paste import Block
from cnitui.domain.parsing.pod_table import parse_pod_table

Readings = list[tuple[type[object], str, Reading[object]]]
Documents = Callable[[str], Sequence[PodStatus | NodeStatus]]

_OURS = re.compile(
    r"calico|canal|cni|tigera|typha|kube-proxy|flannel|cilium|weave|antrea|multus|istio|sdn", re.IGNORECASE
)
_INSTALLER_LINE = re.compile(
    r"cni-installer/|install\.go:\d|Running as a Kubernetes pod|CNI binaries to |found no writeable directory|"
    r"(?:writeable|non-writeable), skipping|Installed /host/|Failed to install /host/|Done configuring CNI|"
    r"Unable to create token for CNI|/install-cni\.sh: line"
)
_OF_KUBECTL = re.compile(r"Error from server \(|Defaulted container |unable to retrieve container logs|error: ")
"""What kubectl says instead of a log, or before it."""
MOST_ATTEMPTS = 50
"""Of more attempts than twice this many the first and the last are kept: they repeat."""

_BEGINNING = "Running as a Kubernetes pod"


def no_documents(_text: str) -> Sequence[PodStatus | NodeStatus]:
    """For callers that cannot read YAML."""
    return ()


def case_of(blocks: Sequence[Block], source: str, documents: Documents = no_documents) -> CaseFile:
    """All facts in the blocks; `source` is their file, `documents` reads YAML or JSON of pods and nodes."""
    rows = tuple(row for block in blocks for row in _rows(block))
    printed = _printed(blocks, documents)
    pods = _pods(blocks, printed)
    nodes = _node_names(rows, pods)
    placed = [replace(block, node=_node_of(block, nodes, pods)) for block in blocks]
    readings: Readings = [(PodRows, "", Observed(PodRows(rows), Source(source)))] if rows else []
    readings += _pod_readings(pods, source)
    readings += [
        (NodeStatus, one.name, Observed(one, Source(source, one.name)))
        for one in printed
        if isinstance(one, NodeStatus) and one.name in pods
    ]
    for node in dict.fromkeys(block.node for block in placed):
        mine = [block for block in placed if block.node == node]
        readings += _readings(node, mine, source, pods.get(node))
    return CaseFile().with_readings(readings)


# --- pods and nodes -------------------------------------------------------------------------------------------------


def _rows(block: Block) -> tuple[PodRow, ...]:
    return parse_pod_table(block.text) if block.kind in ("pods", "unknown") else ()


def _printed(blocks: Iterable[Block], documents: Documents) -> list[PodStatus | NodeStatus]:
    """The objects in all printed documents."""
    told = (block.text for block in blocks if block.kind in ("document", "unknown"))
    return [one for text in told if "kind" in text and "status" in text for one in documents(text)]


def _pods(blocks: Iterable[Block], printed: Iterable[PodStatus | NodeStatus]) -> dict[str, PodStatus]:
    """The described or printed Calico pods by node; a printed document knows more than a description."""
    found: dict[str, PodStatus] = {}
    for block in blocks:
        if block.kind in ("describe", "unknown") and "Containers:" in block.text:
            described = parse_describe(block.text)
            if described is not None and _OURS.search(described.name):
                found.setdefault(described.node, described)
    found.update((one.node, one) for one in printed if isinstance(one, PodStatus) and _OURS.search(one.name))
    return found


def _node_names(rows: Iterable[PodRow], pods: Mapping[str, PodStatus]) -> dict[str, str]:
    """Pod name to node name."""
    return {row.name: row.node for row in rows if row.node} | {pod.name: node for node, pod in pods.items() if node}


def _node_of(block: Block, nodes: Mapping[str, str], pods: Mapping[str, PodStatus]) -> str:
    """Where a block belongs; what nobody placed belongs to the one failing node, when there is only one."""
    known = {*nodes.values(), *pods}
    if block.pod in nodes:
        return nodes[block.pod]
    if block.node in known:
        return block.node
    failing = [node for node, pod in pods.items() if pod.failing is not None]
    return failing[0] if len(failing) == 1 else ""


def _pod_readings(pods: Mapping[str, PodStatus], source: str) -> Readings:
    readings: Readings = []
    for node, pod in pods.items():
        readings.append((PodStatus, node, Observed(pod, Source(source, node))))
        install = install_cni_of(pod)
        if install is not None:
            readings.append((InstallCni, node, Observed(install, Source(source, node))))
    return readings


# --- one node -------------------------------------------------------------------------------------------------------


def _readings(node: str, blocks: Sequence[Block], source: str, pod: PodStatus | None) -> Readings:
    containers = pod.containers if pod else _containers(blocks)
    logs, rest = _logs(blocks, containers)
    readings: Readings = []
    if logs is not None:
        readings.append((AttemptLogs, node, Observed(logs, Source(source, node))))
    readings += [(type(fact), node, Observed(fact, Source(source, node))) for fact in node_facts(blocks)]
    said = tuple(_statements(rest, source))
    if said:
        readings.append((Statements, node, Observed(Statements(said), Source(source, node))))
    return readings


def _containers(blocks: Iterable[Block]) -> tuple[ContainerStatus, ...]:
    return tuple(status for block in blocks if block.kind == "describe" for status in containers_described(block.text))


def _logs(
    blocks: Sequence[Block], containers: Sequence[ContainerStatus]
) -> tuple[AttemptLogs | None, list[tuple[Block, frozenset[int]]]]:
    """The installer's attempts, and for every block the lines that are not part of them."""
    attempts: list[Attempt] = []
    rest: list[tuple[Block, frozenset[int]]] = []
    container = ""
    for block in blocks:
        taken = _installer_lines(block)
        rest.append((block, frozenset(number for number, _ in taken)))
        if taken:
            attempts += _attempts(block, taken)
            container = container or (block.origin if block.kind == "log" else INSTALL_CNI)
    if not attempts:
        return None, rest
    return AttemptLogs(container, tuple(_ordered(attempts, containers)), _pod_of(blocks)), rest


def _pod_of(blocks: Iterable[Block]) -> str:
    return next((block.pod for block in blocks if block.pod), "")


def _installer_lines(block: Block) -> list[tuple[int, str]]:
    """The lines of install-cni in a block: the whole log when it is that, else those that look like its own."""
    lines = list(enumerate(block.text.split("\n"), block.first_line))
    if block.kind == "log" and "install" in block.origin:
        return [(number, line) for number, line in lines if line.strip() and not _OF_KUBECTL.match(line)]
    if block.kind != "unknown" or _INSTALLER_LINE.search(block.text) is None:
        return []
    return [(number, line) for number, line in lines if _INSTALLER_LINE.search(line)]


def _attempts(block: Block, taken: Sequence[tuple[int, str]]) -> Iterator[Attempt]:
    """One attempt per `Running as a Kubernetes pod`: several logs are often pasted one after the other."""
    starts = [place for place, (_, line) in enumerate(taken) if _BEGINNING in line]
    cuts = sorted({0, *starts, len(taken)})
    for begin, end in pairwise(cuts):
        lines = tuple(parse_line(line.strip(), number) for number, line in taken[begin:end])
        whole = block.kind == "log" and bool(block.command) and _BEGINNING in lines[0].text
        yield Attempt(Run(), lines, whole)


def _ordered(attempts: list[Attempt], containers: Sequence[ContainerStatus]) -> list[Attempt]:
    """Failed attempts last, each with the times that a description gives for it."""
    install = next((status for status in containers if "install" in status.name), None)
    run = install.last_failure if install else None
    failed: list[Attempt] = []
    good: list[Attempt] = []
    for attempt in attempts[:MOST_ATTEMPTS] + attempts[MOST_ATTEMPTS:][-MOST_ATTEMPTS:]:
        (failed if milestones_of(attempt.lines).first_error else good).append(attempt)
    if run is not None and failed:
        failed[-1] = replace(failed[-1], run=run)
    return [*good, *failed]


# --- what is left ---------------------------------------------------------------------------------------------------


def _statements(blocks: Iterable[tuple[Block, frozenset[int]]], source: str) -> Iterator[Statement]:
    for block, taken in blocks:
        where = f"{source}: {block.command}" if block.command else source
        if block.kind in ("document", "nodes"):
            yield from _cut_out(block, where)
            continue
        listing = _LISTINGS.match(block.command or block.origin) is not None
        if _lacks_default_route(block):
            yield Statement("no default route among the node's routes", block.origin or block.kind, where)
        owner = block.origin or block.kind
        for number, line in enumerate(block.text.split("\n"), block.first_line):
            owner = _owner(block, line) or owner
            if number not in taken and line.strip() and (_LABELLED if listing else _worth_hearing)(line):
                said = Statement(line.strip(), owner, where, f"line {number}")
                yield from _told(said) if block.kind == "unknown" and personal(line) else (said,)


def _cut_out(block: Block, where: str) -> Iterator[Statement]:
    """The messages of a status that was cut out of a printed object; a whole object is read as what it is."""
    if block.kind != "document" or "kind" in block.text:
        return
    for number, line in enumerate(block.text.split("\n"), block.first_line):
        found = _MESSAGE.match(line)
        if found is not None:
            yield Statement(found["said"], block.origin or block.kind, where, f"line {number}")


_MESSAGE = re.compile(r"""\s{0,200}(?:- )?"?message"?:\s{1,9}["']?(?P<said>\S.{0,2000}?)["']?,?\s{0,9}$""")


def _told(said: Statement) -> Iterator[Statement]:
    """A person's sentence as what it is; what it quotes, or leads to with a colon, a program printed."""
    words, _, rest = _QUOTED.sub(_unquoted, said.text).partition(": ")
    quoted = [found[2].strip() for found in _QUOTED.finditer(said.text) if not _unquoted(found)]
    yield replace(said, text=words, origin="reported")
    if personal(rest):
        yield from _told(replace(said, text=rest))
    yield from (replace(said, text=text) for text in ("" if personal(rest) else rest, *quoted) if text.strip())


def _unquoted(found: re.Match[str]) -> str:
    """What stays of something quoted as code: a name is part of the sentence."""
    return found[2] if len(found[2]) < _LONGER_THAN_A_NAME else ""


_QUOTED = re.compile(r"(`{1,3})([^`]{1,4000})\1")
_LONGER_THAN_A_NAME = 24


def _owner(block: Block, line: str) -> str:
    """The pod that a description is of from this line on, under its own name; "" where none begins."""
    named = _DESCRIBED.match(line) if block.kind in ("describe", "unknown") else None
    if named is None or "\nNamespace:" not in block.text:
        return ""
    return (block.origin or block.kind) if _OURS.search(named[1]) else named[1]


_DESCRIBED = re.compile(r"Name:\s{2,40}([\w.-]{1,253})\s*$")
_LISTINGS = re.compile(
    r"(?:sudo (?:-n )?)?(?:node )?(?:ps|processes|top|htop|rpm|dpkg|apt|yum|dnf|packages|lsof|crictl ps|docker ps|"
    r"kubectl (?:-n \S+ )?top)\b"
)
"""What lists processes or packages: names in it are not messages."""
_LABELLED = re.compile(r"\s*\w{1,40}:\w{1,40}:\w{1,40}_t:s\d").match
"""A row of `ps -eZ`: the label of a process says something, whatever its name."""


_ROUTES = re.compile(r"^(?:\d{1,3}\.){3}\d{1,3}\S* (?:dev|via) ", re.MULTILINE)


def _lacks_default_route(block: Block) -> bool:
    """Whether a whole table of routes was shown and none of them is the default."""
    shown = "route" in block.origin or block.command.startswith(("ip r", "ip route", "route"))
    return shown and _ROUTES.search(block.text) is not None and "default" not in block.text


_LISTED = re.compile(
    r"\S+\s+\d+\s+\d+\s+\d+\s+\S+\s+\S+\s+\d\d:\d\d:\d\d\s|\S+\s+\d+\s+\d{1,3}\.\d\s+\d{1,3}\.\d\s+\d+\s+\d+\s|"
    r"ii\s{2}\S|[\w.+-]+-\d[\w.~+^]*-[\w.~+^]+\.(?:x86_64|noarch|aarch64|i686)$"
)
"""A row of `ps -ef`, `ps aux`, `dpkg -l` or `rpm -qa`."""
_TABLE_ROW = re.compile(r"\s\d{1,3}/\d{1,3}\s{1,20}[A-Z]\w")


def _worth_hearing(line: str) -> bool:
    """Rows of pods that are nobody's business here say nothing, nor do rows of processes and packages."""
    if _LISTED.match(line):
        return False
    return _TABLE_ROW.search(line) is None or _OURS.search(line) is not None
