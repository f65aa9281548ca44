"""The cohorts as they come and go: who looks alike, what reading some of them came to, and whom to read next.

A change touches the nodes of one likeness; the others keep their cohorts as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import islice

from cnitui.domain.cohorts import Blamed, Opinion, Part, biggest_first, letters, named, parts_of
from cnitui.domain.likeness import Cohort, Likeness

READ_FIRST = 3
"""Members of a cohort that are read before the others: they have to agree for its verdict."""
MOST_FIRST = 9
"""Members read first when they do not agree."""


PartKey = tuple[Likeness, Blamed | None]
"""What a cohort keeps its letter by: its likeness and, when it left the others of that, its causes."""


def _key(likeness: Likeness, place: int, part: Part) -> PartKey:
    return likeness, part.causes if place else None


class Groups:
    """Keeps `cohorts` from differences; a cohort keeps its letter while nodes of its likeness and causes remain."""

    def __init__(self) -> None:
        self._of: dict[str, Likeness] = {}
        self._members: dict[Likeness, set[str]] = {}
        self._opinions: dict[str, Opinion] = {}
        self._ids: dict[PartKey, str] = {}
        self._parts: dict[Likeness, tuple[Part, ...]] = {}
        self._first: dict[Likeness, tuple[str, ...]] = {}
        self._settled: set[Likeness] = set()
        self.unread: set[str] = set()
        """Failing nodes of which no opinion is held."""
        self._all: tuple[Cohort, ...] | None = ()

    # --- what is known ---

    def place(self, node: str, likeness: Likeness | None) -> bool:
        """How the node fails now (None: it does not); answers whether that is another way than before."""
        before = self._of.get(node)
        if before is likeness or before == likeness:
            return False
        if before is not None:
            self._members[before].discard(node)
            self._touch(before)
            del self._of[node]
        self.unread.discard(node)
        if likeness is not None:
            self.unread.add(node)
            self._of[node] = likeness
            self._members.setdefault(likeness, set()).add(node)
            self._touch(likeness)
        self.doubt(node)
        return True

    def believe(self, node: str, opinion: Opinion) -> None:
        """What reading the node came to."""
        if self._opinions.get(node) == opinion:
            return
        self._opinions[node] = opinion
        self.unread.discard(node)
        self._touch(self._of.get(node))

    def doubt(self, node: str) -> None:
        """What reading the node came to does not count any more."""
        if self._opinions.pop(node, None) is not None:
            self._touch(self._of.get(node))
            if node in self._of:
                self.unread.add(node)

    def _touch(self, likeness: Likeness | None) -> None:
        if likeness is None:
            return
        self._parts.pop(likeness, None)
        self._settled.discard(likeness)
        self._all = None
        if not self._members.get(likeness):
            self._members.pop(likeness, None)
            self._first.pop(likeness, None)

    # --- what follows ---

    @property
    def cohorts(self) -> tuple[Cohort, ...]:
        """All of them, the largest first; the same object while nothing changed."""
        if self._all is None:
            for likeness, members in self._members.items():
                if likeness not in self._parts:
                    self._parts[likeness] = parts_of(members, self._opinions)
            self._name()
            self._all = biggest_first(cohort for likeness in self._members for cohort in self._made(likeness))
        return self._all

    def _name(self) -> None:
        """New parts get the first free letters, the largest first; a letter is free when its part is gone."""
        keys = {_key(one, place, part): part for one in self._members for place, part in enumerate(self._parts[one])}
        self._ids = {key: name for key, name in self._ids.items() if key in keys}
        new = sorted((key for key in keys if key not in self._ids), key=lambda key: -len(keys[key].members))
        taken = set(self._ids.values())
        free = islice((name for name in letters() if name not in taken), len(new))
        self._ids |= dict(zip(new, free, strict=True))

    def _made(self, likeness: Likeness) -> tuple[Cohort, ...]:
        parts = self._parts[likeness]
        return named(likeness, parts, [self._ids[_key(likeness, place, part)] for place, part in enumerate(parts)])

    @property
    def opinions(self) -> Mapping[str, Opinion]:
        """What reading each node came to."""
        return self._opinions

    def opinion(self, node: str) -> Opinion | None:
        """What reading the node came to, None while it was not read."""
        return self._opinions.get(node)

    def likeness(self, node: str) -> Likeness | None:
        """How the node fails, None when it does not."""
        return self._of.get(node)

    @property
    def failing(self) -> Mapping[str, Likeness]:
        """All failing nodes."""
        return self._of

    def to_read_first(self) -> tuple[str, ...]:
        """The members whose readings decide what their cohorts are: a few of each, spread over their names."""
        return tuple(node for likeness in self._members for node in self._first_of(likeness))

    def _first_of(self, likeness: Likeness) -> tuple[str, ...]:
        if likeness not in self._settled:
            self._settled.add(likeness)
            members, before = self._members[likeness], self._first.get(likeness, ())
            self._first[likeness] = _chosen(members, [node for node in before if node in members], self._opinions)
        return self._first[likeness]


def _chosen(members: Collection[str], before: Sequence[str], opinions: Mapping[str, Opinion]) -> tuple[str, ...]:
    """Those chosen before, a spread of the others, and so many more that enough agree.

    They are spread because neighbours may share a rack and its fault; they stay, because reading others anew tells
    nothing new.
    """
    wanted = min(READ_FIRST, len(members))
    if len(before) >= wanted and _enough(before, len(members), opinions):
        return tuple(before)  # as mostly: nobody is sorted for it
    everybody = sorted(members)
    while True:
        spread = _spread(everybody, wanted)
        chosen = tuple(dict.fromkeys((*before, *spread)))[: max(wanted, len(before))]
        if _enough(chosen, len(members), opinions):
            return chosen
        wanted = len(chosen) + 1


def _enough(chosen: Sequence[str], of: int, opinions: Mapping[str, Opinion]) -> bool:
    """Whether to wait for those chosen, or enough of them agree, or they are as many as are asked."""
    unread = any(node not in opinions for node in chosen)
    return unread or len(chosen) >= min(MOST_FIRST, of) or len(parts_of(chosen, opinions)[0].agreeing) >= READ_FIRST


def _spread(names: list[str], count: int) -> tuple[str, ...]:
    """`count` of the names: the first, the last, the middle, and so on between them."""
    last = len(names) - 1
    places = dict.fromkeys(round(last * share) for share in _SHARES[:count])
    spare = (place for place in range(len(names)) if place not in places)
    while len(places) < min(count, len(names)):
        places[next(spare)] = None
    return tuple(names[place] for place in places)


_SHARES = (0.0, 1.0, 0.5, 0.25, 0.75, 0.125, 0.875, 0.375, 0.625)
