"""A plan read back from the journal: what a person confirmed in an earlier sitting, as far as it is needed to go on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from cnitui.domain.documents import Document, as_mapping
from cnitui.domain.plan import Change, Guard, ObjectRef, Plan, PodRestart, TestPod
from cnitui.engine.ports import Connection, Journal
from cnitui.engine.repair.workbench import APPLIED, BEGUN, CANCELLED, OUTCOME, PLAN, UNDONE, UNKNOWN, kept_part
from cnitui.errors import StateError

NEWEST = 20
"""Plans that are looked at, the newest."""
UNENDED = (BEGUN, APPLIED, UNKNOWN, CANCELLED)
"""States of a plan that its sitting did not see to its end."""


def plan_of(body: Document, plan_id: str) -> Plan:
    """The plan in a kept document; what only its preview needed is not in it. Raises StateError for a broken one."""
    try:
        return Plan(
            remedy=str(body["remedy"]),
            title=str(body["title"]),
            cause=str(body["cause"]),
            changes=tuple(_change(one) for one in _maps(body, "changes")),
            deletes=tuple(_restart(one) for one in _maps(body, "deletes")),
            restarts=tuple(_restart(one) for one in _maps(body, "restarts")),
            test_pod=_test_pod(as_mapping(body.get("test_pod"))),
            warnings=tuple(str(one) for one in _list(body, "warnings")),
            missing_evidence=tuple(str(one) for one in _list(body, "missing_evidence")),
            undo_by_hand=str(body.get("undo_by_hand", "")),
            no_undo=str(body.get("no_undo", "")),
            facts=_texts(body.get("facts")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StateError(f"Plan {plan_id} on disk is broken: {error!r}", "It can be read, not gone on with.") from error


def in_flight(journal: Journal, connection: Connection, since: datetime) -> str:
    """The newest plan of this cluster, begun at `since` or later, whose end nobody saw; "" when there is none."""
    try:
        ids = journal.plans()[-NEWEST:]
    except StateError:
        return ""
    for plan_id in reversed(ids):
        plan, state = kept_part(journal, plan_id, PLAN), kept_part(journal, plan_id, OUTCOME).get("state")
        here = (plan.get("context"), plan.get("server")) == (connection.context, connection.server)
        if here and str(plan.get("at", "")) >= since.isoformat():
            return plan_id if state in UNENDED and not kept_part(journal, plan_id, UNDONE) else ""
    return ""


def _change(document: Document) -> Change:
    operations = _maps(document, "patch")
    return Change(
        ObjectRef(**_texts(document["target"])),
        tuple(one for one in operations if one.get("op") != "test"),
        tuple(Guard(str(one["path"]), one.get("value")) for one in operations if one.get("op") == "test"),
        str(document.get("by_hand", "")),
    )


def _restart(document: Document) -> PodRestart:
    node, pod, uid = (str(document[key]) for key in ("node", "pod", "uid"))
    return PodRestart(node, pod, uid, document.get("failing") is True, str(document.get("namespace", "")))


def _test_pod(document: Document) -> TestPod | None:
    """None also where an older release did not keep the image."""
    fields = ("namespace", "name", "node", "image")
    return TestPod(*(str(document[key]) for key in fields)) if all(document.get(key) for key in fields) else None


def _texts(document: object) -> Mapping[str, str]:
    return MappingProxyType({str(key): str(value) for key, value in as_mapping(document).items()})


def _list(document: Document, key: str) -> list[object]:
    value = document.get(key, [])
    if not isinstance(value, list):
        raise TypeError(f"{key}: expected a list")
    return value


def _maps(document: Document, key: str) -> list[Document]:
    return [as_mapping(one) for one in _list(document, key)]
