"""Everything about one node on one page."""

from __future__ import annotations

from collections.abc import Iterator

from cnitui.domain.comparison import compare
from cnitui.domain.evidence import Unavailable
from cnitui.domain.facts import (
    AttemptLogs,
    CniDirectories,
    CniFiles,
    ContainerStatus,
    NodeChanges,
    PodEvents,
    PodStatus,
)
from cnitui.domain.finding import Finding, Verdict
from cnitui.domain.listing import listed
from cnitui.domain.plan import ObjectRef
from cnitui.domain.questions import RUNTIME_QUESTIONS, selinux_questions
from cnitui.domain.remedies.base import command
from cnitui.domain.remedies.template import daemonset_ref
from cnitui.domain.report import machine_words
from cnitui.engine.guide.blocks import Block, Command, Grid, Heading, Item, Paragraph, Quote, Role
from cnitui.engine.guide.contexts import directories_of
from cnitui.engine.guide.judging import VERDICT_ROLES, folded
from cnitui.engine.probes.calico_objects import CalicoObjects
from cnitui.engine.state import State
from cnitui.errors import NodeError

MOST_CHANGES = 5
MOST_FILES = 60
"""Names of files that the page tells; the listing has them all."""


def objects_of(state: State, name: str) -> tuple[ObjectRef, ...]:
    """A node's row as objects of the API: its pod, the node itself, and the DaemonSet that the pod is of."""
    pod, daemonset = state.pod(name), state.daemonset
    refs: list[ObjectRef] = []
    if pod is not None:
        refs.append(ObjectRef("", "v1", "pods", "Pod", pod.name, pod.namespace))
    if state.node(name) is not None:
        refs.append(ObjectRef("", "v1", "nodes", "Node", name))
    kind, _, owner = pod.owner.partition("/") if pod is not None else ("", "", "")
    if pod is not None and kind == "DaemonSet" and owner:
        refs.append(daemonset_ref(pod.namespace, owner))
    elif daemonset is not None:
        refs.append(daemonset_ref(daemonset.namespace, daemonset.name))
    return tuple(refs)


def node_blocks(state: State, name: str, calico: CalicoObjects | None = None) -> tuple[Block, ...]:
    """Pod, containers, findings, last attempt, events, what the node says and Calico's objects, as far as known."""
    row = next((row for row in state.rows if row.name == name), None)
    if row is None:
        return (Paragraph(f"{name} is gone.", "warn"),)
    blocks: list[Block] = []
    if row.node is not None:
        node = row.node
        facts = (
            ("Ready", f"{node.ready} {node.ready_reason} {node.ready_message}".strip()),
            ("Roles", ", ".join(node.roles) or "worker"),
            ("Addresses", ", ".join(f"{kind} {address}" for kind, address in node.addresses.items())),
            ("System", f"{node.os_image}, kernel {node.kernel}, {node.runtime}, kubelet {node.kubelet}"),
            ("Taints", ", ".join(node.taints) or "none"),
        )
        blocks += [Heading("Node"), *_doubt(state, name), Grid(("", ""), facts, wrap=True)]
    if row.pod is not None:
        blocks.extend(_pod(row.pod))
    blocks.extend(_findings(state, name))
    blocks.extend(_host(state, name))
    blocks.extend(_calico(calico, recorded=state.recorded is not None))
    blocks.extend(_last_attempt(state, name))
    blocks.extend(_events(state, name))
    if row.pod is not None:
        blocks += [
            Heading("By hand"),
            Command(command("kubectl", "-n", row.pod.namespace, "describe", "pod", row.pod.name)),
        ]
    return tuple(blocks)


def _pod(pod: PodStatus) -> list[Block]:
    rows = tuple(_container(status) for status in pod.containers)
    roles: tuple[Role, ...] = tuple(
        "bad" if status is pod.failing else "good" if status.succeeded or status.ready else "dim"
        for status in pod.containers
    )
    headers = ("CONTAINER", "KIND", "STATE", "RESTARTS", "LAST ATTEMPT", "IMAGE")
    containers = Grid(headers, rows, roles, leaves=(1,), wrap=True)
    return [Heading(f"Pod {pod.namespace}/{pod.name}: {pod.status}"), containers]


def _container(status: ContainerStatus) -> tuple[str, ...]:
    failure = status.last_failure
    last = f"exit {failure.exit_code} at {failure.finished_at:%H:%M:%S}" if failure and failure.finished_at else "–"
    state = status.waiting_reason or status.state
    return (status.name, "init" if status.init else "", state, str(status.restart_count), last, status.image)


def _findings(state: State, name: str) -> list[Block]:
    """The causes by rank; those that were ruled out in one line, for the guide tells why."""
    findings = [f for f in (state.diagnosis.findings if state.diagnosis else ()) if not f.nodes or name in f.nodes]
    if not findings or state.pod(name) not in state.failing:
        return []
    still = [finding for finding in findings if finding.verdict is not Verdict.RULED_OUT]
    ruled_out = [finding.cause for finding in findings if finding.verdict is Verdict.RULED_OUT]
    blocks: list[Block] = [Heading("Causes"), *(_cause(group) for group in folded(still))]
    if ruled_out:
        blocks.append(Item(f"ruled out: {', '.join(ruled_out)}", "good", "Why is told in step 5 of the guide."))
    return blocks


def _cause(group: tuple[Finding, ...]) -> Item:
    """One cause, or those that nothing but the same can be said of."""
    verdict = group[0].verdict
    titles = group[0].title if len(group) == 1 else ", ".join(finding.cause for finding in group)
    return Item(f"{verdict.words}: {titles}", VERDICT_ROLES[verdict], group[0].judgement.because)


def _host(state: State, name: str) -> list[Block]:
    """What the node itself told: SELinux, mounts, room, what is in its CNI directories, the runtime."""
    directories = state.case.value(CniDirectories, name)
    bin_dir, net_dir = (directories.bin_dir, directories.net_dir) if directories else directories_of(state)
    questions = (*selinux_questions(bin_dir, net_dir), *RUNTIME_QUESTIONS)
    compared = compare(state.case, "", [name], questions)
    if not compared.rows:
        return [Heading("Node, from inside"), _unread(state, name)]
    rows = (*((row.label, row.cells[0]) for row in compared.rows), *_files(state, name), *_changes(state, name))
    return [Heading("Node, from inside"), Grid(("", ""), rows, wrap=True)]


def _unread(state: State, name: str) -> Item:
    """Why it told nothing."""
    look = state.look(name)
    if look is not None and isinstance(look.error, NodeError):
        return Item(look.error.what, "warn", look.error.next_step)
    return Item("It was not read yet: enter reads and lists it.", "dim")


def _doubt(state: State, name: str) -> Iterator[Item]:
    """That another machine answers for it, or that it is not certain which one does, or that it was started again."""
    for one in state.diagnosis.machines if state.diagnosis else ():
        if one.node == name:
            yield Item(machine_words(one), "warn")


def _files(state: State, name: str) -> Iterator[tuple[str, str]]:
    files = state.case.value(CniFiles, name)
    if files is not None:
        yield "CNI binaries", listed(files.binaries, MOST_FILES) or "none"
        yield "CNI configuration", listed(files.configuration, MOST_FILES) or "none"


def _changes(state: State, name: str) -> Iterator[tuple[str, str]]:
    found = state.case.value(NodeChanges, name)
    if found is not None:
        newest = reversed(found.changes[-MOST_CHANGES:])
        yield "changed last", "; ".join(f"{at:%Y-%m-%d %H:%M:%S} {words}" for at, words in newest)


def _calico(calico: CalicoObjects | None, *, recorded: bool) -> list[Block]:
    """Calico's own objects of the node; a case file holds none."""
    heading = Heading("Calico's own objects of this node")
    if recorded:
        return [heading, Item("A case file holds none of them.", "dim")]
    if calico is None:
        return [heading, Paragraph("◌ asking for them", "dim")]
    rows = tuple((one.kind, one.name, one.words) for one in calico.found)
    found: list[Block] = [Grid(("KIND", "NAME", "SAYS"), rows, wrap=True)] if rows else []
    if not rows and not calico.unread:
        found = [Item("There is none: no address block, no configuration, no peer is this node's.", "dim")]
    return [heading, *found, *(Item(f"{kind}: not read", "warn", why) for kind, why in calico.unread)]


def _last_attempt(state: State, name: str) -> list[Block]:
    reading = state.case.reading(AttemptLogs, name)
    if reading is None:
        return []
    if isinstance(reading, Unavailable):
        return [Heading("Last attempt"), Item(f"no log: {reading.why}", "warn", reading.next_step)]
    latest = reading.value.latest
    text = "\n".join(line.text for line in latest.lines[-40:]) if latest else ""
    return [Heading(f"Last attempt of {reading.value.container}"), Quote(text or "(nothing)", reading.source.command)]


def _events(state: State, name: str) -> list[Block]:
    events = state.case.value(PodEvents, name)
    if events is None or not events.events:
        return []
    rows = tuple(
        (f"{event.last_at:%H:%M:%S}" if event.last_at else "–", event.reason, f"x{event.count}", event.message)
        for event in events.events[-30:]
    )
    roles: tuple[Role, ...] = tuple("dim" if e.kind == "Normal" else "warn" for e in events.events[-30:])
    return [Heading("Events"), Grid(("LAST", "REASON", "TIMES", "MESSAGE"), rows, roles, wrap=True)]
