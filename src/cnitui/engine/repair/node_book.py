"""How far each node of a plan is, on disk before anything of it is done, and for the screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from cnitui.domain.plan import NodeChange, ObjectRef
from cnitui.engine.repair.node_documents import BEGUN, NODES, WAITING
from cnitui.engine.repair.preview import Preview
from cnitui.engine.repair.rollout import NodeProgress, Phase, Rollout
from cnitui.engine.repair.workbench import Workbench, plan_hash
from cnitui.errors import StateError


class NodeBook:
    """The journal's account of the nodes; `rollout` is the same for people."""

    def __init__(self, bench: Workbench, preview: Preview, goal: str) -> None:
        self._bench, self._preview = bench, preview
        nodes = [change.node for change in preview.plan.nodes]
        self._kept: dict[str, dict[str, object]] = {node: {"state": WAITING} for node in nodes}
        self._shown = {node: NodeProgress(node, "waiting", "its turn has not come") for node in nodes}
        self.goal = goal

    def open(self) -> None:
        """Keep that nothing is begun; raises StateError."""
        self._keep()

    def begin(self, change: NodeChange) -> None:
        """Keep that the node's commands are about to be run, and write the audit line; raises StateError."""
        commands = [step.line for step in change.steps]
        self._kept[change.node] = {"state": BEGUN, "commands": commands, **self._now()}
        self._keep()
        self._audit("node-write", change.node, {"commands": commands})

    def end(self, node: str, state: str, words: str) -> StateError | None:
        """Keep what became of them; they were run by now, so that failing to say so is answered, not raised."""
        self._kept[node] = {**self._kept[node], "state": state, "words": words, **self._now()}
        try:
            self._keep()
            self._audit("node-written", node, {"state": state, "words": words})
        except StateError as error:
            return error
        return None

    def show(self, node: str, phase: Phase, words: str, pod: str = "") -> None:
        """Where the node is now."""
        self._shown[node] = NodeProgress(node, phase, words, pod)

    def stop(self, why: str) -> None:
        """The nodes whose turn has not come are left alone, for this reason."""
        why = f"left alone: {why}"
        waiting = {node: one for node, one in self._shown.items() if one.phase == "waiting"}
        self._shown |= {node: replace(one, words=why) for node, one in waiting.items()}

    def failed(self) -> tuple[str, ...]:
        """The nodes that are not where they should be, of those that were begun."""
        return tuple(node for node, one in self._shown.items() if one.phase == "failing")

    @property
    def outcome(self) -> Literal["done", "failing", "stopped"]:
        """How it ended: on all nodes, with one that is not where it should be, or before all were begun."""
        if self.failed():
            return "failing"
        return "done" if all(one.phase == "ready" for one in self._shown.values()) else "stopped"

    def rollout(self) -> Rollout:
        """All nodes at this moment, without an outcome."""
        return Rollout(tuple(self._shown.values()), goal=self.goal)

    def _keep(self) -> None:
        self._bench.journal.keep(self._preview.plan_id, NODES, self._kept)

    def _audit(self, event: str, node: str, details: Mapping[str, object]) -> None:
        target, plan = ObjectRef("", "v1", "nodes", "Node", node), self._preview.plan
        more = {"id": self._preview.plan_id, "hash": plan_hash(plan), **details}
        self._bench.audit(event, target, "commands", dry_run=False, **more)

    def _now(self) -> dict[str, object]:
        return {"at": self._bench.clock.now().isoformat()}
