"""Steps against what SELinux refuses: the remedy that fits the cause by hand, then what else there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from cnitui.domain.plan import Step
from cnitui.domain.remedies import patch_daemonset, relabel
from cnitui.domain.remedies.base import Fits, Remedy
from cnitui.domain.remedies.by_hand.seen import Seen
from cnitui.domain.remedies.by_hand.table import STEPS as TABLE


def selinux_denial(seen: Seen) -> Iterator[Step]:
    """The line that stock manifests have; nothing where the DaemonSet has it already."""
    first, *others = _of(patch_daemonset.REMEDY, seen) or (None,)
    if first is not None:
        words = f"SELinux stops install-cni on {seen.where}: run it privileged, as stock manifests do. Look first"
        yield replace(first, words=words)
        yield from others
        yield from _else(seen)


def wrong_context(seen: Seen) -> Iterator[Step]:
    """The label that the directories should have."""
    steps = _of(relabel.REMEDY, seen)
    yield from steps
    if steps:
        yield from _else(seen)


def _of(remedy: Remedy, seen: Seen) -> tuple[Step, ...]:
    return remedy.steps(seen.situation) if isinstance(remedy.fit(seen.situation), Fits) else ()


def _else(seen: Seen) -> Iterator[Step]:
    """All of the table but its first, which is the remedy, and the restart, which the remedy has."""
    for words, line in TABLE[seen.cause][1:]:
        if "delete pod" not in line:
            yield Step(words.format_map(seen.names), seen.filled(line))


STEPS: Mapping[str, Callable[[Seen], Iterator[Step]]] = {
    "selinux-denial": selinux_denial,
    "selinux-wrong-context": wrong_context,
}
