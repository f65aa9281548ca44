"""`ls -Z` in its many shapes: with and without -l, -a, -d; coreutils of RHEL 7 and later, busybox.

drwxr-xr-x. 2 root root system_u:object_r:bin_t:s0 4096 Nov 23 02:39 /opt/cni/bin     coreutils 8.23 and later
-rwxr-xr-x. root root system_u:object_r:bin_t:s0 calico                              coreutils 8.22 (RHEL 7)
-rwxr-xr-x  1 root root ?                          846632 Nov 23 02:56 calico         a file without a label
system_u:object_r:usr_t:s0 /opt/cni/bin                                              without -l
"""

from __future__ import annotations

import re
from posixpath import dirname, join, normpath

from cnitui.domain.facts import DirectoryEntry
from cnitui.domain.parsing.lines import numbered
from cnitui.domain.selinux import Label

_LABEL = r"[\w.-]{1,64}:[\w.-]{1,64}:[\w.-]{1,64}(?::s\d[\w:,.\-]{0,512})?"
_LONG = re.compile(
    r"\s*(?:\d{1,20}\s+){0,2}"
    r"(?P<kind>[bcdlps-])(?P<mode>[rwxsStT-]{9})[.+@]?"
    r"(?:\s+\d{1,9})?\s+(?P<owner>[^\s:]{1,64})\s+(?P<group>[^\s:]{1,64})"
    rf"(?:\s+(?P<label>\?|unknown|{_LABEL})(?=\s))?"
    r"(?:\s+(?P<size>\d[\d.]{0,19}[KMGTP]?|\d{1,5},\s*\d{1,9})\s+(?P<date>"
    r"\d{4}-\d\d-\d\d\s+\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:\s[+-]\d{4})?"
    r"|\S{1,12}\s+\S{1,12}\s+(?:\d{1,2}:\d\d|\d{4})))?"
    r"\s(?P<name>.+)"
)
_SHORT = re.compile(rf"\s*(?P<label>\?|{_LABEL})\s+(?P<name>\S.*)")
_PAIRS = re.compile(rf"(?:^|\s)({_LABEL})\s+(\S+)")
_HEADER = re.compile(r"['\"]?(/.{0,4095}?|\.{1,2})['\"]?:")


def parse_ls(text: str, directory: str = "") -> tuple[DirectoryEntry, ...]:
    """Every entry with its full path; `directory` is what was listed, until a `dir:` header says otherwise.

    `.` is the directory itself and `..` its parent. Without -l, kind, mode, owner and group are "".
    """
    entries: list[DirectoryEntry] = []
    for _, line in numbered(text):
        header = _HEADER.fullmatch(line)
        if header:
            directory = header[1]
        else:
            entries.extend(_entries(line, directory))
    return tuple(entries)


def _entries(line: str, directory: str) -> list[DirectoryEntry]:
    long = _LONG.fullmatch(line)
    if long:
        return [_long_entry(long, directory)]
    pairs = _PAIRS.findall(line)
    if len(pairs) > 1:
        return [_short_entry(label, name, directory) for label, name in pairs]
    short = _SHORT.fullmatch(line)
    return [_short_entry(short["label"], short["name"], directory)] if short else []


def _long_entry(match: re.Match[str], directory: str) -> DirectoryEntry:
    name, target = match["name"], ""
    if not match["date"]:
        name = name.lstrip()
    if match["kind"] == "l":
        name, _, target = name.partition(" -> ")
    return DirectoryEntry(
        path=_path(name, directory),
        kind=match["kind"],
        mode=match["mode"],
        owner=match["owner"],
        group=match["group"],
        label=Label.parse(match["label"] or ""),
        size=_size(match["size"] or ""),
        modified=" ".join((match["date"] or "").split()),
        target=target,
    )


def _short_entry(label: str, name: str, directory: str) -> DirectoryEntry:
    return DirectoryEntry(_path(name.rstrip(), directory), "", "", "", "", Label.parse(label))


def _path(name: str, directory: str) -> str:
    if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1]
    if name.startswith("/"):
        return name
    if name == ".":
        return _bare(directory) or name
    if name == "..":
        return dirname(_bare(directory)) or name
    return join(_bare(directory), name) if directory else name


def _bare(directory: str) -> str:
    return normpath(directory) if directory else ""


def _size(text: str) -> int | None:
    """Bytes; None for devices (`major, minor`) and rounded sizes (`4.0K`), which say no bytes."""
    return int(text) if text.isascii() and text.isdigit() else None
