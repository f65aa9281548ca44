"""All that can be typed here and now: what keys do, what needs no key, and the commands that take a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cnitui.tui.help import bindings_of
from cnitui.tui.palette.bound import MOVEMENTS, bound_offers, offer_of, possible
from cnitui.tui.palette.offers import Catalogue, Offer, Verb
from cnitui.tui.palette.verbs import sitting_verbs, theme_verb, work_verbs
from cnitui.tui.screens.main import MainScreen
from cnitui.tui.screens.work import WorkScreen
from cnitui.tui.wording import present

if TYPE_CHECKING:
    from cnitui.tui.app import CnituiApp


def catalogue(app: CnituiApp) -> Catalogue:
    """What the screen in front offers, and what the main screen does behind it."""
    offers = {offer.line: offer for offer in (*_behind(app), *_without_key(app), *bound_offers(app.screen))}
    return Catalogue(tuple(offers.values()), tuple(_verbs(app)))


def _behind(app: CnituiApp) -> Iterator[Offer]:
    """From a page on top the panes are one command away."""
    work = app.work
    if work is None or app.screen is work:
        return
    for binding, keys in bindings_of(work):
        if binding.id not in MOVEMENTS and possible(work, binding):
            yield offer_of(work, "", binding, keys, first=app.front)


def _without_key(app: CnituiApp) -> Iterator[Offer]:
    """What has a key only in some place, and is wanted from everywhere."""
    work = app.work
    if not isinstance(work, MainScreen):
        return

    def listings() -> None:
        app.front()
        work.action_pane("listings")

    yield Offer("listings", "Every file of a node's CNI directories, and all that was run there", listings)
    if isinstance(work, WorkScreen) and not work.state.readonly:

        def undo() -> None:
            app.front()
            work.action_undo()

        yield Offer("undo", "Preview taking the latest applied plan back", undo)


def _verbs(app: CnituiApp) -> Iterator[Verb]:
    work = app.work
    if isinstance(work, MainScreen):
        yield from work_verbs(work, app.front)
    if isinstance(work, WorkScreen) and app.sittings.elsewhere:
        yield from sitting_verbs(work, app.sittings, app.go, present)
    yield theme_verb(sorted(app.available_themes), app.use_theme)
