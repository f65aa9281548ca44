"""The case as it grows: the picture's objects and the probes' readings, and what is gone taken out again.

What the picture lacks is in it too, with the reason: an object that could not be listed is not an object that is fine.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from cnitui.domain.evidence import CaseFile, Key, Observed, Reading, Source, Unavailable
from cnitui.domain.facts import (
    CALICO_LABEL_VALUES,
    CALICO_SELECTOR,
    CalicoInstall,
    DaemonSetStatus,
    InstallCni,
    NodeStatus,
    PodStatus,
)
from cnitui.engine.probes.cluster import Readings, daemonset_readings, node_status_readings, pod_readings
from cnitui.engine.state import NodeRow
from cnitui.engine.watching.picture import Mirror, Picture

T = TypeVar("T")
_FACTS_OF: dict[str, tuple[type[object], ...]] = {
    "pod": (PodStatus, InstallCni),
    "node": (NodeStatus,),
    "daemonset": (DaemonSetStatus, CalicoInstall),
}


class Book:
    """Keeps `case`; the case is replaced only when something in it changed, so `is` tells whether to judge again."""

    def __init__(self) -> None:
        self.case = CaseFile()
        self._written: dict[tuple[str, str], object] = {}
        self._lacking: dict[Key, Unavailable] = {}

    def take(self, readings: Readings) -> None:
        """Add what a probe saw (or could not see)."""
        if readings:
            self.case = self.case.with_readings(readings)

    def picture(self, rows: tuple[NodeRow, ...], daemonset: DaemonSetStatus | None, at: datetime) -> None:
        """Bring pods, nodes and the DaemonSet up to date."""
        fresh: list[tuple[type[object], str, Reading[object]]] = []
        for row in rows:
            if row.pod is not None and row.pod.node and self._is_new("pod", row.name, row.pod):
                fresh.extend(pod_readings(row.pod, at))
            if row.node is not None and self._is_new("node", row.name, row.node):
                fresh.extend(node_status_readings(row.node, at))
        if daemonset is not None and self._is_new("daemonset", "", daemonset):
            fresh.extend(daemonset_readings(daemonset, at))
        self.take(tuple(fresh))
        self._drop(rows, daemonset)

    def lack(self, lacking: dict[Key, Unavailable]) -> None:
        """These objects could not be had, and no others; an observation is never replaced by a lack."""
        lacking = {key: why for key, why in lacking.items() if not isinstance(self.case.reading(*key), Observed)}
        if lacking == self._lacking:
            return
        over = [key for key in self._lacking if key not in lacking]
        self.case = self.case.without(key for key in over if isinstance(self.case.reading(*key), Unavailable))
        self.take(tuple((fact, subject, why) for (fact, subject), why in lacking.items()))
        self._lacking = lacking

    def _is_new(self, kind: str, subject: str, item: object) -> bool:
        known = self._written.get((kind, subject)) == item
        self._written[kind, subject] = item
        return not known

    def _drop(self, rows: tuple[NodeRow, ...], daemonset: DaemonSetStatus | None) -> None:
        present = {("node", row.name) for row in rows if row.node is not None}
        present |= {("pod", row.name) for row in rows if row.pod is not None}
        present |= {("daemonset", "")} if daemonset is not None else set()
        gone = [key for key in self._written if key not in present]
        if not gone:
            return
        keys: list[tuple[type[object], str]] = []
        for kind, subject in gone:
            del self._written[kind, subject]
            keys.extend((fact, subject) for fact in _FACTS_OF[kind])
        if all(row.pod is None for row in rows):  # without any pod, what was read about pods speaks of no incident
            keys.extend((fact, subject) for fact, subject, _ in self.case if subject and fact is not NodeStatus)
        self.case = self.case.without(keys)


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
