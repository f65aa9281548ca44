"""Starts the screens, and ends the process in half a second whatever is in flight."""

from __future__ import annotations

import gc
import os

from cnitui.compose import opening
from cnitui.lab_process import LabProcess
from cnitui.process import leave, log_to_file
from cnitui.settings import Settings
from cnitui.tui.app import CnituiApp


def open_tui(settings: Settings, lab: LabProcess | None = None) -> int:
    """The screens until the user leaves; answers the exit code."""
    log_to_file(settings)
    for variable in ("LINES", "COLUMNS"):  # Textual would believe them rather than the terminal
        os.environ.pop(variable, None)
    app = CnituiApp(opening(settings, lab), theme=settings.theme, keys=settings.keys)
    gc.freeze()  # the collector's pauses are what stalls a screen; nothing imported so far is garbage
    try:
        code = app.run()
    finally:
        if lab is not None:
            lab.close()
    return leave(app.return_code or code or 0)


def open_demo(settings: Settings, scenario: str, speed: float) -> int:
    """The screens on a lab of their own."""
    return open_tui(settings, LabProcess(scenario, speed))
