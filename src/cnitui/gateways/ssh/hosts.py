"""Which host a node is reached at, and which Host blocks of the user's ssh configuration speak of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from cnitui.domain.facts import NodeStatus

ADDRESS_TYPES = ("InternalIP", "Hostname", "ExternalIP")
"""In the order in which we try them."""

_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.:%-]{0,251}[A-Za-z0-9_])?|[A-Za-z0-9_:][A-Za-z0-9_.:%-]{0,252}")
_HOST_LINE = re.compile(r"\s*(?P<key>host|include|match)(?:\s*=\s*|\s+)(?P<rest>.*)", re.IGNORECASE)
_MOST_INCLUDES = 64
_LARGEST_FILE = 4_000_000


def safe_host(text: str) -> bool:
    """Whether a name or address from the cluster may be handed to ssh: no blank, no option, no shell character."""
    return _HOST.fullmatch(text) is not None


def host_blocks(path: Path) -> tuple[tuple[str, ...], ...]:
    """The pattern lists of all Host lines, those of included files too; () when there is no such file."""
    return tuple(_host_lines(path, [path]))


def _host_lines(path: Path, seen: list[Path]) -> Iterator[tuple[str, ...]]:
    for line in _lines(path):
        match = _HOST_LINE.fullmatch(line)
        if match is None:
            continue
        words = tuple(match["rest"].replace('"', " ").split())
        if match["key"].lower() == "host":
            yield words
        elif match["key"].lower() == "include":
            for pattern in words:
                yield from _included(pattern, seen)


def _included(pattern: str, seen: list[Path]) -> Iterator[tuple[str, ...]]:
    path = Path(pattern).expanduser()
    folder = Path(path.anchor) if path.anchor else Path("~/.ssh").expanduser()
    for file in sorted(folder.glob(str(path.relative_to(path.anchor)) if path.anchor else pattern)):
        if file not in seen and len(seen) < _MOST_INCLUDES:
            seen.append(file)
            yield from _host_lines(file, seen)


def _lines(path: Path) -> list[str]:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            return []
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def names_host(patterns: tuple[str, ...], name: str) -> bool:
    """Whether a Host line means this very name: some pattern other than `*` matches and no negated one does."""
    refused = any(fnmatchcase(name, pattern[1:]) for pattern in patterns if pattern.startswith("!"))
    wanted = any(fnmatchcase(name, pattern) for pattern in patterns if pattern.strip("*"))
    return wanted and not refused


class HostMap:
    """From a node to the name that ssh is given.

    A Host block (other than `*`) that matches the node's name wins; then the configuration's map, exact names before
    patterns, `{name}` in its values standing for the node's name; then the node's addresses.
    """

    def __init__(self, blocks: tuple[tuple[str, ...], ...] = (), hosts: Mapping[str, str] | None = None) -> None:
        plain = [patterns for patterns in blocks if not any(set("*?![") & set(pattern) for pattern in patterns)]
        self._named = frozenset(name for patterns in plain for name in patterns)
        """Names that a Host line gives literally: thousands of nodes often have a block each."""
        self._blocks = tuple(patterns for patterns in blocks if not self._named.issuperset(patterns))
        self._hosts = dict(hosts or {})

    def host_of(self, node: NodeStatus) -> str:
        """The name or address for ssh; "" when there is none that is safe to use."""
        return next((host for host in self._candidates(node) if safe_host(host)), "")

    def _candidates(self, node: NodeStatus) -> Iterator[str]:
        if node.name in self._named or any(names_host(patterns, node.name) for patterns in self._blocks):
            yield node.name
        mapped = self._hosts.get(node.name) or self._by_pattern(node.name)
        if mapped:
            yield mapped.replace("{name}", node.name)
        yield from (node.addresses[kind] for kind in ADDRESS_TYPES if kind in node.addresses)

    def _by_pattern(self, name: str) -> str:
        return next((host for pattern, host in self._hosts.items() if fnmatchcase(name, pattern)), "")
