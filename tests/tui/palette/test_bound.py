"""Every action that a key is bound to is in the palette, with its key; what is not possible is not in it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

import cnitui.tui
from cnitui.engine.state import State
from cnitui.tui.app import CnituiApp
from cnitui.tui.help import bindings_of
from cnitui.tui.palette.bound import MOVEMENTS, bound_offers
from cnitui.tui.palette.catalogue import catalogue
from tests.engine.guide.states import incident
from tests.tui.showing import Showing, showing

SIZES = [(160, 45), (80, 24)]


def every_class() -> set[type[DOMNode]]:
    """All our widgets and screens, whichever module they are in."""
    for module in pkgutil.walk_packages(cnitui.tui.__path__, "cnitui.tui."):
        importlib.import_module(module.name)
    found, rest = set[type[DOMNode]](), [DOMNode]
    while rest:
        for one in rest.pop().__subclasses__():
            if one not in found:
                found.add(one)
                rest.append(one)
    return {one for one in found if one.__module__.startswith("cnitui.tui.")}


def own_bindings(one: type[DOMNode]) -> Iterator[Binding]:
    yield from (binding for binding in one.__dict__.get("BINDINGS", ()) if isinstance(binding, Binding))


def classes_of(app: Showing) -> set[type]:
    """What is mounted, with the classes it is made of."""
    nodes = (app, app.screen, *app.screen.query("*"))
    return {base for node in nodes for base in type(node).__mro__}


def everything_possible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnitui.tui.palette.bound.possible", lambda node, binding: True)


async def test_no_binding_of_what_is_mounted_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    everything_possible(monkeypatch)
    async with showing(incident()) as (app, _):
        offered = {offer.what for offer in bound_offers(app.screen)}
        mounted = classes_of(app) & every_class()
        assert {"Table", "GuidePane", "SelinuxPane", "ListingsPane", "LogGrid"} <= {one.__name__ for one in mounted}
        for one in mounted:
            for binding in own_bindings(one):
                assert binding.tooltip in offered or binding.id in MOVEMENTS, (one, binding)
        bound = {one for one in every_class() if any(True for _ in own_bindings(one))}
        elsewhere = {one.__name__ for one in bound - mounted if not issubclass(one, Screen)}
        assert elsewhere <= {"LogPane", "TickBox"}, "those of logs are seen in test_sittings, a dialog has no palette"


@pytest.mark.parametrize("size", SIZES)
async def test_each_command_stands_there_once_with_its_key(size: tuple[int, int]) -> None:
    async with showing(incident(), size) as (app, _):
        app.work = app.main  # type: ignore[assignment]  # nothing of a session is needed
        offers = catalogue(app).offers
        assert len({offer.line for offer in offers}) == len(offers)
        keys = {binding.tooltip: shown for binding, shown in bindings_of(app.main)}
        for offer in offers:
            assert offer.what
            if offer.what in keys:
                assert offer.key == keys[offer.what].split(" ")[0]


async def test_a_remapped_key_is_the_one_that_is_shown() -> None:
    async with showing(incident()) as (app, _):
        app.set_keymap({"screen.guide": "f9"})
        assert next(offer for offer in bound_offers(app.screen) if offer.line == "guide").key == "f9"


async def test_what_is_not_possible_now_is_not_offered() -> None:
    async with showing(State(server_version="v1.31.0")) as (app, _):
        lines = {offer.line for offer in bound_offers(app.screen)}
    assert "guide: apply" not in lines
    assert "tables: details" not in lines


async def test_a_command_brings_its_pane_and_its_keys() -> None:
    async with showing(incident(), (80, 24)) as (app, pilot):
        offers = {offer.line: offer for offer in bound_offers(app.screen)}
        done = offers["differences: copy"].run()
        assert done is not None
        await done  # type: ignore[misc]
        await pilot.pause()
        assert app.main.single == "differences"
        assert app.copied
        assert isinstance(app, CnituiApp)
