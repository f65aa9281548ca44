"""Starts the screens, and ends the process in half a second whatever is in flight."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from textual.constants import COLOR_SYSTEM
from textual.theme import BUILTIN_THEMES

from cnitui.compose import KubeconfigContexts, case_opening, command_history
from cnitui.errors import ConfigurationError
from cnitui.lab_process import LabProcess
from cnitui.narrating import narrated
from cnitui.process import leave, log_to_file
from cnitui.settings import Settings, configuration_file
from cnitui.tui.app import CnituiApp
from cnitui.tui.glyphs import wants_ascii
from cnitui.tui.theme import THEMES, default_theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnitui.engine.contexts import Contexts
    from cnitui.engine.services import Opening
    from cnitui.tui.quiz import Quiz


def open_tui(settings: Settings, lab: LabProcess | None = None, quiz: Quiz | None = None) -> int:
    """The screens on a cluster until the user leaves; answers the exit code."""
    contexts = KubeconfigContexts(settings, lab)
    try:
        code = _run(settings, contexts.opening(contexts.start), None if settings.onlookers else contexts, quiz)
    finally:
        if lab is not None:
            lab.close()
    return leave(code)


def open_case_file(settings: Settings, path: Path) -> int:
    """The screens on a case file; one that cannot be used is refused before anything is painted."""
    with narrated("nothing was opened") as told:
        opens = case_opening(path, settings, told)
    return leave(_run(settings, opens))


def _run(settings: Settings, opens: Opening, contexts: Contexts | None = None, quiz: Quiz | None = None) -> int:
    log_to_file(settings)
    if not settings.onlookers:
        for variable in ("LINES", "COLUMNS"):  # Textual would believe them rather than the terminal
            os.environ.pop(variable, None)
    app = CnituiApp(
        opens,
        theme=_theme(settings),
        keys=settings.keys,
        contexts=contexts,
        history=None if settings.onlookers else command_history(settings),
        ascii_only=_ascii_only(settings),
        quiz=quiz,
    )
    code = app.run()
    return app.return_code or code or 0


def _theme(settings: Settings) -> str:
    known = {**THEMES, **BUILTIN_THEMES}
    if settings.theme and settings.theme not in known:
        raise ConfigurationError(
            f"{configuration_file()}: theme: expected one of {', '.join(known)}, got {settings.theme[:60]!r}",
            "Correct it or remove it.",
        )
    colours = Console(color_system=COLOR_SYSTEM, force_terminal=True).color_system  # type: ignore[arg-type]
    return settings.theme or default_theme(colours, no_colour="NO_COLOR" in os.environ)


def _ascii_only(settings: Settings) -> bool:
    """As the configuration says, else the environment; in a browser that is the server's, and says nothing of it."""
    if settings.ascii is not None:
        return settings.ascii
    return not settings.onlookers and wants_ascii(os.environ)


def open_demo(
    settings: Settings, scenario: str, speed: float, nodes: int, *, quiz: bool = False, faults: Sequence[str] = ()
) -> int:
    """The screens on a lab of their own; as a `quiz` they cover what is wrong until it was answered."""
    return open_tui(settings, LabProcess(scenario, speed, nodes, faults), _quiz_on(scenario) if quiz else None)


def _quiz_on(scenario: str) -> Quiz:
    from cnitui.lab.scenarios import find
    from cnitui.tui.quiz import Quiz

    found = find(scenario)
    return Quiz(found.causes, found.summary, found.name)
