"""The case as it grows: the picture's objects and the probes' readings, and what is gone taken out again.

What the picture lacks is in it too, with the reason: an object that could not be listed is not an object that is fine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from cnitui.domain.evidence import CaseFile, Key, Observed, Reading, Source, Unavailable
from cnitui.domain.experiment import UNREAD_FACTS
from cnitui.domain.facts import (
    CALICO_LABEL_VALUES,
    CALICO_SELECTOR,
    AttemptLogs,
    CalicoInstall,
    DaemonSetStatus,
    InstallCni,
    NodeStatus,
    PodStatus,
)
from cnitui.domain.remembered import with_earlier
from cnitui.engine.probes.cluster import Readings, daemonset_readings, node_status_readings, pod_readings
from cnitui.engine.watching.picture import Mirror, Picture
from cnitui.engine.watching.roster import NodeRow

T = TypeVar("T")


class Book:
    """Keeps `case`; the case is replaced only when something in it changed, so `is` tells whether to judge again."""

    def __init__(self) -> None:
        self.case = CaseFile()
        self._rows: dict[str, NodeRow] = {}
        self._daemonset: DaemonSetStatus | None = None
        self._lacking: dict[Key, Unavailable] = {}
        self._read: set[str] = set()

    def take(self, readings: Readings) -> None:
        """Add what a probe saw (or could not see); attempts that were read before are remembered."""
        if readings:
            self.case = self.case.with_readings(self._remembering(one) for one in readings)
            self._read.update(subject for _, subject, _ in readings)

    @property
    def untaken(self) -> bool:
        """Whether something was read that nobody has taken yet."""
        return bool(self._read)

    def taken(self) -> set[str]:
        """The subjects of which something was read since the last call; rows of the picture are no readings."""
        read, self._read = self._read, set()
        return read

    def _remembering(self, one: tuple[type[object], str, Reading[object]]) -> tuple[type[object], str, Reading[object]]:
        fact, subject, reading = one
        if fact is not AttemptLogs or not isinstance(reading, Observed) or not isinstance(reading.value, AttemptLogs):
            return one
        before = self.case.value(AttemptLogs, subject)
        return one if before is None else (fact, subject, replace(reading, value=with_earlier(reading.value, before)))

    def rows(self, changed: Iterable[str], row_of: Callable[[str], NodeRow | None], at: datetime) -> None:
        """Bring these rows up to date; `row_of` answers None for one that left."""
        fresh: list[tuple[type[object], str, Reading[object]]] = []
        gone: list[Key] = []
        for name in changed:
            before, now = self._rows.pop(name, _NO_ROW), row_of(name) or _NO_ROW
            if now is not _NO_ROW:
                self._rows[name] = now
            fresh.extend(_fresh(before, now, at))
            gone.extend((fact, name) for fact in _gone(before, now))
        self.case = self.case.with_readings(fresh).without(gone)
        if gone and not any(row.pod for row in self._rows.values()):
            # without any pod, what was read about pods speaks of no incident
            self.case = self.case.without(
                [(fact, subject) for fact, subject, _ in self.case if subject and fact is not NodeStatus]
            )

    def daemonset(self, daemonset: DaemonSetStatus | None, at: datetime) -> None:
        """Bring the DaemonSet up to date."""
        if daemonset == self._daemonset:
            return
        self._daemonset = daemonset
        if daemonset is None:
            self.case = self.case.without([(DaemonSetStatus, ""), (CalicoInstall, "")])
        else:
            self.case = self.case.with_readings(daemonset_readings(daemonset, at))

    def forget(self, nodes: Iterable[str]) -> None:
        """Let go of what was read of these nodes; what the picture shows and what was tried there stays."""
        self.case = self.case.without(
            [(fact, node) for node in nodes for fact in self.case.dossier(node) if fact not in UNREAD_FACTS]
        )

    def lack(self, lacking: dict[Key, Unavailable]) -> None:
        """These objects could not be had, and no others; an observation is never replaced by a lack."""
        lacking = {key: why for key, why in lacking.items() if not isinstance(self.case.reading(*key), Observed)}
        if lacking == self._lacking:
            return
        over = [key for key in self._lacking if key not in lacking]
        self.case = self.case.without(key for key in over if isinstance(self.case.reading(*key), Unavailable))
        self.case = self.case.with_readings((fact, subject, why) for (fact, subject), why in lacking.items())
        self._read.update(subject for _, subject in (*over, *lacking))
        self._lacking = lacking


_NO_ROW = NodeRow("", None, None)


def _fresh(before: NodeRow, now: NodeRow, at: datetime) -> Readings:
    """What a row says that it did not say before; a pod without a node is no fact about a node."""
    pod = now.pod if now.pod is not None and now.pod.node and now.pod != before.pod else None
    node = now.node if now.node != before.node else None
    return (*(pod_readings(pod, at) if pod else ()), *(node_status_readings(node, at) if node else ()))


def _gone(before: NodeRow, now: NodeRow) -> tuple[type[object], ...]:
    pod = (PodStatus, InstallCni) if before.pod is not None and now.pod is None else ()
    return (*pod, NodeStatus) if before.node is not None and now.node is None else pod


def lacking(picture: Picture, nodes: Iterable[str]) -> dict[Key, Unavailable]:
    """What the picture cannot show, and why; `nodes` are those whose Node objects somebody would ask about."""
    found: dict[Key, Unavailable] = {}
    pods = Source(f"kubectl get pods -A -l '{CALICO_SELECTOR}'")
    if picture.pods.listed and not picture.pods.items:
        why = f"no pod that we may see carries the label k8s-app with {', '.join(CALICO_LABEL_VALUES)}"
        found[PodStatus, ""] = Unavailable(why, pods, "Is Calico installed here? See: kubectl get daemonsets -A")
    found.update(_unlisted(picture.pods, pods, [(PodStatus, "")]))
    found.update(_unlisted(picture.nodes, Source("kubectl get nodes"), [(NodeStatus, node) for node in nodes]))
    daemonsets = Source("kubectl get daemonsets -A")
    found.update(_unlisted(picture.daemonsets, daemonsets, [(DaemonSetStatus, ""), (CalicoInstall, "")]))
    return found


def _unlisted(mirror: Mirror[T], source: Source, keys: Iterable[Key]) -> dict[Key, Unavailable]:
    error = mirror.link.error
    if mirror.listed or error is None:
        return {}
    return {key: Unavailable(error.what, source, error.next_step) for key in keys}
