"""Whether a pod runs its DaemonSet's present template, told by revisions and not by generations.

A DaemonSet's `metadata.generation` grows with any change of its spec, and a pod keeps the generation it was made with.
A template that was there before (`kubectl rollout undo`) gets its old ControllerRevision back, and the controller keeps
the pods of it. So only the label `controller-revision-hash` tells. Source: kubernetes `pkg/controller/daemon/update.go`
(constructHistory, dedupCurHistories) and `pkg/controller/daemon/util/daemonset_util.go` (IsPodUpdated), v1.20 to v1.35.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from operator import itemgetter

from cnitui.domain.documents import as_mapping, moment
from cnitui.domain.facts import DaemonSetStatus
from cnitui.domain.remedies.template import at

HASH = "controller-revision-hash"
"""The label of pods and ControllerRevisions that says which template they are of."""


def newest_revision(revisions: Iterable[Mapping[str, object]], uid: str) -> str:
    """The hash of the DaemonSet's newest ControllerRevision, which is that of its present template; "" without one."""
    numbers = ((one.get("revision"), one) for one in revisions if _owned(one, uid))
    numbered = [(number, one) for number, one in numbers if isinstance(number, int)]
    _, newest = max(numbered, key=itemgetter(0), default=(0, {}))
    return str(at(newest, ("metadata", "labels", HASH)) or "")


def made_revisions(revisions: Iterable[Mapping[str, object]], uid: str) -> tuple[tuple[datetime, int], ...]:
    """When each template of the DaemonSet was there for the first time, and its number; oldest first.

    One that came back keeps the time at which it was first made, and gets another number (dedupCurHistories).
    """
    found: list[tuple[datetime, int]] = []
    for one in revisions:
        made, number = moment(at(one, ("metadata", "creationTimestamp"))), one.get("revision")
        if made is not None and isinstance(number, int) and _owned(one, uid):
            found.append((made, number))
    return tuple(sorted(found))


def _owned(revision: Mapping[str, object], uid: str) -> bool:
    owners = at(revision, ("metadata", "ownerReferences"))
    return isinstance(owners, list) and any(as_mapping(one).get("uid") == uid for one in owners)


def counted_revision(daemonset: DaemonSetStatus, pods: Mapping[str, int]) -> str:
    """The present template's hash as the DaemonSet's own counts tell it, where revisions may not be read.

    `pods` is how many of its pods there are of each hash: the one with as many as are up to date is it. "" when several
    are, when none is up to date yet, or while the controller has not seen the present template.
    """
    if daemonset.observed_generation != daemonset.generation or not daemonset.updated:
        return ""
    fitting = [revision for revision, count in pods.items() if revision and count == daemonset.updated]
    return fitting[0] if len(fitting) == 1 else ""
