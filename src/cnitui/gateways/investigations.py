"""Investigations on disk: `investigations/ID/NAME.json` below the state folder, written as plans are."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cnitui.background import in_daemon_thread
from cnitui.errors import StateError
from cnitui.gateways.journal import FILE_MODE, FileJournal, make_folder

T = TypeVar("T")
ROOM, LOCK = "investigations", "lock"


class InvestigationShelf(FileJournal):
    """Implements `engine.ports.Shelf`; made on first use, so that looking at healthy nodes leaves nothing behind."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, room=ROOM)
        self._claimed: dict[str, int] = {}

    def ids(self) -> tuple[str, ...]:
        """Oldest first; raises StateError when the folder cannot be read."""
        return self.plans()

    def claim(self, kept_id: str) -> bool:
        """Lock it; a lock ends with its process, however that ends. Where nothing can be locked all may have it."""
        if kept_id in self._claimed:
            return True
        path = self._path(kept_id, "any").with_name(LOCK)
        try:
            make_folder(path.parent)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        except OSError:
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            return error.errno not in (errno.EAGAIN, errno.EACCES)
        self._claimed[kept_id] = descriptor
        return True

    def release(self, kept_id: str) -> None:
        """Unlock it."""
        descriptor = self._claimed.pop(kept_id, None)
        if descriptor is not None:
            os.close(descriptor)

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
