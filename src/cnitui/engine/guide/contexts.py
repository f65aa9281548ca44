"""Steps 3 and 4: modes, labels and denials, and what differs from the reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain

from cnitui.domain.comparison import Asked, Comparison, Question
from cnitui.domain.evidence import Unavailable
from cnitui.domain.facts import InstallCni, SelinuxMode
from cnitui.domain.listing import listed
from cnitui.domain.questions import machine_questions, selinux_questions
from cnitui.domain.report import machine_words
from cnitui.engine.guide.blocks import Block, Columns, Item, Paragraph, StepState
from cnitui.engine.guide.looking import MANY, first_few, read_of, sentence, stopped, unasked
from cnitui.engine.guide.outline import Outline
from cnitui.engine.state import State
from cnitui.errors import NodeError, NodeUnconfirmed


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
    return [pod.node for pod in read_of(state)]


def selinux(state: State) -> Outline:
    """Step 3: modes, labels, the process's own label and the denials."""
    if not state.failing:
        words = "Nothing fails; the labels of a healthy node are no question."
        return unasked(state, words + _shown_before(state, "f3"))
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
    stance, word, headline = _selinux_sentence(state)
    return Outline(stance, word, headline + partial, table)


def unreadable(state: State) -> tuple[Block, ...]:
    """The nodes that could not be read, each with the reason and what would help."""
    errors = [look.error for node, look in state.looks if look.error is not None and node]
    waiting = [error for error in errors if isinstance(error, NodeUnconfirmed)]
    others = [Item(error.what, "warn", error.next_step) for error in errors if error not in waiting]
    strange = _strange(state, {error.node for error in errors if isinstance(error, NodeError)})
    return (*_waiting(waiting), *first_few([*others, *strange], "more nodes"))


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
        return "fail", f"denied on {len(guilty.nodes)}", sentence(guilty.judgement.because)
    if findings and all(f.verdict.value == "ruled_out" for f in findings):
        return "pass", "ruled out", f"SELinux is not it: {stopped(findings[0].judgement.because)}"
    because = findings[0].judgement.because if findings else "it was not judged yet"
    return "unknown", "undecided", f"Whether SELinux stops the installer is open: {stopped(because)}"


def master_against_worker(state: State) -> Outline:
    """Step 4: only what differs."""
    if not state.failing:
        words = "Nothing fails, so there is nothing to compare."
        return unasked(state, words + _shown_before(state, "f5"))
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
