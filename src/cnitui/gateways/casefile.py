"""Case files and pasted text from disk (or standard input) to a case.

A case is one YAML document of what somebody copied from terminals; a paste is that text itself. Neither is trusted:
sizes are bounded, nothing is executed, and what cannot be used is refused with file, key and what was expected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from cnitui.domain.evidence import CaseFile
from cnitui.domain.facts import NodeStatus, PodStatus
from cnitui.domain.parsing.paste import blocks_of
from cnitui.domain.parsing.pasted import case_of
from cnitui.domain.parsing.recorded import blocks_of_evidence, evidence_of
from cnitui.errors import CnituiError, ConfigurationError, UsageError
from cnitui.gateways.documents import load_all_yaml, load_yaml
from cnitui.gateways.paste_input import Tell, file_text, piped_text

MOST_BYTES = 64 << 20
_BINARY_SHARE = 0.1


def read_case(path: Path) -> CaseFile:
    """The case in a YAML file; raises UsageError when it cannot be read, ConfigurationError when it is no case."""
    raw = _bytes_of(path)
    name = str(path)
    if not raw.strip():
        raise ConfigurationError(f"{name}: expected a case with `evidence`, found nothing", "The file is empty")
    document = load_yaml(_text(raw, name), name)
    evidence = evidence_of(document, name)
    return case_of(blocks_of_evidence(evidence, name), path.name, _objects_in)


def read_paste(path: Path | None, tell: Tell = lambda _: None) -> CaseFile:
    """The case in pasted terminal text; None reads standard input. `tell` hears what was left out or did not end."""
    raw = file_text(path, tell) if path is not None else piped_text(tell)
    name = str(path) if path is not None else "standard input"
    if not raw.strip():
        raise ConfigurationError(
            f"{name}: expected terminal output, found nothing", "Paste the failing container's log"
        )
    return paste_case(_text(raw, name), path.name if path is not None else "pasted text")


def paste_case(text: str, source: str = "pasted text") -> CaseFile:
    """The case in a text."""
    return case_of(blocks_of(text), source, _objects_in)


def _bytes_of(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ConfigurationError(f"{path}: expected at most {MOST_BYTES >> 20} MiB")
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UsageError(f"{path} cannot be read: {reason}") from error


def _text(raw: bytes, name: str) -> str:
    """UTF-8 or UTF-16 text; broken characters are replaced, binary data is refused."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    sample = raw[:65536]
    if sample.count(0) > len(sample) * _BINARY_SHARE or raw[:4] in (b"\x1f\x8b\x08\x00", b"PK\x03\x04", b"\x7fELF"):
        raise ConfigurationError(f"{name}: expected text, found binary data")
    return raw.decode("utf-8", "replace").replace("\x00", "")


def _objects_in(text: str) -> Sequence[PodStatus | NodeStatus]:
    """The pods and nodes in a pasted YAML or JSON document; what is cut off or foreign gives none."""
    from cnitui.gateways.kubernetes.nodes import node_from_plain
    from cnitui.gateways.kubernetes.pods import pod_from_plain

    try:
        documents = load_all_yaml(text)
        plain = [item for document in documents for item in _items(document)]
        pods = [pod_from_plain(item) for item in plain if item.get("kind") in ("Pod", None) and "spec" in item]
        return [*pods, *(node_from_plain(item) for item in plain if item.get("kind") == "Node" and "status" in item)]
    except (CnituiError, ValueError):
        return ()


def _items(document: object) -> list[Mapping[str, object]]:
    if not isinstance(document, Mapping):
        return []
    items = document.get("items")
    if isinstance(items, list):
        return [item for item in items if isinstance(item, Mapping)]
    return [document]
