"""A plan is the exact changes of one remedy, as data: made once, previewed, and applied unchanged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Literal

from cnitui.domain.relabelling import LabelState, NodeStep
from cnitui.late_dataclass import dataclass

PatchType = Literal["strategic", "json", "merge"]


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """One object of the API: `resource` is the plural (`daemonsets`), `group` "" for the core group."""

    group: str
    version: str
    resource: str
    kind: str
    name: str
    namespace: str = ""

    @property
    def words(self) -> str:
        """`DaemonSet kube-system/calico-node`."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Guard:
    """What must still be true of the object when the patch is applied; a JSON-patch `test` operation."""

    path: str
    expected: object


@dataclass(frozen=True, slots=True)
class Change:
    """One write: the guards and operations of one JSON patch to one object (RFC 6902).

    The server evaluates guards and operations in one request, so there is no moment between check and change.
    """

    target: ObjectRef
    operations: tuple[Mapping[str, object], ...]
    guards: tuple[Guard, ...] = ()
    by_hand: str = ""
    """The equivalent kubectl command, for the preview and the report."""

    @property
    def body(self) -> list[dict[str, object]]:
        """The JSON patch: guards first."""
        tests = [{"op": "test", "path": guard.path, "value": guard.expected} for guard in self.guards]
        return [*tests, *(dict(operation) for operation in self.operations)]


@dataclass(frozen=True, slots=True)
class Creation:
    """One object made anew; the server refuses it when there is one of that name by then."""

    target: ObjectRef
    body: Mapping[str, object]
    by_hand: str = ""


@dataclass(frozen=True, slots=True)
class Removal:
    """One object deleted, if it still is the one of that uid: how a creation is taken back."""

    target: ObjectRef
    uid: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a person does: in words, and as a command to type (names filled in and quoted)."""

    words: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class PodRestart:
    """A pod that the change restarts, and how it is now.

    `namespace` is "" for the DaemonSet's own. `awaited`: nothing further is deleted before its successor is Running.
    """

    node: str
    pod: str
    uid: str
    failing: bool
    namespace: str = ""
    awaited: bool = False


@dataclass(frozen=True, slots=True)
class NodeChange:
    """What is done on one node: its steps in order as root, until one fails, and the steps that take them back.

    `before` is what was read there and is its guard: when it reads otherwise just before the first step, nothing is
    done. `after` says what they come to. `pod` failed there, and is deleted after the last step so that its container
    starts at once, not at the end of its back-off.
    """

    node: str
    steps: tuple[NodeStep, ...]
    undo: tuple[NodeStep, ...]
    before: LabelState
    after: str = ""
    pod: PodRestart | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """A permission a plan needs: the verb and object of a SelfSubjectAccessReview."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def words(self) -> str:
        """`patch daemonsets.apps calico-node in kube-system`."""
        kind = f"{self.resource}.{self.group}" if self.group else self.resource
        kind = f"{kind}/{self.subresource}" if self.subresource else kind
        return f"{self.verb} {kind} {self.name}".rstrip() + (f" in {self.namespace}" if self.namespace else "")


@dataclass(frozen=True, slots=True)
class TestPod:
    """The pod that verification starts on a repaired node and removes; named in the preview, never a surprise."""

    __test__ = False

    namespace: str
    name: str
    node: str
    image: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must hold after the plan, in words; checked by the verification of that `id`."""

    id: Literal["pods", "nodes", "files", "test-pod"]
    words: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The exact changes of one remedy: objects created, patched and removed, then pods deleted, in this order.

    `missing_evidence` lists what the remedy's cause still lacks; applying then needs an explicit override, which is
    recorded. `warnings` are said before the confirmation. `lasting` is how its owner makes the same change, so that it
    lasts. `no_undo` says why it cannot be taken back, "" when it can. `facts` holds what undoing it needs: daemonset,
    container, field and value as texts. A plan of `nodes` has no `changes`: its first node is tried before all others.
    """

    remedy: str
    title: str
    cause: str
    changes: tuple[Change, ...]
    creates: tuple[Creation, ...] = ()
    removes: tuple[Removal, ...] = ()
    deletes: tuple[PodRestart, ...] = ()
    restarts: tuple[PodRestart, ...] = ()
    access: tuple[Access, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    test_pod: TestPod | None = None
    warnings: tuple[str, ...] = ()
    missing_evidence: tuple[str, ...] = ()
    rollout: str = ""
    undo_by_hand: str = ""
    no_undo: str = ""
    lasting: tuple[Step, ...] = ()
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    nodes: tuple[NodeChange, ...] = ()


@dataclass(frozen=True, slots=True)
class NothingToDo:
    """A valid plan: this remedy would change nothing, and why."""

    remedy: str
    why: str


@dataclass(frozen=True, slots=True)
class DoesNotFit:
    """This remedy does not apply here, and why."""

    remedy: str
    why: str
