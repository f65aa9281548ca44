"""The case as it grows: the picture's objects and the probes' readings, and what is gone taken out again."""

from __future__ import annotations

from datetime import datetime

from cnitui.domain.evidence import CaseFile, Reading
from cnitui.domain.facts import CalicoInstall, DaemonSetStatus, InstallCni, NodeStatus, PodStatus
from cnitui.engine.probes.cluster import Readings, daemonset_readings, node_status_readings, pod_readings
from cnitui.engine.state import NodeRow

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
        self.case = self.case.without(keys)
