"""Every key that can be given another one: the ids that `keys` of the configuration may name."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterable, Iterator

from textual.binding import Binding
from textual.dom import DOMNode

from cnitui import tui
from cnitui.tui.help import PLACES


def every_binding() -> Iterator[tuple[str, Binding]]:
    """The classes' names and their bindings, in the order of the help page, then by class.

    Imports all screens, which takes a while: nothing that a first frame waits for needs it, unless keys are remapped.
    """
    for module in pkgutil.walk_packages(tui.__path__, f"{tui.__name__}."):
        importlib.import_module(module.name)
    order = list(PLACES)
    ours = [one for one in _below(DOMNode) if one.__module__.startswith(f"{tui.__name__}.")]
    for one in sorted(ours, key=lambda one: (order.index(one.__name__) if one.__name__ in order else 99, one.__name__)):
        for binding in one.__dict__.get("BINDINGS", ()):
            if isinstance(binding, Binding) and binding.id:
                yield one.__name__, binding


def _below(one: type[DOMNode]) -> Iterator[type[DOMNode]]:
    children: list[type[DOMNode]] = one.__subclasses__()
    for child in children:
        yield child
        yield from _below(child)


def key_rows() -> Iterator[tuple[str, str, str, str]]:
    """Place, id, key and meaning of every binding; one that several places share stands once, with the first."""
    told: set[str] = set()
    for name, binding in every_binding():
        assert binding.id is not None
        if binding.id not in told:
            told.add(binding.id)
            yield PLACES.get(name, "Dialogs"), binding.id, binding.key, binding.tooltip


def key_lines() -> Iterator[str]:
    """The same for a terminal, without the places."""
    return (f"{name:<24} {key:<24} {meaning}" for _, name, key, meaning in key_rows())


def mistaken_keys(keys: Iterable[str]) -> Iterator[str]:
    """What to say of each id that no binding has: its key does nothing, and nobody would know why."""
    known = {binding.id or "" for _, binding in every_binding()}
    for name in keys:
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {close[0]}?" if close else "`cnitui info --keys` lists them"
            yield f"config.yaml: keys: there is no key {name[:60]!r}; {hint}"
