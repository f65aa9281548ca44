"""Our memory on disk: the audit log and, per plan, its documents; on disk before a call returns.

The folder is `$XDG_STATE_HOME/cnitui`: `audit.jsonl`, `plans/ID/NAME.json` and other files of a plan beside them. All
of it is for its owner only, since pre-images hold whole objects of the cluster.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from cnitui.errors import StateError

T = TypeVar("T")
AUDIT_FILE, PLANS = "audit.jsonl", "plans"
FOLDER_MODE, FILE_MODE = 0o700, 0o600
_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{4}")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,40}")
_FILE = re.compile(r"[a-z][a-z0-9-]{0,40}(\.[a-z0-9]{1,8}){1,2}")


class FileJournal:
    """The journal of one state folder; made on first use, so that looking around leaves nothing behind.

    `room` is the folder in it that holds the documents by their ids.
    """

    def __init__(
        self, folder: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC), *, room: str = PLANS
    ) -> None:
        self.folder = folder
        self._room = folder / room
        self._now = now

    def audit(self, event: str, details: Mapping[str, object]) -> None:
        """Append one line to audit.jsonl and wait until it is on disk; raises StateError."""
        line = json.dumps({"time": _stamp(self._now()), "event": event, **details}, ensure_ascii=True) + "\n"
        path = self.folder / AUDIT_FILE
        self._doing(f"{path} cannot be written", lambda: self._append(path, line.encode()))

    def keep(self, plan_id: str, name: str, document: object) -> Path:
        """Save a document of one plan, whole or not at all; raises StateError."""
        path = self._path(plan_id, name)
        text = json.dumps(document, indent=1, default=_plain) + "\n"
        self._doing(f"{path} cannot be written", lambda: write_private(path, text.encode()))
        return path

    def load(self, plan_id: str, name: str) -> object:
        """Read a document back; raises StateError when it is not there or broken."""
        path = self._path(plan_id, name)
        text = self._doing(f"{path} cannot be read", path.read_bytes)
        try:
            document: object = json.loads(text)
        except ValueError as error:
            raise StateError(f"{path} is not JSON: {error}") from error
        return document

    def place(self, plan_id: str, file: str) -> Path:
        """Where a file of one plan lies, be it there or not; raises StateError for an id or name that is none."""
        if not _FILE.fullmatch(file):
            raise StateError(f"{file[:60]!r} is no name of a plan's file")
        return self._folder_of(plan_id) / file

    def plans(self) -> tuple[str, ...]:
        """Ids of the plans kept, oldest first; raises StateError when the folder cannot be read."""
        folder = self._room
        try:
            names = [entry.name for entry in folder.iterdir()]
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise _failure(f"{folder} cannot be read", error) from error
        return tuple(sorted(name for name in names if _ID.fullmatch(name)))

    def new_id(self, now: datetime) -> str:
        """UTC time and four hex digits, of no plan kept yet."""
        for _ in range(64):
            plan_id = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
            if not os.path.lexists(self._room / plan_id):
                return plan_id
        raise StateError(f"{self._room} has no free id left for this second")

    def _path(self, plan_id: str, name: str) -> Path:
        folder = self._folder_of(plan_id)
        if not _NAME.fullmatch(name):
            raise StateError(f"{name[:60]!r} is no document's name")
        return folder / f"{name}.json"

    def _folder_of(self, plan_id: str) -> Path:
        if not _ID.fullmatch(plan_id):
            raise StateError(f"{plan_id[:60]!r} is no plan's id", "An id looks like 20260102T030405Z-1a2b.")
        return self._room / plan_id

    def _doing(self, what: str, act: Callable[[], T]) -> T:
        try:
            return act()
        except OSError as error:
            raise _failure(what, error) from error

    def _append(self, path: Path, data: bytes) -> None:
        make_folder(path.parent)
        new = not path.exists()
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, FILE_MODE)
        try:
            _write_all(descriptor, _missing_newline(descriptor) + data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if new:
            _sync_folder(path.parent)


def write_private(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, for its owner only, and wait until it is on disk; raises OSError."""
    make_folder(path.parent)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    try:
        try:
            _write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _missing_newline(descriptor: int) -> bytes:
    """A newline when the last line was cut (power failure, full disk): the next line must stay readable."""
    size = os.fstat(descriptor).st_size
    return b"\n" if size and os.pread(descriptor, 1, size - 1) != b"\n" else b""


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def make_folder(folder: Path) -> None:
    """Make the folder and what is missing above it, for its owner only, each durable in its parent."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _failure(what: str, error: OSError) -> StateError:
    return StateError(
        f"{what}: {error.strerror or error}", "Make room or make the folder writable; XDG_STATE_HOME names another one."
    )


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, datetime):
        return _stamp(value)
    raise TypeError(f"{type(value).__name__} cannot be kept as JSON")
