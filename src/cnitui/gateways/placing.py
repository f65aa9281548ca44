"""Files of ours, written whole or not at all, for their owner only."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from cnitui.errors import StateError


def check_place(path: Path, *, overwrite: bool) -> None:
    """Raise StateError when something is there already, or the folder is not."""
    if os.path.lexists(path) and not overwrite:
        raise StateError(f"{path} exists already", "Choose another name, or --force to replace it.")
    if path.is_dir() or not path.parent.is_dir():
        what = "is a folder" if path.is_dir() else "cannot be written: its folder does not exist"
        raise StateError(f"{path} {what}", "Choose another name.")


def place(path: Path, data: bytes, *, overwrite: bool) -> None:
    """Write a file; raises StateError."""
    check_place(path, overwrite=overwrite)
    draft = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}")
    try:
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            _rename(draft, path, overwrite=overwrite)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        what = f"{path} cannot be written: {error.strerror or error}"
        raise StateError(what, "Make room or choose another folder; nothing was left behind.") from error


def check_folder(folder: Path, *, overwrite: bool) -> None:
    """Raise StateError when files cannot go there: it is no folder, or holds something and nobody said --force."""
    try:
        if os.path.lexists(folder) and not folder.is_dir():
            raise StateError(f"{folder} is no folder", "Choose another name.")
        if not overwrite and folder.is_dir() and any(folder.iterdir()):
            raise StateError(f"{folder} is not empty", "Choose another folder, or --force to replace what is there.")
        if not folder.is_dir() and not folder.parent.is_dir():
            raise StateError(f"{folder} cannot be made: {folder.parent} does not exist", "Choose another name.")
    except OSError as error:
        raise StateError(f"{folder} cannot be read: {error.strerror or error}", "Choose another name.") from error


def place_all(folder: Path, files: Mapping[str, str], *, overwrite: bool) -> None:
    """Write files below a folder, which is made; the last one named is written last. Raises StateError."""
    check_folder(folder, overwrite=overwrite)
    for name, text in files.items():
        path = folder / name
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            path.parent.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StateError(
                f"{path.parent} cannot be made: {error.strerror or error}", "Choose another name."
            ) from error
        place(path, text.encode("utf-8", "replace"), overwrite=overwrite)


def _rename(draft: Path, path: Path, *, overwrite: bool) -> None:
    """Without overwriting, a file that somebody made meanwhile wins, where the file system has links."""
    if overwrite:
        draft.replace(path)
        return
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:
        draft.rename(path)
