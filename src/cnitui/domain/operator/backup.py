"""Objects as they are kept: what a server would refuse or make anew is taken away, and no secret goes with them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from cnitui.domain.documents import Document, as_mapping
from cnitui.domain.evidence import Observed
from cnitui.domain.operator.observation import CALICO, Observation
from cnitui.domain.plan import ObjectRef
from cnitui.domain.redaction import Redactor

_SERVERS = ("managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink")
_ALLOCATIONS = frozenset({"blockaffinities", "ipamblocks", "ipamhandles"})
"""By far the most objects, and nothing but addresses and names in them: there is no secret to look for."""
_APART = frozenset({"customresourcedefinitions", "apiservices", "installations", "tigerastatuses"})
"""Read to judge by, and no part of a backup: they are not Calico's data."""


def is_kept(ref: ObjectRef) -> bool:
    """Whether what was read of this belongs into the backup: Calico's resources and the objects of its installation."""
    return ref.resource not in _APART and ref.name != "kubeadm-config"


def file_of(ref: ObjectRef) -> str:
    """The file's name: `ippools.crd.projectcalico.org.json`, `daemonset-calico-node.json`."""
    return f"{ref.kind.lower()}-{ref.name}.json" if ref.name else f"{ref.resource}.{ref.group}.json"


def backup(seen: Observation, redactor: Redactor) -> dict[str, str]:
    """The files of the backup by name: each a list that `kubectl apply -f` takes; what is not there has no file."""
    files: dict[str, str] = {}
    for ref, reading in seen.readings.items():
        if is_kept(ref) and isinstance(reading, Observed) and reading.value.items:
            files[file_of(ref)] = _written(ref, reading.value.items, redactor)
    return files


def _written(ref: ObjectRef, items: Sequence[Document], redactor: Redactor) -> str:
    """One object a line: shorter than the usual form, and `grep` and `diff` find them."""
    lines = ",\n".join(json.dumps(_safe(ref, _kept(ref, item), redactor), ensure_ascii=False) for item in items)
    return f'{{"apiVersion": "v1", "kind": "List", "items": [\n{lines}\n]}}\n'


def _safe(ref: ObjectRef, item: Document, redactor: Redactor) -> object:
    return item if ref.resource in _ALLOCATIONS else redactor.document(item, file_of(ref))


def _kept(ref: ObjectRef, item: Document) -> Document:
    """Items of a list carry no kind on the wire, which a file needs."""
    api = f"{ref.group}/{ref.version}" if ref.group else ref.version
    kept: dict[str, object] = {"apiVersion": api, "kind": ref.kind, "metadata": {}}
    kept |= {key: value for key, value in item.items() if key != "status" or ref.group == CALICO}
    metadata = as_mapping(kept["metadata"])
    return kept | {"metadata": {key: value for key, value in metadata.items() if key not in _SERVERS}}


def incomplete(seen: Observation) -> tuple[tuple[str, str], ...]:
    """What a backup should hold and does not, and why."""
    told: list[tuple[str, str]] = []
    for ref, reading in seen.readings.items():
        words = ref.words if ref.name else f"{ref.resource}.{ref.group}"
        if not is_kept(ref):
            continue
        if not isinstance(reading, Observed):
            told.append((words, reading.why))
        elif reading.value.more != 0:
            rest = "an unknown number" if reading.value.more is None else f"{reading.value.more:,}"
            told.append((words, f"cut after {len(reading.value.items):,} objects; {rest} more are on the server"))
    return tuple(told)
