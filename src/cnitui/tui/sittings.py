"""Which cluster the screens are on, which they were on before, and going from one to another.

A sitting ends before the next begins, on a screen of its own: nothing that was found in one cluster is ever shown in
another. Nor is it shown as present when the user comes back. What is remembered is where the user was and, with its
time, what the banner said; logs and progress come back from the investigation that was kept on disk.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from cnitui.engine.contexts import Where
from cnitui.late_dataclass import dataclass

if TYPE_CHECKING:  # the first frame needs none of it
    from cnitui.domain.exchange import NamedContext
    from cnitui.engine.contexts import Contexts
    from cnitui.engine.services import Opening
    from cnitui.engine.state import State


@dataclass(frozen=True, slots=True)
class Visit:
    """What is remembered of a sitting: when it was left, what the banner said, and where the user was.

    `kept` is the id of its investigation, "" when there was nothing to keep.
    """

    at: datetime
    words: str
    kept: str = ""
    pane: str = "pods"
    zoomed: bool = False
    step: int = 1
    skipped: frozenset[int] = frozenset()
    node: str = ""


class Sittings:
    """Remembers; `app` does what has to be done on the screen."""

    def __init__(self, first: Opening, contexts: Contexts | None = None) -> None:
        self._first, self._contexts = first, contexts
        self._here = contexts.start if contexts is not None else Where()
        self._visits: dict[Where, Visit] = {}
        self._namespaces: dict[str, tuple[str, ...]] = {}
        self.before: Where | None = None
        """Where the user came from."""
        self.known: tuple[NamedContext, ...] = ()
        """The kubeconfig's contexts, as far as somebody asked."""

    @property
    def first(self) -> Opening:
        """What opens the sitting that the program begins with."""
        return self._first

    @property
    def elsewhere(self) -> bool:
        """Whether there is anything but this sitting; a case file is alone."""
        return self._contexts is not None

    @property
    def visits(self) -> dict[Where, Visit]:
        """The sittings that were left, the latest last."""
        return self._visits

    @property
    def ours(self) -> frozenset[str]:
        """The investigations that were kept in this run."""
        return frozenset(visit.kept for visit in self._visits.values() if visit.kept)

    async def learn(self) -> None:
        """Find out which contexts there are; raises KubeconfigError."""
        if self._contexts is not None:
            self.known = await self._contexts.known()

    def here(self, state: State | None) -> Where:
        """Where the user is; the current context by its name, once that is known."""
        name = state.connection.context if state is not None else ""
        return replace(self._here, context=name or self._here.context)

    def opening(self, where: Where) -> Opening:
        """What opens a sitting there; raises UsageError."""
        return self._contexts.opening(where) if self._contexts is not None else self._first

    def leave(self, where: Where, visit: Visit, to: Where) -> Visit | None:
        """Remember this sitting; answers what is remembered of the one that begins."""
        self._visits.pop(where, None)
        self._visits[where] = visit  # the last one is the newest
        self.before, self._here = where, to
        return self._visits.get(to)

    # --- namespaces -----------------------------------------------------------------------------------------------

    def namespaces(self, context: str) -> tuple[str, ...]:
        """Those of a context, as far as anybody was told."""
        return self._namespaces.get(context, ())

    def learn_namespaces(self, context: str, names: tuple[str, ...]) -> None:
        """Some more of them."""
        self._namespaces[context] = tuple(sorted({*self.namespaces(context), *names}))
