"""The `evidence` map of a recorded case (what a colleague copied from a terminal) to blocks.

Every field is optional and unknown names are welcome: text under a name nobody expected is still text. Only `evidence`
is read (or the bare map): a title or a conclusion that came along is somebody's opinion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from cnitui.domain.parsing.paste import Block, BlockKind, blocks_of, clean
from cnitui.errors import ConfigurationError

OPINIONS = frozenset({"title", "notes", "fix", "root_cause", "accepted_causes", "confidence"})
CIRCUMSTANCES = frozenset(
    {"id", "source", "date", "cni", "calico_version", "k8s_version", "distro", "install_method", "namespace",
     "failing_container"}
)  # fmt: skip
_EVIDENCE = frozenset({"pod_status", "describe", "events", "logs", "node", "reported"})
_DEEPEST = 12
_MODE = re.compile(r"\s*(enforcing|permissive|disabled)\b", re.IGNORECASE)
_COMMANDS = {"selinux_mode": "getenforce", "ls_lz": "", "df": "df", "mount": "mount", "findmnt": "findmnt"}


def evidence_of(document: object, name: str) -> Mapping[str, object]:
    """The evidence of a whole case document, or the bare map; raises ConfigurationError naming what was expected."""
    if not isinstance(document, Mapping):
        raise ConfigurationError(
            f"{name}: expected a map with `evidence`, found {_kind(document)}",
            "A case has the keys pod_status, describe, events, logs, node and reported, each optional",
        )
    if "evidence" in document:
        evidence = document["evidence"]
        if evidence is None:
            return {}
        if not isinstance(evidence, Mapping):
            raise ConfigurationError(f"{name}: evidence: expected a map, found {_kind(evidence)}")
        return {str(key): value for key, value in evidence.items()}
    return {str(key): value for key, value in document.items() if key not in OPINIONS | CIRCUMSTANCES}


def blocks_of_evidence(evidence: Mapping[str, object], name: str) -> tuple[Block, ...]:
    """The blocks of an evidence map; raises ConfigurationError naming the key of a wrong type."""
    return tuple(_blocks(evidence, name))


def _blocks(evidence: Mapping[str, object], name: str) -> Iterator[Block]:
    for key, value in evidence.items():
        if value is None:
            continue
        if key == "logs":
            for part, text in _map(value, "evidence.logs", name).items():
                yield from _log(part, text)
        elif key == "node":
            yield from (_node(part, text) for part, text in _map(value, "evidence.node", name).items())
        elif key in _KINDS:
            yield Block(_KINDS[key], clean(_text(value, f"evidence.{key}", name)), key)
        else:
            yield Block("words", clean(_text(value, f"evidence.{key}", name)), key)


_KINDS: dict[str, BlockKind] = {
    "pod_status": "pods",
    "describe": "describe",
    "events": "events",
    "reported": "words",
}


def _map(value: object, key: str, name: str) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"{name}: {key}: expected a map from a name to text, found {_kind(value)}")
    return {str(part): clean(_text(text, f"{key}.{part}", name)) for part, text in value.items() if text is not None}


def _log(part: str, text: str) -> Iterator[Block]:
    """A log, or what was typed into a shell: then each command has a block of its own."""
    blocks = blocks_of(text)
    if any(block.command for block in blocks):
        yield from (replace(block, origin=block.origin if block.command else part) for block in blocks)
    else:
        yield Block("log", text, part)


def _node(part: str, text: str) -> Block:
    if part == "selinux_mode":
        mode = _MODE.match({"false": "disabled", "true": ""}.get(text.lower(), text))
        words = mode[1].capitalize() if mode else f"SELinux is {text}"
        return Block("node", words, "node selinux_mode", "getenforce")
    return Block("node", text, f"node {part}", _COMMANDS.get(part, ""))


def _text(value: object, key: str, name: str, depth: int = 0) -> str:
    """Text, a list of texts or a nested map of texts, as lines."""
    if depth > _DEEPEST:
        raise ConfigurationError(f"{name}: {key}: expected text or a list of text, found {_DEEPEST} levels of nesting")
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        parts = ((str(part), _text(inner, f"{key}.{part}", name, depth + 1)) for part, inner in value.items())
        return "\n".join(f"{part}: {text}" for part, text in parts)
    if isinstance(value, list):
        return "\n".join(_text(item, f"{key}[{place}]", name, depth + 1) for place, item in enumerate(value))
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    raise ConfigurationError(f"{name}: {key}: expected text or a list of text, found {_kind(value)}")


def _kind(value: object) -> str:
    names = {"NoneType": "nothing", "list": "a list", "str": "text", "int": "a number", "float": "a number",
             "bool": "true or false", "dict": "a map", "bytes": "binary data"}  # fmt: skip
    return names.get(type(value).__name__, type(value).__name__)
