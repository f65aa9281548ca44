"""Starts the screens, and ends the process in half a second whatever is in flight."""

from __future__ import annotations

import gc
import os

from textual.theme import BUILTIN_THEMES

from cnitui.compose import opening
from cnitui.errors import ConfigurationError
from cnitui.lab_process import LabProcess
from cnitui.process import leave, log_to_file
from cnitui.settings import Settings, configuration_file
from cnitui.tui.app import CnituiApp
from cnitui.tui.theme import THEMES


def open_tui(settings: Settings, lab: LabProcess | None = None) -> int:
    """The screens until the user leaves; answers the exit code."""
    log_to_file(settings)
    for variable in ("LINES", "COLUMNS"):  # Textual would believe them rather than the terminal
        os.environ.pop(variable, None)
    app = CnituiApp(opening(settings, lab), theme=_theme(settings), keys=settings.keys)
    gc.freeze()  # the collector's pauses are what stalls a screen; nothing imported so far is garbage
    try:
        code = app.run()
    finally:
        if lab is not None:
            lab.close()
    return leave(app.return_code or code or 0)


def _theme(settings: Settings) -> str:
    known = {**THEMES, **BUILTIN_THEMES}
    if settings.theme and settings.theme not in known:
        raise ConfigurationError(
            f"{configuration_file()}: theme: expected one of {', '.join(known)}, got {settings.theme[:60]!r}",
            "Correct it or remove it.",
        )
    return settings.theme


def open_demo(settings: Settings, scenario: str, speed: float) -> int:
    """The screens on a lab of their own."""
    return open_tui(settings, LabProcess(scenario, speed))
