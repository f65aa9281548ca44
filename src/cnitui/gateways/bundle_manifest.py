"""The manifest of a case file: which member answers which request, and what is not there.

`manifest.json` is an object: `schema`, `cnitui` (version), `collected_at` (UTC), `context`, `server`,
`server_version`, `namespace`, `node_access`, `reach` (node to how a person reaches it), `evidence`, `unavailable`,
`left_out`, `redactions`. An entry of `evidence` has `file`, `sha256`, `kind`, `key`, `source` (what a person would
type), `node`, `at`, `cut`; one of a node command also `command`, `status` and, when it said something there, `errors`
with `errors_sha256`. An entry of `unavailable` has `kind`, `key`, `source`, `node`, `at`, `error`, `why`, `next_step`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

import msgspec

from cnitui import __version__
from cnitui.domain.recording import Failure, Hidden, Piece, PieceKind, Recording
from cnitui.errors import ConfigurationError
from cnitui.late_dataclass import dataclass

MANIFEST = "manifest.json"
SCHEMA = "cnitui/case/v1"
_UNUSUAL = re.compile(r"[^A-Za-z0-9._-]+|\.{2,}")
_LONGEST_NAME = 80
_FIRST_YEAR, _LAST_YEAR = 2000, 2100
"""Years of an honest case; at the edges of the calendar adding a day is an error."""
_KEY_LENGTHS: dict[str, range] = {
    "object": range(3, 4),
    "list": range(1, 2),
    "log": range(4, 5),
    "kept": range(2, 3),
    "events": range(2, 3),
    "endpoints": range(1),
    "command": range(3, 1000),
    "node": range(1, 2),
    "trial": range(2, 3),
}


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A member of the archive."""

    name: str
    data: bytes


class _Entry(msgspec.Struct):
    kind: PieceKind
    key: list[str]
    source: str = ""
    node: str = ""
    at: datetime = datetime(1970, 1, 1, tzinfo=UTC)


class _Evidence(_Entry):
    file: str = ""
    sha256: str = ""
    cut: bool = False
    command: str = ""
    status: int = 0
    errors: str = ""
    errors_sha256: str = ""


class _Unavailable(_Entry):
    error: str = ""
    why: str = ""
    next_step: str = ""


class _Manifest(msgspec.Struct):
    schema: str
    collected_at: datetime
    context: str = ""
    server: str = ""
    server_version: str = ""
    namespace: str = ""
    node_access: str = "ssh"
    reach: dict[str, str] = {}
    evidence: list[_Evidence] = []
    unavailable: list[_Unavailable] = []
    left_out: list[str] = []


# --- writing --------------------------------------------------------------------------------------------------------


def files_of(recording: Recording) -> dict[int, tuple[EvidenceFile, EvidenceFile | None]]:
    """The members of each piece that has an answer, by the piece's place: its data, and what it said beside it."""
    taken: set[str] = set()
    found: dict[int, tuple[EvidenceFile, EvidenceFile | None]] = {}
    for place, piece in enumerate(recording.pieces):
        if piece.failure is None:
            stem, ending = _name_of(piece, taken)
            errors = EvidenceFile(f"{stem}.stderr{ending}", piece.errors) if piece.errors else None
            found[place] = (EvidenceFile(f"{stem}{ending}", piece.data), errors)
    return found


def _name_of(piece: Piece, taken: set[str]) -> tuple[str, str]:
    """A readable name of its own: `evidence/nodes/worker-01/getenforce` and `.txt`."""
    match piece.kind:
        case "object":
            parts, ending = ["objects", *piece.key], ".json"
        case "events" | "endpoints":
            parts, ending = [piece.kind, *piece.key], ".json"
        case "trial":
            parts, ending = ["trials", *piece.key], ".json"
        case "log":
            parts, ending = ["logs", *piece.key], ".log"
        case "kept":
            parts, ending = ["logs", "kept", *piece.key], ".log"
        case _:
            parts, ending = ["nodes", *piece.key[:2]], ".txt"
    plain = [_UNUSUAL.sub("_", part)[:_LONGEST_NAME].strip(".") for part in parts if part]
    stem = f"evidence/{'/'.join(plain) if len(plain) > 1 else f'{plain[0]}/{plain[0]}'}"
    unique, number = stem, 1
    while unique in taken:
        number += 1
        unique = f"{stem}-{number}"
    taken.add(unique)
    return unique, ending


def manifest_of(
    recording: Recording, files: Mapping[int, tuple[EvidenceFile, EvidenceFile | None]], hidden: Sequence[Hidden]
) -> dict[str, object]:
    """The manifest as plain data."""
    pieces = list(enumerate(recording.pieces))
    return {
        "schema": SCHEMA,
        "cnitui": __version__,
        "collected_at": _stamp(recording.at),
        "context": recording.context,
        "server": recording.server,
        "server_version": recording.server_version,
        "namespace": recording.namespace,
        "node_access": recording.node_access,
        "reach": dict(recording.reach),
        "evidence": [_evidence(piece, *files[place]) for place, piece in pieces if place in files],
        "unavailable": [_missing(piece, piece.failure) for _, piece in pieces if piece.failure is not None],
        "left_out": list(recording.left_out),
        "redactions": [{"what": one.what, "count": one.count, "source": one.where} for one in hidden],
    }


def _entry(piece: Piece) -> dict[str, object]:
    return {
        "kind": piece.kind,
        "key": list(piece.key),
        "source": piece.source,
        "node": piece.node,
        "at": _stamp(piece.at),
    }


def _evidence(piece: Piece, data: EvidenceFile, errors: EvidenceFile | None) -> dict[str, object]:
    entry: dict[str, object] = {"file": data.name, "sha256": _digest(data.data), **_entry(piece), "cut": piece.cut}
    if piece.kind == "command":
        entry |= {"command": piece.command, "status": piece.status}
    if errors is not None:
        entry |= {"errors": errors.name, "errors_sha256": _digest(errors.data)}
    return entry


def _missing(piece: Piece, failure: Failure) -> dict[str, object]:
    return {**_entry(piece), "error": failure.error, "why": failure.what, "next_step": failure.next_step}


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# --- reading --------------------------------------------------------------------------------------------------------


def recording_of(members: Mapping[str, bytes], name: str, audit: bytes = b"") -> Recording:
    """The recording that a manifest and its members make; raises ConfigurationError naming `name` and the member."""
    manifest = _manifest(members, name)
    if not _FIRST_YEAR <= manifest.collected_at.year < _LAST_YEAR:
        raise ConfigurationError(f"{name}: {MANIFEST}: collected_at: expected a time of this century")
    for number, entry in enumerate((*manifest.evidence, *manifest.unavailable)):
        if len(entry.key) not in _KEY_LENGTHS[entry.kind]:
            raise ConfigurationError(f"{name}: {MANIFEST}: entry {number}: key: does not fit the kind {entry.kind}")
    pieces = [_piece(entry, members, name) for entry in manifest.evidence]
    pieces += [
        Piece(
            entry.kind,
            tuple(entry.key),
            entry.source,
            _utc(entry.at),
            entry.node,
            failure=Failure(entry.error, entry.why, entry.next_step),
        )
        for entry in manifest.unavailable
    ]
    return Recording(
        at=_utc(manifest.collected_at),
        context=manifest.context,
        server=manifest.server,
        server_version=manifest.server_version,
        namespace=manifest.namespace,
        node_access=manifest.node_access if manifest.node_access in ("ssh", "pod", "none") else "ssh",
        reach=MappingProxyType(manifest.reach),
        pieces=tuple(pieces),
        left_out=tuple(manifest.left_out),
        audit=audit,
    )


def _manifest(members: Mapping[str, bytes], name: str) -> _Manifest:
    if MANIFEST not in members:
        raise ConfigurationError(f"{name}: holds no {MANIFEST}", "A case file is what `cnitui collect` writes.")
    try:
        schema = msgspec.json.decode(members[MANIFEST], type=dict[str, object]).get("schema")
        if schema != SCHEMA:
            raise ConfigurationError(
                f"{name}: {MANIFEST}: schema: expected {SCHEMA}, got {str(schema)[:60]!r}",
                "A newer cnitui may be able to read it.",
            )
        return msgspec.json.decode(members[MANIFEST], type=_Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigurationError(f"{name}: {MANIFEST}: {str(error)[:300]}") from error


def _piece(entry: _Evidence, members: Mapping[str, bytes], name: str) -> Piece:
    return Piece(
        entry.kind,
        tuple(entry.key),
        entry.source,
        _utc(entry.at),
        entry.node,
        _proven(entry.file, entry.sha256, members, name),
        _proven(entry.errors, entry.errors_sha256, members, name) if entry.errors else b"",
        entry.status,
        entry.command,
        entry.cut,
    )


def _proven(member: str, digest: str, members: Mapping[str, bytes], name: str) -> bytes:
    data = members.get(member)
    if data is None:
        raise ConfigurationError(f"{name}: {member[:200]!r} is missing, which {MANIFEST} lists")
    if _digest(data) != digest:
        raise ConfigurationError(
            f"{name}: {member[:200]!r} is not what was collected: its checksum differs from the one in {MANIFEST}"
        )
    return data


def _utc(moment: datetime) -> datetime:
    """In UTC; a time at the very edge of the calendar stays as it is."""
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        return moment
