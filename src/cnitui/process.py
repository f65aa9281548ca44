"""Our process: its log, and an end that waits for nobody."""

from __future__ import annotations

import logging
import os
import sys
import threading
from logging.handlers import RotatingFileHandler
from pathlib import Path

from cnitui.settings import Settings, state_folder


def leave(code: int) -> int:
    """End the process at once when something would hold it up or spoil its exit code; state is on disk by now.

    A thread (a name look-up) would be waited for; output that a vanished terminal does not take would turn the
    interpreter's exit code into 120.
    """
    waiting = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    if not _flushed() or waiting:
        os._exit(code)
    return code


def _flushed() -> bool:
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return False
    return True


def log_to_file(settings: Settings) -> None:
    """Our own log goes to a file, never to the terminal; a file that cannot be written costs the log, not the start."""
    path = settings.log_file or settings.state_dir / "cnitui.log"
    root = logging.getLogger()
    root.handlers.clear()
    root.setLevel(settings.log_level.upper())
    try:
        _make_private(path.parent)
        handler: logging.Handler = RotatingFileHandler(path, maxBytes=2_000_000, backupCount=1, delay=True)
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root.addHandler(handler)


def keep_traceback() -> str:
    """Write the exception that is being handled to our own log; answers where that is."""
    root = logging.getLogger()
    if not any(isinstance(handler, logging.FileHandler) for handler in root.handlers):
        log_to_file(Settings(state_dir=state_folder()))
    root.error("unexpected", exc_info=True)
    kept = [handler.baseFilename for handler in root.handlers if isinstance(handler, logging.FileHandler)]
    return next(iter(kept), "no file: the log cannot be written")


def _make_private(folder: Path) -> None:
    if not folder.exists():
        folder.mkdir(parents=True, mode=0o700)
