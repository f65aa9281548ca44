"""patch-manifest: gives install-cni its one missing line in a manifest file, and keeps every other byte.

The text is edited where the parser says that the container stands, never printed anew, so comments, order, quoting,
line ends and a missing last newline stay. Each edit is proven: the documents are read again and must differ from before
in exactly that one value; what cannot be proven is refused.
"""

from __future__ import annotations

import difflib
import json
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from cnitui.errors import ConfigurationError, StateError
from cnitui.gateways.documents import load_all_yaml
from cnitui.gateways.manifest_search import Found, Where, at, find
from cnitui.gateways.manifest_text import splices
from cnitui.late_dataclass import dataclass

INSTALL_CNI = "install-cni"
STDIN = Path("-")
BOM = "\ufeff"
SETTING: Where = ("securityContext", "privileged")


@dataclass(frozen=True, slots=True)
class ManifestEdit:
    """The edited text, what was changed in words (empty: nothing had to be), and why."""

    text: str
    changes: tuple[str, ...]
    why: str
    original: str

    @property
    def changed(self) -> bool:
        """Whether a change is due."""
        return bool(self.changes)

    @property
    def data(self) -> bytes:
        """The edited file's bytes."""
        return self.text.encode()

    def diff(self, name: str = "manifest") -> str:
        """Unified diff with its line ends, "" when nothing changed."""
        old, new = (text.splitlines(keepends=True) for text in (self.original, self.text))
        lines = difflib.unified_diff(old, new, name, f"{name} (patched)")
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def plan_edit(text: str | bytes, name: str = "manifest", container: str = INSTALL_CNI) -> ManifestEdit:
    """The edit that makes the container privileged in every DaemonSet of a manifest; pure.

    Raises ConfigurationError naming file and line when it is no manifest, has no such container, or cannot be edited
    without changing something else.
    """
    original = _decoded(text, name)
    mark, body = (BOM, original[1:]) if original.startswith(BOM) else ("", original)
    changes: list[str] = []
    documents = load_all_yaml(body, name)
    found = find(body, documents, name, container)
    for position, target in enumerate(found):
        if at(documents, (*target.path, *SETTING)) is True:
            continue
        here = find(body, documents, name, container)[position] if changes else target
        body, documents = _edited(body, documents, name, here)
        changes.append(f"{target.daemonset}: {container} (line {target.node.line}) gets privileged: true")
    already = f"{container} is privileged already in {', '.join(target.daemonset for target in found)}"
    return ManifestEdit(mark + body, tuple(changes), "; ".join(changes) or already, original)


def _decoded(text: str | bytes, name: str) -> str:
    if isinstance(text, str):
        return text
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{name}: not UTF-8 text (byte {error.start})", "Convert it to UTF-8.") from error


def _edited(body: str, documents: list[object], name: str, target: Found) -> tuple[str, list[object]]:
    """The text after the first edit of one container that is proven to do what it should, and what it means."""
    _require_own(target, name)
    expected = with_value(documents, (*target.path, *SETTING), value=True)
    assert isinstance(expected, list)
    for splice in splices(body, target.node):
        candidate = body[: splice.start] + splice.text + body[splice.end :]
        if _proven(candidate, body, expected):
            return candidate, expected
    what = f"{name}: line {target.node.line}: cannot add the line there without changing something else"
    raise ConfigurationError(what, "Add securityContext.privileged: true by hand.")


def _require_own(target: Found, name: str) -> None:
    shared = next((node for node in target.trail if node.shared), None)
    if shared is not None:
        what = f"{name}: line {shared.line}: an alias uses this part of the container elsewhere too"
        raise ConfigurationError(what, "An edit would change both: write the part out, then patch again.")


def _proven(candidate: str, body: str, expected: object) -> bool:
    try:
        if load_all_yaml(candidate) != expected:
            return False
    except ConfigurationError:
        return False
    return not _is_json(body) or _is_json(candidate)


def _is_json(text: str) -> bool:
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def with_value(document: object, path: Where, *, value: object) -> object:
    """A copy in which the path has the value; only what is on the path is copied, so an alias stays as it was."""
    if not path:
        return value
    key, rest = path[0], path[1:]
    if isinstance(document, list) and isinstance(key, int):
        return [with_value(item, rest, value=value) if i == key else item for i, item in enumerate(document)]
    known = document if isinstance(document, Mapping) else {}
    return {**known, key: with_value(known.get(key), rest, value=value)}


# --- files ------------------------------------------------------------------------------------------------------------


def read_manifest(path: Path) -> bytes:
    """The file's bytes, `-` being standard input; raises ConfigurationError."""
    try:
        return sys.stdin.buffer.read() if path == STDIN else path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from error


def write_manifest(path: Path, data: bytes) -> None:
    """Replace the file whole or not at all, keeping its mode and what a link points to; raises StateError."""
    target = path.resolve()
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        mode = target.stat().st_mode & 0o7777 if target.exists() else None
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            draft.chmod(mode)
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StateError(f"{path}: cannot be written: {error.strerror}", "The file is as it was.") from error
