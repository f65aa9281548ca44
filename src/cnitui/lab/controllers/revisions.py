"""ControllerRevisions of DaemonSets: what `kubectl rollout history` and `undo` read.

kubernetes `pkg/controller/history`: a template seen before gets its old revision back with a new, highest number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.controllers.templates import owner_reference, template_hash
from cnitui.lab.objects.resources import CONTROLLER_REVISIONS

if TYPE_CHECKING:
    from cnitui.lab.jsontypes import Object
    from cnitui.lab.objects.store import Store


def current_revision(store: Store, daemon_set: Object, *, created: str = "") -> str:
    """The hash of the current template, its revision made or renumbered where needed."""
    meta, template = daemon_set["metadata"], daemon_set["spec"]["template"]
    digest = template_hash(template)
    held = owned(store, daemon_set)
    highest = max((revision["revision"] for revision in held), default=0)
    same = next((r for r in held if r["metadata"]["labels"]["controller-revision-hash"] == digest), None)
    if same is None:
        store.create(CONTROLLER_REVISIONS, _revision(daemon_set, digest, highest + 1), created=created)
        for old in sorted(held, key=lambda r: int(r["revision"]))[: -int(daemon_set["spec"]["revisionHistoryLimit"])]:
            store.delete(CONTROLLER_REVISIONS, meta["namespace"], old["metadata"]["name"])
    elif same["revision"] < highest:
        store.update(CONTROLLER_REVISIONS, {**same, "revision": highest + 1})
    return digest


def owned(store: Store, daemon_set: Object) -> list[Object]:
    """The revisions of one DaemonSet."""
    uid = daemon_set["metadata"]["uid"]
    every = store.all(CONTROLLER_REVISIONS.key, daemon_set["metadata"]["namespace"])
    return [r for r in every if any(o["uid"] == uid for o in r["metadata"].get("ownerReferences") or ())]


def _revision(daemon_set: Object, digest: str, number: int) -> Object:
    meta, template = daemon_set["metadata"], daemon_set["spec"]["template"]
    labels = {**template["metadata"].get("labels", {}), "controller-revision-hash": digest}
    return {
        "metadata": {
            "name": f"{meta['name']}-{digest}",
            "namespace": meta["namespace"],
            "labels": labels,
            "annotations": dict(meta.get("annotations") or {}),
            "ownerReferences": [owner_reference(daemon_set)],
        },
        "data": {"spec": {"template": {**template, "$patch": "replace"}}},
        "revision": number,
    }
