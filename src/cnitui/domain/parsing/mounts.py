"""The mount that holds a path: findmnt as table or JSON, /proc/self/mounts, `mount`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from cnitui.domain.facts import Mount
from cnitui.domain.parsing.lines import numbered

_TREE = re.compile(r"^[\s│├└─|`-]*(?=/)")
_TABLE_HEADER = re.compile(r"TARGET\s+SOURCE\s+FSTYPE\s+OPTIONS\s*")
_MOUNT = re.compile(r"(?P<source>.{1,1024}?) on (?P<target>/.{0,1024}?) type (?P<fstype>\S{1,64}) \((?P<options>.*)\)")
_OPTIONS = re.compile(r"(?:ro|rw)(?:,.*)?")
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|[0-7]{3})")
_JSON_LIMIT = 1_000_000


def parse_findmnt(text: str, path: str = "") -> Mount | None:
    """The one mount that `findmnt -T path` answers; None when there is none."""
    return next(_mounts(text, path), None)


def parse_mount_table(text: str, path: str) -> Mount | None:
    """The mount of /proc/self/mounts (or `mount`) that holds the path: longest target, the last one mounted there."""
    holding = [mount for mount in _mounts(text, path) if _holds(mount.target, path)]
    longest = max((len(mount.target) for mount in holding), default=0)
    return next((mount for mount in reversed(holding) if len(mount.target) == longest), None)


def _holds(target: str, path: str) -> bool:
    return path == target or path.startswith(target.rstrip("/") + "/")


def _mounts(text: str, path: str) -> Iterator[Mount]:
    if text.lstrip().startswith("{"):
        yield from _from_json(text, path)
        return
    for _, line in numbered(text):
        mount = None if _TABLE_HEADER.fullmatch(line) else _from_line(line, path)
        if mount:
            yield mount


def _from_line(line: str, path: str) -> Mount | None:
    printed = _MOUNT.fullmatch(line.strip())
    if printed:
        return _mount(path, printed["target"], printed["source"], printed["fstype"], printed["options"])
    words = line.split()
    if len(words) == 6 and words[1].startswith("/") and words[4].isdigit() and _OPTIONS.fullmatch(words[3]):
        return _mount(path, words[1], words[0], words[2], words[3])
    if len(words) >= 4 and _OPTIONS.fullmatch(words[-1]):
        target = _TREE.sub("", line.strip().rsplit(None, 3)[0])
        return _mount(path, target, words[-3], words[-2], words[-1]) if target.startswith("/") else None
    return None


def _mount(path: str, target: str, source: str, fstype: str, options: str) -> Mount:
    plain = _unescaped(target)
    return Mount(path or plain, plain, _unescaped(source), fstype, tuple(options.split(",")))


def _unescaped(text: str) -> str:
    """`\\040` of /proc/mounts and `\\x20` of findmnt, read back."""
    return _ESCAPE.sub(lambda match: chr(_code(match[1]) & 0xFF), text)


def _code(escape: str) -> int:
    return int(escape[1:], 16) if escape.startswith("x") else int(escape, 8)


def _from_json(text: str, path: str) -> Iterator[Mount]:
    try:
        document = json.loads(text[:_JSON_LIMIT])
    except (ValueError, RecursionError):
        return
    rows = document.get("filesystems") if isinstance(document, dict) else None
    for row in rows if isinstance(rows, list) else []:
        fields = row if isinstance(row, dict) else {}
        target, source, fstype, options = (
            str(fields.get(key, "")) for key in ("target", "source", "fstype", "options")
        )
        if target.startswith("/"):
            yield _mount(path, target, source, fstype, options)
