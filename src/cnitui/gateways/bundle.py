"""Case files on disk: one `.tar.gz` of a manifest, raw evidence, the diagnosis and our own audit lines.

Members: `manifest.json` (schema `cnitui/case/v1`: what, from where, when, what was unavailable, what was hidden),
`evidence/…`, `diagnosis.json` (`cnitui/diagnosis/v2`), `audit.jsonl`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from cnitui.background import in_daemon_thread
from cnitui.domain.facts import PodStatus
from cnitui.domain.recording import Hidden, Recording
from cnitui.errors import ServerFailure
from cnitui.gateways.archive import members_of, packed_archive
from cnitui.gateways.bundle_manifest import MANIFEST, files_of, manifest_of, recording_of
from cnitui.gateways.kubernetes.pods import pod_from_plain
from cnitui.gateways.placing import check_place, place
from cnitui.gateways.replay import ReplayCluster, ReplayShell

DIAGNOSIS, AUDIT = "diagnosis.json", "audit.jsonl"
LARGEST_AUDIT = 4 << 20


class Bundles:
    """Implements `engine.ports.CaseFiles`; `state_dir` holds the audit log."""

    def __init__(self, state_dir: Path) -> None:
        self._audit = state_dir / "audit.jsonl"

    def pod(self, document: Mapping[str, object]) -> PodStatus:
        """The fact of a pod; raises ServerFailure when the document is none."""
        try:
            return pod_from_plain(document)
        except (msgspec.MsgspecError, TypeError, ValueError) as error:
            raise ServerFailure(f"The server sent a pod that is none: {str(error)[:200]}") from error

    def replay(self, recording: Recording) -> tuple[ReplayCluster, ReplayShell | None]:
        """What answers from a recording."""
        shell = ReplayShell(recording) if recording.node_access != "none" else None
        return ReplayCluster(recording), shell

    def audit_lines(self, context: str) -> bytes:
        """The newest lines of one context; a log that cannot be read has none."""
        try:
            with self._audit.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - LARGEST_AUDIT))
                lines = file.read(LARGEST_AUDIT).splitlines()
        except OSError:
            return b""
        return b"".join(line + b"\n" for line in lines if _is_of(line, context))

    def check(self, path: Path, *, overwrite: bool) -> None:
        """Raise StateError when something is there already, or the folder is not."""
        check_place(path, overwrite=overwrite)

    async def write(
        self, path: Path, recording: Recording, diagnosis: str, hidden: Sequence[Hidden], *, overwrite: bool
    ) -> None:
        """Write the archive whole or not at all, for its owner only; raises StateError.

        Packing takes a second for each 50 MB and holds up neither the screens nor quit; nothing is on disk until then.
        """
        files = files_of(recording)
        manifest = manifest_of(recording, files, hidden)
        members = [
            (MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False).encode("utf-8", "replace")),
            (DIAGNOSIS, diagnosis.encode("utf-8", "replace")),
            (AUDIT, recording.audit),
            *((file.name, file.data) for pair in files.values() for file in pair if file is not None),
        ]
        packed = await in_daemon_thread(lambda: packed_archive(members, int(recording.at.timestamp())))
        place(path, packed, overwrite=overwrite)

    async def read(self, path: Path) -> Recording:
        """As `read_bundle`; unpacking holds up nobody."""
        return await in_daemon_thread(lambda: read_bundle(path))

    def write_bytes(self, path: Path, data: bytes, *, overwrite: bool) -> None:
        """Write it whole or not at all, for its owner only; raises StateError."""
        place(path, data, overwrite=overwrite)


def _is_of(line: bytes, context: str) -> bool:
    try:
        record = json.loads(line)
    except ValueError:
        return False
    return isinstance(record, dict) and record.get("context") == context


def read_bundle(path: Path, told: Callable[[str], None] | None = None) -> Recording:
    """The recording in a case file; `told` hears how far opening it is.

    Raises UsageError when the file cannot be read, ConfigurationError naming file and member when it is damaged, not
    ours, of a version we do not know, or larger than any honest case.
    """
    name = str(path)
    members = members_of(path, told)
    return recording_of(members, name, members.get(AUDIT, b""))
