"""A sitting with facts that somebody recorded by hand: nothing can be asked, so only what was given is shown.

People paste what they have: often one log and no pod. The screens are made of pods, so a pod that nobody showed gets a
stand-in with what is known of it; the diagnosis is made from the given facts alone and knows nothing of stand-ins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import TypeVar

from cnitui.domain.derive import reference_node
from cnitui.domain.diagnosis import diagnose
from cnitui.domain.evidence import CaseFile, Observed, Reading
from cnitui.domain.facts import (
    CLUSTER_FACTS,
    INSTALL_CNI,
    AttemptLogs,
    CalicoInstall,
    ContainerStatus,
    DaemonSetStatus,
    NodeStatus,
    PodRow,
    PodRows,
    PodStatus,
    Statement,
    Statements,
)
from cnitui.domain.finding import Diagnosis
from cnitui.domain.recording import KeptLog
from cnitui.engine.services import Services
from cnitui.engine.session import Session
from cnitui.engine.state import State
from cnitui.engine.watching.link import Link
from cnitui.engine.watching.roster import Roster

F = TypeVar("F")
UNNAMED = "(node not told)"
"""Where facts are shown that came without a node's name."""


def seated(services: Services) -> Session:
    """The session for these services."""
    return Session(services) if services.given is None else GivenSession(services, services.given)


class GivenSession(Session):
    """A session whose case is given and stays as it is."""

    def __init__(self, services: Services, given: CaseFile) -> None:
        super().__init__(services)
        self._given = placed(given)
        self._diagnosis = diagnose(self._given)
        self.logs.remember(_logs(self._given))

    def _next_state(self) -> State:
        case, diagnosis = self._given, self._diagnosis
        state = given_state(self.state, case, diagnosis)
        self.logs.pods_changed(state.pod)
        self.repair.judged(case, diagnosis)
        return replace(state, repair=self.repair.state)

    def _look(self) -> None:
        """There is nothing to look at."""


def placed(case: CaseFile) -> CaseFile:
    """The case with a name for the node of facts that came without one, unless some node has a name.

    The diagnosis is about named nodes then, and what nobody placed speaks of none of them.
    """
    if any(subject and fact not in CLUSTER_FACTS for fact, subject, _ in case):
        return case
    return CaseFile().with_readings(
        (fact, UNNAMED, _named(reading)) if not subject and fact not in CLUSTER_FACTS else (fact, subject, reading)
        for fact, subject, reading in case
    )


def _named(reading: Reading[object]) -> Reading[object]:
    if isinstance(reading, Observed) and isinstance(reading.value, PodStatus):
        return replace(reading, value=replace(reading.value, node=UNNAMED))
    return reading


def given_state(state: State, case: CaseFile, diagnosis: Diagnosis) -> State:
    """What the screens show of a given case."""
    nodes = tuple(_values(case, NodeStatus))
    daemonset = case.value(DaemonSetStatus)
    pods = tuple(_values(case, PodStatus)) or tuple(_stand_ins(case, diagnosis))
    return replace(
        state,
        pods_link=Link("live"),
        nodes_link=Link("live"),
        roster=Roster.of(pods, nodes),
        daemonsets=(daemonset,) if daemonset else (),
        install=case.value(CalicoInstall),
        reference=reference_node(pods, nodes),
        case=case,
        diagnosis=diagnosis,
        settled=True,
    )


def _values(case: CaseFile, fact: type[F]) -> Iterator[F]:
    found = (case.value(fact, subject) for subject in case.subjects(fact))
    return (value for value in found if value is not None)


# --- stand-ins ------------------------------------------------------------------------------------------------------


def _stand_ins(case: CaseFile, diagnosis: Diagnosis) -> Iterator[PodStatus]:
    """The rows of a pasted pod table, and a failing pod for every node that the diagnosis is about."""
    rows = case.value(PodRows)
    listed = [row for row in rows.rows if row.node] if rows else []
    yield from (_of_row(row, failing=row.node in diagnosis.failing_nodes) for row in listed)
    known = {row.node for row in listed}
    for node in diagnosis.failing_nodes or ((UNNAMED,) if diagnosis.status == "failing" else ()):
        if node not in known:
            logs = case.value(AttemptLogs, node)
            yield _pod(node, logs.pod if logs else "", logs.container if logs else "")


def _of_row(row: PodRow, *, failing: bool) -> PodStatus:
    ready, _, total = row.ready.partition("/")
    pod = PodStatus(
        row.namespace,
        row.name,
        f"row {row.namespace}/{row.name}",
        row.node,
        row.status,
        ready=int(ready) if ready.isdigit() else 0,
        total=int(total) if total.isdigit() else 0,
        restarts=row.restarts or 0,
    )
    return replace(pod, containers=(_failing(INSTALL_CNI),)) if failing else pod


def _pod(node: str, name: str, container: str) -> PodStatus:
    shown = name or "(pod not told)"
    return PodStatus("", shown, f"stand-in {node}", node, "failing", containers=(_failing(container or INSTALL_CNI),))


def _failing(container: str) -> ContainerStatus:
    """That it fails is known; exit code and times are not, and none are made up."""
    return ContainerStatus(container, init=container != "calico-node", state="waiting", waiting_reason="(not told)")


def _logs(case: CaseFile) -> Iterator[KeptLog]:
    """What was given of each node as lines of a log pane: attempts and other lines, comments between them."""
    for node in sorted({*case.subjects(AttemptLogs), *case.subjects(Statements)}):
        logs, others = case.value(AttemptLogs, node), case.value(Statements, node)
        parts = [f"# {said[0].origin}\n" + "\n".join(one.text for one in said) for said in _by_origin(others)]
        parts += ["\n".join(line.text for line in attempt.lines) for attempt in logs.attempts] if logs else []
        container = logs.container if logs and logs.container else INSTALL_CNI
        yield node, container, "\n# and\n".join(parts).encode("utf-8", "replace")


def _by_origin(statements: Statements | None) -> list[list[Statement]]:
    lines = statements.lines if statements else ()
    return [list(group) for _, group in groupby(lines, key=lambda line: line.origin)]
