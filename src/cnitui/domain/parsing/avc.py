"""SELinux denials in every dress: ausearch (default, raw, interpreted), journalctl (short, short-iso, json), dmesg.

    type=AVC msg=audit(1795401560.131:215): avc:  denied  { write } for  pid=596 comm="install" name="bin" …   raw
    type=AVC msg=audit(11/23/26 02:39:20.131:215) : avc:  denied  { write } for  pid=596 comm=install …        -i
    [ 1378.80] audit: type=1400 audit(1795402614.123:2230): avc:  denied  { write } for …                      dmesg
    2026-11-23T02:56:29+0000 worker-01 audit[3633]: AVC avc:  denied  { write } for …                          journal

Records of one event (same time and serial) belong together: PATH and CWD give the path, SYSCALL the errno.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from posixpath import join

from cnitui.domain.parsing.lines import numbered, position
from cnitui.domain.selinux import Avc, Label
from cnitui.late_dataclass import dataclass

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBERS = {"1400": "AVC", "1401": "SELINUX_ERR", "1107": "USER_AVC"}
_DENIALS = frozenset(_NUMBERS.values())
"""Kinds that deny; others (PROCTITLE, USER_CMD …) may quote a denial in what a process chose to be called."""
_HEADER = re.compile(r"(?:type=(?P<type>\w{1,40}) )?(?:msg=)?audit\((?P<stamp>[^()]{1,60}):(?P<serial>\d{1,12})\)\s?:")
_JOURNAL = re.compile(r"(?:audit|kernel)\[?\d{0,9}\]?: (?P<type>AVC|USER_AVC|SELINUX_ERR)\b")
_ISO = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?)([+-]\d\d):?(\d\d)")
_DENIED = re.compile(r"avc:\s+denied\s+\{\s*(?P<permissions>[^{}]{0,400}?)\s*\}")
_FIELD = re.compile(r"\b(?P<key>[a-z_]{1,24})=(?P<value>\"[^\"]{0,4096}\"|[^\s\"']{1,4096})")
_HEX = re.compile(r"(?:[0-9A-F]{2})+")
_LAST = frozenset({"scontext", "tcontext", "tclass", "permissive"})
"""Fields that end a record; a name before them may pretend to be one."""
_EACCES = ("-13", "EACCES(Permission denied)", "EACCES(Permission")
_INTERPRETED = ("%m/%d/%y %H:%M:%S.%f", "%m/%d/%Y %H:%M:%S.%f", "%d/%m/%y %H:%M:%S.%f", "%d/%m/%Y %H:%M:%S.%f")
_TERMINAL = re.compile(r"\btty=((?:pts/?|tty)\d{1,4})\b")
_RAW_LIMIT = 2_000


@dataclasses.dataclass(slots=True)
class _Event:
    """What the other records of an event add to its AVC."""

    cwd: str = ""
    refused: bool = False
    terminal: str = ""
    paths: list[Mapping[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Record:
    """One record: its kind, its event, and its text after the header."""

    kind: str
    event: str
    body: str
    number: int
    line: str
    time: datetime | None
    interpreted: bool = False


def parse_avc(text: str, zone: tzinfo | None = None) -> tuple[Avc, ...]:
    """Every denial, in the text's order; () for `<no matches>` and for garbage.

    Times are UTC; those of `ausearch -i` are the node's local ones and stay None unless its `zone` is given. A record
    without `permissive=` (kernels before 3.17) counts as enforced when its SYSCALL record ended in EACCES.
    """
    records = list(_records(text, zone))
    events: dict[str, _Event] = {}
    for record in records:
        _note(record, events)
    denials = (_denial(record, events.get(record.event) or _Event()) for record in records)
    return tuple(denial for denial in denials if denial is not None)


def _records(text: str, zone: tzinfo | None) -> Iterator[_Record]:
    for number, line in numbered(text):
        record_line, time = _from_json(line) if line.startswith("{") else (line, _iso(line))
        record = _record(record_line, number, time, zone)
        if record is not None:
            yield record


def _record(line: str, number: int, time: datetime | None, zone: tzinfo | None) -> _Record | None:
    header = _HEADER.search(line)
    if header:
        kind = header["type"] or "AVC"
        stamp = header["stamp"]
        event = f"{stamp}:{header['serial']}"
        epoch = _epoch(stamp)
        at = epoch or _local(stamp, zone) or time
        return _Record(_NUMBERS.get(kind, kind), event, line[header.end() :], number, line, at, epoch is None)
    journal = _JOURNAL.search(line)
    if journal:
        return _Record(journal["type"], "", line[journal.end() :], number, line, time)
    denied = _DENIED.search(line)
    return _Record("AVC", "", line[denied.start() :], number, line, time) if denied else None


def _note(record: _Record, events: dict[str, _Event]) -> None:
    if record.kind not in ("PATH", "CWD", "SYSCALL"):
        return
    event = events.setdefault(record.event, _Event())
    fields = _fields(record.body)
    if record.kind == "PATH":
        event.paths.append({**fields, "name": _text(fields.get("name", ""), record)})
    elif record.kind == "CWD":
        event.cwd = _text(fields.get("cwd", ""), record)
    else:
        event.refused = fields.get("success") == "no" and fields.get("exit") in _EACCES
        terminal = _TERMINAL.search(record.body)
        event.terminal = terminal[1] if terminal else ""


def _denial(record: _Record, event: _Event) -> Avc | None:
    denied = _DENIED.search(record.body)
    if record.kind not in _DENIALS or (denied is None and record.kind != "SELINUX_ERR"):
        return None
    fields = _fields(record.body[denied.end() :] if denied else record.body)
    stated = fields.get("permissive")
    avc = Avc(
        permissions=tuple(denied["permissions"].split()) if denied else (),
        comm=_text(fields.get("comm", ""), record),
        scontext=Label.parse(fields.get("scontext", "")),
        tcontext=Label.parse(fields.get("tcontext", "")),
        tclass=fields.get("tclass", ""),
        permissive=stated == "1" if stated else (False if event.refused else None),
        raw=record.line.strip()[:_RAW_LIMIT],
        time=record.time,
        name=_text(fields.get("name", ""), record),
        path=_text(fields.get("path", ""), record),
        device=_text(fields.get("dev", ""), record),
        inode=_number(fields.get("ino", "")),
        pid=_number(fields.get("pid", "")),
        kind=record.kind,
        position=position(record.number),
        terminal=event.terminal,
    )
    return avc if avc.path else replace(avc, path=_path(event, avc.inode))


def _path(event: _Event, inode: int) -> str:
    """The path of the event that has the denied inode, else the one that is no parent directory."""
    named = [item for item in event.paths if item["name"]]
    same = [item for item in named if inode and _number(item.get("inode", "")) == inode]
    own = [item for item in named if item.get("nametype") != "PARENT"]
    item = next(iter(same or own), None)
    if item is None:
        return ""
    path = join(event.cwd, item["name"])
    return path.rstrip("/") or path


def _fields(body: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for match in _FIELD.finditer(body):
        if match["key"] in _LAST or match["key"] not in fields:
            fields[match["key"]] = match["value"]
    return fields


def _text(value: str, record: _Record) -> str:
    """A name as audit writes it: quoted, or in hexadecimal when it has blanks, quotes or control characters."""
    if value.startswith('"'):
        return value.strip('"')
    if value in ("(null)", "?"):
        return ""
    if not record.interpreted and _HEX.fullmatch(value):
        return bytes.fromhex(value).decode("utf-8", "replace").rstrip("\0").replace("\0", " ")
    return value


def _number(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else 0


def _epoch(stamp: str) -> datetime | None:
    if not re.fullmatch(r"\d{1,11}\.\d{1,9}", stamp):
        return None
    seconds, _, fraction = stamp.partition(".")
    try:
        return _EPOCH + timedelta(seconds=int(seconds), microseconds=int(fraction.ljust(6, "0")[:6]))
    except OverflowError:
        return None


def _local(stamp: str, zone: tzinfo | None) -> datetime | None:
    for form in _INTERPRETED if zone else ():
        try:
            return datetime.strptime(stamp, form).replace(tzinfo=zone).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


def _iso(line: str) -> datetime | None:
    match = _ISO.match(line)
    if not match:
        return None
    try:
        return datetime.fromisoformat(f"{match[1]}{match[2]}:{match[3]}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _from_json(line: str) -> tuple[str, datetime | None]:
    """A record of `journalctl -o json` as the short format has it, and its time; ("", None) when it is none."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return "", None
    message = entry.get("MESSAGE") if isinstance(entry, dict) else None
    if not isinstance(message, str):
        return "", None
    stamp = str(entry.get("_SOURCE_REALTIME_TIMESTAMP") or entry.get("__REALTIME_TIMESTAMP") or "")
    time = _epoch(f"{stamp[:-6]}.{stamp[-6:]}") if len(stamp) > 6 else None
    origin = "audit" if entry.get("_TRANSPORT") == "audit" else "kernel"
    return f"{origin}: {message.replace(chr(10), ' ')}", time
