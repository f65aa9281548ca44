"""Packed archives as bytes: written in one piece, read with every size bounded before it is believed.

They come from strangers: nothing is ever unpacked to disk, and a member is a plain file with a plain name or refused.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from posixpath import normpath

from cnitui.errors import ConfigurationError, UsageError

GZIP = b"\x1f\x8b"
LARGEST_FILE = 128 << 20
LARGEST_WHOLE = 256 << 20
LARGEST_MEMBER = 64 << 20
MOST_MEMBERS = 20_000
HIGHEST_RATIO = 200
"""Unpacked to packed size from `RATIO_FROM` bytes on; logs of a crash loop come to about 30, zlib's limit is 1032."""
RATIO_FROM = 32 << 20
_CHUNK = 1 << 20


def is_bundle(path: Path) -> bool:
    """Whether a file begins as a compressed archive does; False for one that cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(2) == GZIP
    except OSError:
        return False


def packed_archive(members: Iterable[tuple[str, bytes]], at: int) -> bytes:
    """A `.tar.gz` of these members; `at` is their time in Unix seconds."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=at) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(data), at, 0o600
            archive.addfile(info, io.BytesIO(data))
    return packed.getvalue()


def members_of(path: Path, told: Callable[[str], None] | None = None) -> dict[str, bytes]:
    """The members by their names; `told` hears how far unpacking is.

    Raises UsageError when the file cannot be read, ConfigurationError when it is damaged, or no archive of plain files
    within the bounds.
    """
    return _members(_unpacked(path, told or (lambda _: None)), str(path))


def _unpacked(path: Path, told: Callable[[str], None]) -> bytes:
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise ConfigurationError(f"{path}: expected at most {LARGEST_FILE >> 20} MiB")
        with path.open("rb") as packed, gzip.open(packed) as stream:

            def chunk() -> bytes:
                told(f"opening {path.name}: {100 * packed.tell() // max(1, size)} % unpacked")
                return stream.read(_CHUNK)

            return b"".join(_bounded(chunk, size, str(path)))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ConfigurationError(f"{path}: the archive is damaged: {error}", "Copy the file again.") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error


def _bounded(read: Callable[[], bytes], packed: int, name: str) -> Iterator[bytes]:
    total = 0
    while chunk := read():
        total += len(chunk)
        if total > LARGEST_WHOLE or (total > RATIO_FROM and total > packed * HIGHEST_RATIO):
            raise ConfigurationError(
                f"{name}: unpacks to more than {total >> 20} MiB from {packed >> 10} KiB: no case file does"
            )
        yield chunk


def _members(data: bytes, name: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for count, info in enumerate(archive, 1):
                if count > MOST_MEMBERS:
                    raise ConfigurationError(f"{name}: holds more than {MOST_MEMBERS} members: no case file does")
                if info.isdir():
                    continue
                member = _member_name(info, name)
                if member in found:
                    raise ConfigurationError(f"{name}: holds {member} twice")
                file = archive.extractfile(info)
                found[member] = file.read() if file is not None else b""
    except (tarfile.TarError, EOFError, OSError, ValueError, OverflowError) as error:
        raise ConfigurationError(f"{name}: not an archive that can be read: {error}") from error
    return found


def _member_name(info: tarfile.TarInfo, name: str) -> str:
    """The member's plain name; raises ConfigurationError for what no case file holds."""
    shown = repr(info.name[:200])
    plain = info.name.removeprefix("./")
    if plain.startswith(("/", "..")) or "\\" in plain or "\0" in plain or normpath(plain) != plain:
        raise ConfigurationError(f"{name}: member {shown} has a name that leads elsewhere")
    if not info.isreg() or info.issparse():
        raise ConfigurationError(f"{name}: member {shown} is no plain file")
    if info.size > LARGEST_MEMBER:
        raise ConfigurationError(f"{name}: member {shown} is larger than {LARGEST_MEMBER >> 20} MiB")
    return plain
