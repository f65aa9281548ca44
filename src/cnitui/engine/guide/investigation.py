"""Steps 1 to 4: what was seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, islice

from cnitui.domain.comparison import Asked, Comparison, Question
from cnitui.domain.evidence import Unavailable
from cnitui.domain.facts import AttemptLogs, InstallCni, PodEvents, PodStatus, SelinuxMode
from cnitui.domain.likeness import Cohort
from cnitui.domain.listing import listed
from cnitui.domain.parsing.messages import KnownMessage, recognise
from cnitui.domain.questions import machine_questions, selinux_questions
from cnitui.domain.report import machine_words
from cnitui.engine.guide.blocks import Block, Columns, Grid, Heading, Item, Paragraph, Quote, Role, StepState
from cnitui.engine.guide.outline import Outline
from cnitui.engine.state import NodeRow, State
from cnitui.errors import NodeError, NodeUnconfirmed

PROBLEM_KINDS = frozenset({"fatal", "cause", "loop", "warning"})
SHOWN_ROWS = 200
"""Rows of a table in the guide; the pods pane has them all."""
MANY = 12
"""Failing nodes from which on their groups are told first."""
SHOWN_GROUPS = 30


def unreached(state: State) -> Outline | None:
    """What the steps that look have to say when the pods themselves could never be read; None when they could."""
    error = state.fatal or state.pods_link.error
    if error is None or state.diagnosis is not None:
        return None
    blocks = (Paragraph(error.next_step, "dim"),) if error.next_step else ()
    return Outline("unknown", "not readable", _sentence(error.what), blocks)


def symptoms(state: State) -> Outline:
    """Step 1: which nodes fail, in which container, how."""
    if state.diagnosis is None:
        return Outline("running", "asking", "Asking the API server which pods fail.")
    if not state.failing:
        return _nothing_fails(state)
    extent = f"{len(state.failing):,} of {len(state.rows):,} nodes fail"
    where = f" in {', '.join(found)}" if (found := _containers(state)) else ": their pods cannot start"
    summary = f"{len(state.failing):,} of {len(state.rows):,} fail"
    return Outline("fail", summary, f"{extent}{where}.", (*_groups(state), *_table(state)))


def _containers(state: State) -> list[str]:
    """The containers that fail."""
    if state.cohorts:
        return sorted({cohort.likeness.container for cohort in state.cohorts} - {""})
    return sorted({pod.failing.name for pod in state.failing if pod.failing})


def _groups(state: State) -> tuple[Block, ...]:
    """The nodes by what they have in common, where there are several such groups or many nodes."""
    if len(state.cohorts) < 2 and len(state.failing) <= MANY:
        return ()
    rows = tuple(_group_cells(cohort) for cohort in state.cohorts[:SHOWN_GROUPS])
    headers = ("GROUP", "NODES", "FAILS", "POOL", "RUNS ON", "READ", "WHAT THOSE SAY")
    more = len(state.cohorts) - SHOWN_GROUPS
    return (
        Heading("Groups that fail alike"),
        Grid(
            headers,
            rows,
            tuple(_group_role(cohort) for cohort in state.cohorts[:SHOWN_GROUPS]),
            leaves=(4, 3),
            wrap=True,
        ),
        *((Paragraph(f"and {more:,} more groups", "dim"),) if more > 0 else ()),
        Paragraph("A group is judged on the members that were read; nothing is confirmed on the others.", "dim"),
    )


def _group_role(cohort: Cohort) -> Role:
    return "bad" if cohort.causes else "warn"


def _group_cells(cohort: Cohort) -> tuple[str, ...]:
    likeness, few = cohort.likeness, f" ({listed(cohort.members, 3)})" if len(cohort.members) <= MANY else ""
    told = ", ".join(cohort.causes) or ("nothing decisive" if cohort.agreeing else "–")
    return (
        cohort.id,
        f"{len(cohort.members):,}{few}",
        likeness.failure,
        likeness.pool or "–",
        " ".join(filter(None, (likeness.os_image, likeness.kernel))),
        f"{cohort.read:,}" + (f", {len(cohort.unclear):,} unclear" if cohort.unclear else ""),
        f"{told}, unlike {cohort.apart_from}" if cohort.apart_from else told,
    )


def _nothing_fails(state: State) -> Outline:
    wanted = state.daemonset
    if state.ill and wanted is not None:
        text = f"The DaemonSet {wanted.name} wants {wanted.desired:,} pods and has {wanted.current:,}."
        return Outline("fail", "pods are missing", text, _table(state))
    if not state.pods:
        text = "No calico-node pods were found in the namespaces you may read."
        return Outline("unknown", "no Calico pods", text, _table(state))
    waiting = [row.name for row in state.rows if not row.healthy]
    if waiting:
        text = f"{len(state.pods)} calico-node pods found, none of them fails; not ready yet: {listed(tuple(waiting))}."
        return Outline("unknown", "not all ready", text, _table(state))
    text = f"{len(state.pods)} calico-node pods found, none of them fails."
    return Outline("pass", "none fails", text, _table(state))


def _unasked(state: State, words: str) -> Outline:
    """A step that has nothing to look at: nothing is known yet, no pod is there, or all is well."""
    if state.diagnosis is None:
        return Outline("waiting", "", "This waits for the list of pods.")
    if state.ill or not state.pods:
        return Outline("unknown", "no pod", "No pod is there to look at: step 1 says what is known of that.")
    return Outline("pass", "nothing fails", words)


def _table(state: State) -> tuple[Block, ...]:
    rows = state.rows if len(state.rows) <= SHOWN_ROWS else _worst(state)
    grid = Grid(
        ("NODE", "POD", "STATUS", "CONTAINER", "EXIT", "RESTARTS", "NODE READY"),
        tuple(_symptom_cells(row) for row in rows),
        tuple("bad" if row.name in state.stuck else _symptom_role(row) for row in rows),
        leaves=(1, 3, 6),
        wrap=True,
    )
    more = len(state.rows) - len(rows)
    return (grid, Paragraph(f"and {more:,} more nodes, all of them in the pods pane", "dim")) if more else (grid,)


def _worst(state: State) -> tuple[NodeRow, ...]:
    """A few of the rows, those that fail first."""
    bad = {row.name for row in state.rows if row.failing} | state.stuck
    failing, others = (row for row in state.rows if row.name in bad), (r for r in state.rows if r.name not in bad)
    return tuple(islice(chain(failing, others), MANY))


def _symptom_role(row: NodeRow) -> Role:
    return "bad" if row.failing else "good" if row.healthy else "warn"


def _symptom_cells(row: NodeRow) -> tuple[str, ...]:
    pod, node = row.pod, row.node
    failing = pod.failing if pod else None
    failure = failing.last_failure if failing else None
    ready = f"{node.ready} {node.ready_reason}".strip() if node else "?"
    return (
        row.name,
        pod.name if pod else "no pod",
        pod.status if pod else "–",
        failing.name if failing else "–",
        str(failure.exit_code) if failure else "–",
        str(pod.restarts) if pod else "–",
        ready,
    )


# --- step 2 ---------------------------------------------------------------------------------------------------------


def reports(state: State) -> Outline:
    """Step 2: which known messages the logs and events hold."""
    found = known_messages(state)
    if not state.failing:
        return _unasked(state, "Nothing fails, so there is no message to look up.")
    if not found and not state.settled:
        return Outline("running", "reading logs", "Reading the logs and events of the failing pods.")
    if not found:
        return Outline("unknown", "none known", "No known failure message was found.", _unread(state))
    count = len(found)
    word = f"{count} known"
    blocks: list[Block] = []
    for seen in found:
        blocks.append(Heading(listed(seen.nodes)))
        blocks.append(Quote(seen.quote, seen.source))
        blocks.append(Item(seen.message.meaning, "warn", _reports_of(seen.message)))
    return Outline(
        "fail", word, found[0].message.meaning.partition(". ")[0].rstrip(".") + ".", (*blocks, *_unread(state))
    )


def _reports_of(message: KnownMessage) -> str:
    causes = f"speaks for: {', '.join(message.causes)}" if message.causes else ""
    seen = f"public reports: {', '.join(message.reports)}" if message.reports else ""
    return " · ".join(part for part in (causes, seen) if part)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A known message, one line in which it was seen, that line's source, and the nodes."""

    message: KnownMessage
    quote: str
    source: str
    nodes: tuple[str, ...]


def known_messages(state: State) -> tuple[Sighting, ...]:
    """Each failure message recognised in logs and events of the failing pods."""
    found: dict[str, Sighting] = {}
    for pod in _read_of(state):
        for text, source in _said(state, pod):
            message = _problem(text)
            if message is None:
                continue
            seen = found.setdefault(message.id, Sighting(message, text, source, ()))
            if pod.node not in seen.nodes:
                found[message.id] = replace(seen, nodes=(*seen.nodes, pod.node))
    return tuple(found.values())


def _read_of(state: State) -> list[PodStatus]:
    """The failing pods of which more is kept than the lists show, by node."""
    pods = (state.pod(node) for node in state.kept_nodes)
    return [pod for pod in pods if pod is not None and pod.failing is not None]


@lru_cache(32_768)
def _problem(text: str) -> KnownMessage | None:
    """The failure message in a line; remembered, because the steps are made anew with every state of the cluster."""
    message = recognise(text)
    return message if message is not None and message.level in PROBLEM_KINDS else None


def _said(state: State, pod: PodStatus) -> list[tuple[str, str]]:
    logs, events = state.case.reading(AttemptLogs, pod.node), state.case.reading(PodEvents, pod.node)
    said: list[tuple[str, str]] = []
    if logs is not None and not isinstance(logs, Unavailable) and logs.value.latest is not None:
        said.extend((line.text, f"{logs.source.command} line {line.number}") for line in logs.value.latest.lines)
    if events is not None and not isinstance(events, Unavailable):
        said.extend((event.message, events.source.command) for event in events.value.events if event.kind != "Normal")
    return said


def _unread(state: State) -> tuple[Block, ...]:
    missing = [
        Item(f"{pod.node}: logs not readable: {reading.why}", "warn", reading.next_step)
        for pod in _read_of(state)
        if isinstance(reading := state.case.reading(AttemptLogs, pod.node), Unavailable)
    ]
    return _first(missing, "more nodes")


def _first(items: list[Item], what: str, most: int = 5) -> tuple[Block, ...]:
    """The first few, and how many more there are."""
    more = [Paragraph(f"and {len(items) - most} {what}", "dim")] if len(items) > most else []
    return (*items[:most], *more)


# --- steps 3 and 4 --------------------------------------------------------------------------------------------------


def directories_of(state: State) -> tuple[str, str]:
    """The host's CNI directories as the failing pods mount them."""
    for pod in chain(state.failing, state.pods):
        install = state.case.value(InstallCni, pod.node)
        if install is not None:
            return install.bin_dir, install.net_dir
    return "/opt/cni/bin", "/etc/cni/net.d"


def selinux_comparison(state: State, nodes: Sequence[str] = ()) -> Comparison:
    """The SELinux pane: the reference beside these failing nodes, else beside all that were read."""
    return _compared(state, selinux_questions, nodes)


def _shown_before(state: State, key: str) -> str:
    """Where a repair can be looked at, once there was one."""
    return f" {key} and B show the repaired nodes before and now." if state.before is not None else ""


def machine_comparison(state: State, nodes: Sequence[str] = ()) -> Comparison:
    """Step 4 and the differences screen: everything that is not SELinux, then SELinux and the host."""
    return _compared(state, _all_questions, nodes)


Asking = Callable[[str, str], tuple[tuple[str, Question], ...]]
"""The questions about a bin and a net directory."""
_ASKED: dict[tuple[Asking, bool], Asked] = {}
"""The answers of each kind, kept between states: a node is asked again only when something was read of it.

A comparison of chosen nodes is kept beside that of all, so that the two do not push each other out.
"""


def _all_questions(bin_dir: str, net_dir: str) -> tuple[tuple[str, Question], ...]:
    return (*machine_questions(), *selinux_questions(bin_dir, net_dir))


def _compared(state: State, asking: Asking, nodes: Sequence[str]) -> Comparison:
    directories, key = directories_of(state), (asking, bool(nodes))
    asked = _ASKED.get(key)
    if asked is None or asked.about != directories:
        asked = _ASKED[key] = Asked(directories, asking(*directories))
    return asked.compare(state.case, state.reference, nodes or _read_nodes(state))


def _read_nodes(state: State) -> list[str]:
    """The failing nodes of which something is kept that the lists do not show; of few nodes, all."""
    if len(state.failing) <= MANY:
        return [pod.node for pod in state.failing if pod.node]
    return [pod.node for pod in _read_of(state)]


def selinux(state: State) -> Outline:
    """Step 3: modes, labels, the process's own label and the denials."""
    if not state.failing:
        words = "Nothing fails; the labels of a healthy node are no question."
        return _unasked(state, words + _shown_before(state, "f3"))
    nodes = _read_nodes(state)
    read = [node for node in nodes if state.case.value(SelinuxMode, node) is not None]
    table: tuple[Block, ...] = (*unreadable(state), Columns(selinux_comparison(state)))
    if not read and not state.settled:
        return Outline("running", f"asking {len(nodes)}", "Reading modes, labels and denials on the nodes.", table)
    if not read:
        why = _why_unread(state, nodes)
        return Outline("unknown", "not readable", f"No failing node could be read: {why}", table)
    missing = [node for node in nodes if node not in read]
    partial = f" {len(missing)} of {len(nodes)} nodes could not be read." if missing else ""
    stance, word, sentence = _selinux_sentence(state)
    return Outline(stance, word, sentence + partial, table)


def unreadable(state: State) -> tuple[Block, ...]:
    """The nodes that could not be read, each with the reason and what would help."""
    errors = [look.error for node, look in state.looks if look.error is not None and node]
    waiting = [error for error in errors if isinstance(error, NodeUnconfirmed)]
    others = [Item(error.what, "warn", error.next_step) for error in errors if error not in waiting]
    strange = _strange(state, {error.node for error in errors if isinstance(error, NodeError)})
    return (*_waiting(waiting), *_first([*others, *strange], "more nodes"))


def _strange(state: State, told: set[str]) -> list[Item]:
    """Nodes for which another machine answered, or for which it is not certain which one did; but for those `told`."""
    odd = state.diagnosis.machines if state.diagnosis else ()
    return [Item(f"{one.node}: {machine_words(one)}", "warn") for one in odd if one.node not in told]


def _waiting(errors: list[NodeUnconfirmed]) -> tuple[Block, ...]:
    """Those that one confirmation would read, told in one line."""
    if not errors:
        return ()
    nodes = listed([error.node for error in errors])
    return (Item(f"Not read before you confirm it: {nodes}", "warn", errors[0].next_step),)


def _why_unread(state: State, nodes: list[str]) -> str:
    for node in nodes:
        reading = state.case.reading(SelinuxMode, node)
        if isinstance(reading, Unavailable):
            return f"{reading.why}. {reading.next_step}".strip()
    return "node access is switched off" if not state.looks else "no answer yet"


def _selinux_sentence(state: State) -> tuple[StepState, str, str]:
    findings = [f for f in (state.diagnosis.findings if state.diagnosis else ()) if f.cause.startswith("selinux-")]
    guilty = next((f for f in findings if f.verdict.confident), None)
    if guilty is not None:
        return "fail", f"denied on {len(guilty.nodes)}", _sentence(guilty.judgement.because)
    if findings and all(f.verdict.value == "ruled_out" for f in findings):
        return "pass", "ruled out", f"SELinux is not it: {_stopped(findings[0].judgement.because)}"
    because = findings[0].judgement.because if findings else "it was not judged yet"
    return "unknown", "undecided", f"Whether SELinux stops the installer is open: {_stopped(because)}"


def _sentence(text: str) -> str:
    return text[:1].upper() + _stopped(text[1:])


def _stopped(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def master_against_worker(state: State) -> Outline:
    """Step 4: only what differs."""
    if not state.failing:
        words = "Nothing fails, so there is nothing to compare."
        return _unasked(state, words + _shown_before(state, "f5"))
    if not state.reference:
        text = "No node is healthy, so there is none to compare with. The causes are judged without a comparison."
        return Outline("unknown", "no healthy node", text)
    whole = machine_comparison(state)
    differing = whole.differing
    kind: StepState = "running" if not state.settled else "unknown" if differing.rows else "pass"
    word = f"{len(differing.rows)} differ"
    headline = f"{len(differing.rows)} of {len(whole.rows)} answers differ from {state.reference}."
    note = Paragraph(
        "That the reference works and others do not proves nothing by itself; it says where to look.", "dim"
    )
    return Outline(kind, word, headline, (Columns(differing), note))
