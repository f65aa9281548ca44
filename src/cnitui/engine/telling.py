"""Puts the next state together from what the watches show and the judge found; thousands of nodes not too often."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from cnitui.domain.derive import calico_install_of, reference_node
from cnitui.domain.finding import Diagnosis
from cnitui.engine.judging.book import Book
from cnitui.engine.judging.judge import Judge
from cnitui.engine.state import Progress, State
from cnitui.engine.watching.picture import Picture

MANY, EVERY, MORE_PER_NODE = 100, 0.5, 0.5 / 1000
"""Where so many nodes fail, what is known of them is put together at most so often, in seconds; once those are read
that decide, the rarer the more there are."""

REPLACED_WITHIN = 60.0
"""Seconds that the reference's pod may take to be replaced and ready."""


class Teller:
    """Makes states; `again` is called when a diagnosis that was put off is due."""

    def __init__(self, picture: Picture, book: Book, judge: Judge, again: Callable[[], None]) -> None:
        self._picture, self._book, self._judge, self._again = picture, book, judge, again
        self._due = 0.0
        self._reference_healthy = float("-inf")
        self._alarm: asyncio.TimerHandle | None = None

    def next(self, before: State, *, settled: bool) -> State:
        """The state after this one, as far as picture and judge tell it."""
        picture = self._picture
        diagnosis = self._found(before.diagnosis, settled=settled)
        state = replace(
            before,
            pods_link=picture.pods.link,
            nodes_link=picture.nodes.link,
            roster=picture.roll.roster(),
            daemonsets=picture.calico_daemonsets,
            case=self._book.case,
            kept=frozenset(self._judge.read - {""}),
            diagnosis=diagnosis,
            progress=progress_of(diagnosis),
            settled=settled,
        )
        install = calico_install_of(state.daemonset) if state.daemonset else None
        return replace(state, reference=self._reference(state), install=install)

    @property
    def whole(self) -> bool:
        """Whether nobody waits for pods or nodes any more: until then who fails is not told yet."""
        return self._picture.pods.known and self._picture.nodes.known

    def _found(self, before: Diagnosis | None, *, settled: bool) -> Diagnosis | None:
        """Before all pods are listed only what fails is told: that the others are well is not known yet."""
        whole = self._picture.pods.listed and self._picture.nodes.known
        if not whole and not self._judge.groups.failing:
            return None
        failing = len(self._judge.failing)
        if before is not None and failing > MANY and time.monotonic() < self._due:
            self._put_off()
            return before
        self._due = time.monotonic() + EVERY + (MORE_PER_NODE * failing if settled else 0.0)
        return self._judge.diagnosis()

    def _put_off(self) -> None:
        """One alarm at a time is enough."""
        loop = asyncio.get_running_loop()
        if self._alarm is None or self._alarm.when() <= loop.time():
            self._alarm = loop.call_later(max(0.0, self._due - time.monotonic()), self._again)

    def _reference(self, state: State) -> str:
        """Keep the reference while it is healthy: a comparison that changes its base would confuse.

        So while the lists are still coming only a node of the control plane is taken, as nothing better can follow, and
        a pod that is replaced in a rollout is waited for.
        """
        row = self._picture.roll.row(state.reference)
        if row is not None and row.healthy:
            self._reference_healthy = time.monotonic()
        if row is not None and not row.failing and time.monotonic() - self._reference_healthy < REPLACED_WITHIN:
            return state.reference
        self._reference_healthy = time.monotonic()  # only healthy ones are chosen
        found = reference_node(state.pods, state.nodes) if state.roster.ready else ""
        node = state.node(found)
        whole = self._picture.pods.listed and self._picture.nodes.known
        return found if whole or (node is not None and node.control_plane) else ""


def progress_of(diagnosis: Diagnosis | None) -> Progress:
    """How far reading the failing nodes is."""
    cohorts = diagnosis.cohorts if diagnosis is not None else ()
    return Progress(
        sum(len(cohort.members) for cohort in cohorts),
        sum(len(cohort.agreeing) for cohort in cohorts),
        sum(len(cohort.unclear) for cohort in cohorts),
    )
