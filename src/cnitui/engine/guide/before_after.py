"""The repaired nodes before a plan and now: what changed, question by question, and the attempts of both moments."""

from __future__ import annotations

from collections.abc import Sequence

from cnitui.domain.comparison import AskedTwice, Change, Question, before_and_now
from cnitui.domain.facts import AttemptLogs, ContainerStatus, NodeStatus, PodStatus, Run
from cnitui.domain.questions import condition_questions, denials_since, machine_questions, selinux_questions
from cnitui.engine.guide.contexts import directories_of
from cnitui.engine.state import Before, State
from cnitui.late_dataclass import dataclass

LAST_WORDS = 6
"""Lines of an attempt that are quoted."""
LONGEST_LINE = 500


def selinux_changes(before: Before, now: State, nodes: Sequence[str]) -> tuple[Change, ...]:
    """What the SELinux pane shows of each node, before and now."""
    return before_and_now(before.state.case, now.case, nodes, _twice(before, selinux_questions(*_paths(before))))


def all_changes(before: Before, now: State, nodes: Sequence[str]) -> tuple[Change, ...]:
    """Every answer of each node, the Node's conditions included, before and now."""
    known = (case.value(NodeStatus, node) for case in (before.state.case, now.case) for node in nodes)
    types = {kind for node in known if node is not None for kind in node.conditions} - {"Ready"}
    paths = _paths(before)
    questions = (*machine_questions(), *condition_questions(sorted(types)), *selinux_questions(*paths))
    return before_and_now(before.state.case, now.case, nodes, _twice(before, questions))


def _paths(before: Before) -> tuple[str, str]:
    return directories_of(before.state)


def _twice(before: Before, questions: Sequence[tuple[str, Question]]) -> tuple[AskedTwice, ...]:
    """The same question at both moments; denials on record are asked about for each moment apart."""
    later = {"denials": denials_since(before.at)}
    return tuple((label, ask, later.get(label, ask)) for label, ask in questions)


@dataclass(frozen=True, slots=True)
class Attempted:
    """One attempt of one container: its run, the pod it belonged to, and the last lines it printed."""

    container: str
    pod: str
    run: Run
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """A node's last failing attempt before the plan, and its newest one since; None where none is known."""

    node: str
    before: Attempted | None
    after: Attempted | None


def pairs(before: Before, now: State, nodes: Sequence[str]) -> tuple[Pair, ...]:
    """The pair of each node."""
    return tuple(_pair(before, now, node) for node in nodes)


def _pair(before: Before, now: State, node: str) -> Pair:
    was, pod = before.state.pod(node), now.pod(node)
    failed = was.failing if was else None
    first = _attempted(before.state, was, failed, failed.last_failure if failed else None)
    same = pod.container(failed.name) if pod is not None and failed is not None else None
    same = (pod.failing if pod else None) or same
    second = _attempted(now, pod, same, (same.last_failure or same.current or same.last) if same else None)
    if first is not None and second is not None and first.run == second.run:
        second = None  # nothing has run since
    return Pair(node, first, second)


def _attempted(
    state: State, pod: PodStatus | None, container: ContainerStatus | None, run: Run | None
) -> Attempted | None:
    if pod is None or container is None or run is None:
        return None
    return Attempted(container.name, pod.name, run, _last_words(state, pod, container.name, run))


def _last_words(state: State, pod: PodStatus, container: str, run: Run) -> tuple[str, ...]:
    """The attempt's last lines; nothing when its log was not read."""
    logs = state.case.value(AttemptLogs, pod.node)
    if logs is None or (logs.pod, logs.container) != (pod.name, container):
        return ()
    own = (attempt for attempt in logs.attempts if attempt.run.container_id == run.container_id)
    lines = [line.text for attempt in own for line in attempt.lines]
    return tuple(line[:LONGEST_LINE] for line in lines[-LAST_WORDS:])
