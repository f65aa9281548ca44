"""Investigations on disk: `investigations/ID/NAME.json` below the state folder, written as plans are."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cnitui.errors import StateError
from cnitui.gateways.journal import FileJournal
from cnitui.gateways.kubernetes.background import in_daemon_thread

T = TypeVar("T")
ROOM = "investigations"


class InvestigationShelf(FileJournal):
    """Implements `engine.ports.Shelf`; made on first use, so that looking at healthy nodes leaves nothing behind."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, room=ROOM)

    def ids(self) -> tuple[str, ...]:
        """Oldest first; raises StateError when the folder cannot be read."""
        return self.plans()

    def drop(self, kept_id: str) -> None:
        """Remove all documents of an id; raises StateError."""
        folder = self._path(kept_id, "any").parent
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StateError(f"{folder} cannot be removed: {error.strerror or error}") from error

    async def aside(self, call: Callable[[], T]) -> T:
        """Run it in a thread that quit does not wait for."""
        return await in_daemon_thread(call)
