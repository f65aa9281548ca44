"""Keeps the diagnosis of a case that grows: a node is judged again only when its own readings or its failure changed.

The watch's ticking is no reading: while a pod's container, its failure, its template and its node's conditions stay the
same, what was proven stays proven. Nodes that were read but whose readings are not kept count by their opinion.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from cnitui.domain.causes import CATALOGUE
from cnitui.domain.causes.base import Cause
from cnitui.domain.cohorts import Opinion, opinion_of
from cnitui.domain.diagnosis import Judged, diagnosis_of, healthy_diagnosis, told_lacking, told_missing
from cnitui.domain.evidence import CaseFile
from cnitui.domain.experiment import UNREAD_FACTS
from cnitui.domain.facts import NodeStatus, PodStatus
from cnitui.domain.finding import Diagnosis, Missing
from cnitui.domain.identity import odd_machines
from cnitui.domain.likeness import Likeness, likeness_of, unready_likeness
from cnitui.domain.node_verdict import Key, NodeVerdict, judge_node, missing_of
from cnitui.domain.standing import Standing, begins, fails, standing, standing_of
from cnitui.engine.judging.groups import Groups
from cnitui.late_dataclass import dataclass

SLICE = 0.004
"""Seconds of judging before keys and screen get their turn."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a verdict stands on beside the node's readings: while this is equal, a new status changes nothing."""

    uid: str
    likeness: Likeness | None
    conditions: Mapping[str, str] | None


class Judge:
    """Takes what changed, judges what is due in slices, and puts the diagnosis together when it is asked for."""

    def __init__(self, catalogue: Sequence[Cause] = CATALOGUE) -> None:
        self._catalogue = catalogue
        self._case = CaseFile()
        self.groups = Groups()
        self.judged = 0
        """How many times a node was judged."""
        self._needed = frozenset[type[object]]().union(*(cause.declared for cause in catalogue))
        self._bases: dict[str, Basis] = {}
        self._nodes_known = False
        self._failing: set[str] = set()
        self._healthy: set[str] = set()
        self.waiting: set[str] = set()
        """Nodes whose pod has still to start or to become ready; whether it can is told by its events and its log."""
        self._read: set[str] = set()
        self._verdicts: dict[str, NodeVerdict] = {}
        self._missing: dict[str, tuple[Missing, ...]] = {}
        self._lacking: dict[Missing, dict[str, None]] = {}
        """What could not be read, and the nodes it concerns."""
        self._due: dict[str, None] = {}
        self._shared: object = None
        self._standing: tuple[tuple[str, ...], tuple[str, ...]] | None = None
        self._made: Diagnosis | None = None

    # --- what changed ---

    def take(self, case: CaseFile, rows: Iterable[str], read: Iterable[str]) -> None:
        """The case as it is now: `rows` are nodes whose pod or Node object changed, `read` those that were read."""
        if case is self._case:
            return
        self._case = case
        self._made = None
        for node in rows:
            self._take_row(node)
        for node in read:
            self._take_reading(node)
        self._take_shared()

    def _take_row(self, node: str) -> None:
        pod, machine = self._case.value(PodStatus, node), self._case.value(NodeStatus, node)
        likeness = self._stand(node, pod, machine)
        if pod is None:
            self._bases.pop(node, None)
            self._drop(node)
            return
        basis = Basis(pod.uid, likeness, machine.conditions if machine else None)
        before = self._bases.get(node)
        if before == basis:
            return
        self._bases[node] = basis
        if before is not None and (before.uid, before.likeness) != (basis.uid, basis.likeness):
            self._drop(node)
        self._take_reading(node)

    def _stand(self, node: str, pod: PodStatus | None, machine: NodeStatus | None) -> Likeness | None:
        """Whether the node fails, and how."""
        bad = pod is not None and fails(self._case, pod)
        (self.waiting.add if pod is not None and begins(pod) else self.waiting.discard)(node)
        for nodes, there in ((self._failing, bad), (self._healthy, pod is not None and not bad)):
            if there != (node in nodes):
                self._standing = None
                (nodes.add if there else nodes.discard)(node)
        told = machine is not None or self._nodes_known
        likeness = None
        if pod is not None and bad and told:
            likeness = likeness_of(pod, machine) or unready_likeness(pod, machine)
        self.groups.place(node, likeness)
        return likeness

    def know_nodes(self) -> None:
        """From now on a pod without a Node object is one whose node we may not see, and not one that is to come."""
        if not self._nodes_known:
            self._nodes_known = True
            for node in [node for node in self._failing if self.groups.likeness(node) is None]:
                self._take_row(node)
            self._made = None

    def _take_reading(self, node: str) -> None:
        if not self.was_read(node):
            self._read.discard(node)
            return
        self._read.add(node)
        pod = self._case.value(PodStatus, node)
        if pod is not None and pod.failing is None:
            self._stand(node, pod, self._case.value(NodeStatus, node))
        if node in self._failing:
            self._due[node] = None

    @property
    def failing(self) -> AbstractSet[str]:
        """Names of the nodes that fail now."""
        return self._failing

    @property
    def read(self) -> AbstractSet[str]:
        """Names of the nodes of which something beside the lists is kept."""
        return self._read

    def was_read(self, node: str) -> bool:
        """Whether anything beside the lists is kept of the node."""
        return any(fact not in UNREAD_FACTS for fact in self._case.dossier(node))

    def _take_shared(self) -> None:
        """What was read about the cluster concerns every node; the DaemonSet alone decides nothing about a node."""
        shared = {fact: reading for fact, reading in self._case.dossier("").items() if fact in self._needed}
        if shared != self._shared:
            self._shared = shared
            self._due.update(dict.fromkeys(self._read & self._failing))

    def _drop(self, node: str) -> None:
        self._verdicts.pop(node, None)
        self._miss(node, ())
        self._due.pop(node, None)
        self.groups.doubt(node)

    def doubt(self, node: str) -> None:
        """Count the node as unread until it is read again."""
        self._drop(node)
        self._made = None

    # --- judging ---

    @property
    def due(self) -> bool:
        """Whether some node has to be judged."""
        return bool(self._due)

    def judge_slice(self) -> None:
        """Judge what is due until the slice is used up, at least one node."""
        end = time.perf_counter() + SLICE
        while self._due:
            node = next(iter(self._due))
            del self._due[node]
            if node in self._failing:
                self._keep(judge_node(self._case, node, self._catalogue))
            if time.perf_counter() > end:
                break
        self._made = None

    def judge_all(self) -> None:
        """Judge everything that is due, however long it takes."""
        while self._due:
            self.judge_slice()

    def judge_beside(self, case: CaseFile, node: str) -> NodeVerdict:
        """The verdict on a node whose readings are in `case`, which need not be the case that is kept."""
        self.judged += 1
        return judge_node(case, node, self._catalogue)

    def _keep(self, verdict: NodeVerdict) -> None:
        self.judged += 1
        self._verdicts[verdict.node] = verdict
        self._miss(verdict.node, verdict.missing)
        self.groups.believe(verdict.node, opinion_of(verdict))

    def _miss(self, node: str, missing: tuple[Missing, ...]) -> None:
        """What could not be read of the node from now on."""
        before = self._missing.pop(node, ())
        if missing:
            self._missing[node] = missing
        for one in before:
            if one not in missing and self._lacking.get(one, {}).pop(node, "") is None and not self._lacking[one]:
                del self._lacking[one]
        for one in missing:
            self._lacking.setdefault(one, {})[node] = None

    def attest(self, verdict: NodeVerdict) -> bool:
        """Count a node by its opinion alone, when its cohort holds the same; answers whether that was possible.

        One that disagrees is judged by itself, and its evidence has to be kept for that.
        """
        opinion, likeness = opinion_of(verdict), self.groups.likeness(verdict.node)
        if likeness is None:
            return True  # it does not fail any more
        speaking = [one for node in self._verdicts if (one := self.groups.opinion(node)) is not None]
        if not any(opinion.agrees(one) for one in speaking):
            return False
        if opinion.key not in {one.key for one in speaking}:
            self._verdicts[verdict.node] = verdict
        self._miss(verdict.node, verdict.missing)
        self.groups.believe(verdict.node, opinion)
        self._made = None
        return True

    # --- the diagnosis ---

    def standing(self) -> Standing:
        """Which nodes fail and which are healthy."""
        if not self._failing and not self._healthy:
            return standing_of(self._case)
        if self._standing is None:
            self._standing = (tuple(sorted(self._failing)), tuple(sorted(self._healthy)))
        return standing(self._case, *self._standing)

    def diagnosis(self) -> Diagnosis:
        """What is known now; the same object while nothing changed."""
        if self._made is None:
            self._made = replace(self._put_together(), machines=odd_machines(self._case, sorted(self._read)))
        return self._made

    def _put_together(self) -> Diagnosis:
        now = self.standing()
        cluster = ("", missing_of(self._case, ""))
        if now.status == "healthy":
            others = ((node, missing_of(self._case, node)) for node in sorted(self._read))
            return healthy_diagnosis(now, told_missing((cluster, *others)), self._catalogue)
        missing = told_lacking({**dict.fromkeys(cluster[1], ()), **self._lacking})
        return diagnosis_of(now, self._groups(), missing, self.groups.cohorts, self._catalogue)

    def _groups(self) -> list[Judged]:
        """Nodes by what reading them came to, and with them those of their cohorts that nobody read."""
        if not self._failing:
            return [Judged(judge_node(self._case, "", self._catalogue), ())]
        by_key: dict[Key, list[str]] = {}
        alike: dict[Key, list[str]] = {}
        held = self.groups.opinions
        for cohort in self.groups.cohorts:
            opinions = {node: held[node] for node in cohort.members if node in held}
            for node, said in opinions.items():
                by_key.setdefault(said.key, []).append(node)
            key = _prevailing(opinions, cohort.agreeing)
            if key is not None:
                alike.setdefault(key, []).extend(node for node in cohort.members if node not in opinions)
        speakers: dict[Key, NodeVerdict] = {}
        for node in sorted(self._verdicts):  # the first by name, so that the same evidence is quoted each time
            opinion = self.groups.opinion(node)
            if opinion is not None:
                speakers.setdefault(opinion.key, self._verdicts[node])
        return sorted(
            (
                Judged(speakers[key], tuple(sorted(nodes)), tuple(sorted(alike.get(key, ()))))
                for key, nodes in by_key.items()
                if key in speakers
            ),
            key=lambda group: group.nodes,
        )


def _prevailing(opinions: Mapping[str, Opinion], agreeing: Iterable[str]) -> Key | None:
    """The key that most of those who agree have."""
    counts: dict[Key, int] = {}
    for node in agreeing:
        counts[opinions[node].key] = counts.get(opinions[node].key, 0) + 1
    return max(counts, key=lambda key: counts[key]) if counts else None
