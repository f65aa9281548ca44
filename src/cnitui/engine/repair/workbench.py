"""What a write needs at hand, and how plans are kept: the audit line's words and a plan as a document."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import field
from datetime import datetime

from cnitui.domain.documents import Document, as_mapping
from cnitui.domain.plan import Change, Creation, ObjectRef, Plan, PodRestart, Removal, TestPod
from cnitui.domain.remedies.template import at, daemonset_ref
from cnitui.engine.ports import Answer, Clock, ClusterApi, Connection, Journal, NodeShell, NodeWriter
from cnitui.engine.repair.node_documents import change_document
from cnitui.errors import CnituiError, StateError
from cnitui.late_dataclass import dataclass

SCHEMA = "cnitui/plan/v1"
PLAN, PRE_IMAGE, OUTCOME, VERIFICATION, UNDONE = "plan", "preimage", "outcome", "verification", "undone"
DIAGNOSIS, ACCOUNT, CREATED = "diagnosis", "account", "created"
"""Names of a plan's documents in the journal."""
BEGUN, APPLIED, REFUSED, UNKNOWN, CANCELLED = "begun", "applied", "refused", "unknown", "cancelled"
"""States of a plan's outcome, beside those of its rollout; `unknown`: the server's answer to the write was lost."""


@dataclass(frozen=True, slots=True)
class Workbench:
    """The ports a remedy is carried out with; `render` turns an object into text for the diff (YAML).

    `readonly` removes every write, whatever the connection says. `shell` reads nodes and `writer` changes them, None
    where they are left alone. `sitting` tells our own Jobs from those of others.
    """

    api: ClusterApi
    journal: Journal
    clock: Clock
    render: Callable[[Mapping[str, object]], str]
    readonly: bool = False
    shell: NodeShell | None = None
    writer: NodeWriter | None = None
    sitting: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def may_write(self) -> bool:
        """Whether writes are switched on at all."""
        return not (self.readonly or self.api.connection.readonly)

    def audit(self, event: str, target: ObjectRef, verb: str, *, dry_run: bool = False, **more: object) -> None:
        """Append one line to the audit log; raises StateError, and then nothing may be written."""
        connection = self.api.connection
        line = {
            "context": connection.context,
            "user": connection.user,
            "server": connection.server,
            "object": target.words,
            "verb": verb,
            "dry_run": dry_run,
        }
        self.journal.audit(event, line | more)


async def created(bench: Workbench, ref: ObjectRef, body: Document, undo: Callable[[str], Awaitable[object]]) -> str:
    """Create an object that does not stay, and answer its UID; raises what creating it raises.

    A cancellation in the middle waits for the answer and gives the UID to `undo`, so that nothing is left behind.
    """
    creating = asyncio.ensure_future(bench.api.create(ref, body, dry_run=False))
    try:
        return _uid(await asyncio.shield(creating))
    except asyncio.CancelledError:
        with suppress(CnituiError):
            await undo(_uid(await creating))
        raise


def _uid(answer: Answer) -> str:
    return str(at(answer.object, ("metadata", "uid")) or "")


def kept_part(journal: Journal, plan_id: str, name: str) -> Document:
    """One of a plan's documents in the journal, empty where it is not there or broken."""
    try:
        return as_mapping(journal.load(plan_id, name))
    except StateError:
        return {}


def target_of(plan: Plan) -> ObjectRef:
    """The DaemonSet a plan is about, whatever it changes: its pods show whether the plan helped."""
    changed = next((change.target for change in plan.changes if change.target.resource == "daemonsets"), None)
    namespace, _, name = plan.facts.get("daemonset", "").partition("/")
    return changed or daemonset_ref(namespace, name)


def subject_of(plan: Plan) -> ObjectRef:
    """The first object that a plan creates, changes or removes, else its DaemonSet: what its audit lines name."""
    written: tuple[Creation | Change | Removal, ...] = (*plan.creates, *plan.changes, *plan.removes)
    return written[0].target if written else target_of(plan)


def touches_template(plan: Plan) -> bool:
    """Whether the plan changes the DaemonSet itself, so that every pod gets a new template."""
    return any(change.target == target_of(plan) for change in plan.changes)


def renewed_nodes(plan: Plan) -> frozenset[str] | None:
    """The nodes whose pod must be a new one; None: all."""
    if touches_template(plan) and plan.facts.get("strategy") != "OnDelete":
        return None
    return frozenset(pod.node for pod in plan.deletes if not pod.namespace)


def verb_of(plan: Plan) -> str:
    """What a plan does first, for its line in the audit log."""
    if plan.creates:
        return "create"
    return "patch" if plan.changes else "delete" if plan.removes else "delete pods"


def plan_document(plan: Plan, plan_id: str, connection: Connection, at: datetime) -> dict[str, object]:
    """The plan as it is kept: enough to take it back after a crash, and to tell later what was confirmed."""
    body = _plan_body(plan)
    return {
        "schema": SCHEMA,
        "id": plan_id,
        "at": at.isoformat(),
        "context": connection.context,
        "server": connection.server,
        "user": connection.user,
        "hash": hash_of(body),
        "plan": body,
    }


def plan_hash(plan: Plan) -> str:
    """Identifies the plan's content in the audit log."""
    return hash_of(_plan_body(plan))


def hash_of(document: object) -> str:
    """SHA-256 of a document's canonical JSON, shortened to 16 hex digits."""
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def plain(document: object) -> object:
    """Any mapping or sequence as plain JSON data."""
    if isinstance(document, Mapping):
        return {str(key): plain(value) for key, value in document.items()}
    if isinstance(document, list | tuple):
        return [plain(value) for value in document]
    return document


def _plan_body(plan: Plan) -> Document:
    return {
        "remedy": plan.remedy,
        "title": plan.title,
        "cause": plan.cause,
        "target": _ref(target_of(plan)),
        "changes": [_change(change) for change in plan.changes],
        "creates": [_creation(creation) for creation in plan.creates],
        "removes": [{"target": _ref(removal.target), "uid": removal.uid} for removal in plan.removes],
        "deletes": [_restart(pod) for pod in plan.deletes],
        "restarts": [_restart(pod) for pod in plan.restarts],
        "test_pod": _test_pod(plan.test_pod) if plan.test_pod else None,
        "warnings": list(plan.warnings),
        "missing_evidence": list(plan.missing_evidence),
        "undo_by_hand": plan.undo_by_hand,
        "no_undo": plan.no_undo,
        "facts": dict(plan.facts),
        **({"nodes": [change_document(change) for change in plan.nodes]} if plan.nodes else {}),
    }


def _change(change: Change) -> Document:
    return {"target": _ref(change.target), "patch": plain(change.body), "by_hand": change.by_hand}


def _creation(creation: Creation) -> Document:
    return {"target": _ref(creation.target), "body": plain(creation.body), "by_hand": creation.by_hand}


def _ref(ref: ObjectRef) -> Document:
    return {
        "group": ref.group,
        "version": ref.version,
        "resource": ref.resource,
        "kind": ref.kind,
        "name": ref.name,
        "namespace": ref.namespace,
    }


def _test_pod(pod: TestPod) -> Document:
    return {"namespace": pod.namespace, "name": pod.name, "node": pod.node, "image": pod.image}


def _restart(pod: PodRestart) -> Document:
    told = {"node": pod.node, "pod": pod.pod, "uid": pod.uid, "failing": pod.failing}
    return told | ({"namespace": pod.namespace} if pod.namespace else {})
