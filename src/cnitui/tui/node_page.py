"""Everything about one node on one page."""

from __future__ import annotations

from cnitui.domain.evidence import Unavailable
from cnitui.domain.facts import AttemptLogs, ContainerStatus, PodEvents, PodStatus
from cnitui.domain.plan import ObjectRef
from cnitui.domain.remedies.base import command
from cnitui.engine.guide.blocks import Block, Command, Grid, Heading, Item, Paragraph, Quote, Role
from cnitui.engine.guide.judging import VERDICT_ROLES
from cnitui.engine.state import State


def pod_ref(pod: PodStatus) -> ObjectRef:
    """The pod as an object of the API."""
    return ObjectRef("", "v1", "pods", "Pod", pod.name, pod.namespace)


def object_blocks(text: str) -> tuple[Block, ...]:
    """An object's YAML as a page."""
    return (Quote(text),)


def node_blocks(state: State, name: str) -> tuple[Block, ...]:
    """Pod, containers, findings, last attempt, events and what the node says, as far as known."""
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
        blocks += [Heading("Node"), Grid(("", ""), facts)]
    if row.pod is not None:
        blocks.extend(_pod(row.pod))
    blocks.extend(_findings(state, name))
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
    return [Heading(f"Pod {pod.namespace}/{pod.name}: {pod.status}"), Grid(headers, rows, roles, leaves=(1, 5))]


def _container(status: ContainerStatus) -> tuple[str, ...]:
    failure = status.last_failure
    last = f"exit {failure.exit_code} at {failure.finished_at:%H:%M:%S}" if failure and failure.finished_at else "–"
    state = f"{status.state} {status.waiting_reason}".strip()
    return (status.name, "init" if status.init else "", state, str(status.restart_count), last, status.image)


def _findings(state: State, name: str) -> list[Block]:
    findings = [f for f in (state.diagnosis.findings if state.diagnosis else ()) if not f.nodes or name in f.nodes]
    if not findings or state.pod(name) not in state.failing:
        return []
    blocks: list[Block] = [Heading("Causes")]
    for finding in findings:
        words = f"{finding.verdict.words}: {finding.title}"
        blocks.append(Item(words, VERDICT_ROLES[finding.verdict], finding.judgement.because))
    return blocks


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
    return [Heading("Events"), Grid(("LAST", "REASON", "TIMES", "MESSAGE"), rows, roles, leaves=(2,))]
