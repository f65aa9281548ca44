"""The part of a long ssh configuration that may concern one host.

asyncssh reads the whole file for every host, 45 ms for a thousand Host blocks: most of a minute for a thousand nodes.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

_WORTH_IT = 40
"""Host blocks; below, reading all of them costs less than writing a part."""

_HOST = re.compile(r"\s*host(?:\s*=\s*|\s+)(.*)", re.IGNORECASE)
_CONDITION = re.compile(r"\s*(?:match|include)\b", re.IGNORECASE)

Block = tuple[tuple[str, ...], tuple[str, ...]]
"""Patterns of a Host line (none before the first), and its lines with that one."""


class ConfigParts:
    """A configuration file split into its Host blocks, once; blocking.

    With Match or Include in it the file is used whole: what they mean is asyncssh's business.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._blocks: tuple[Block, ...] | None = None

    @contextmanager
    def file_for(self, host: str) -> Iterator[Path]:
        """A file that says the same about this host; raises OSError when the configuration cannot be read."""
        blocks = self._split()
        if len(blocks) < _WORTH_IT:
            yield self._path
            return
        with tempfile.NamedTemporaryFile("w", prefix="cnitui-ssh-", encoding="utf-8", errors="surrogateescape") as part:
            part.write("\n".join(line for patterns, lines in blocks if _may_match(patterns, host) for line in lines))
            part.flush()
            yield Path(part.name)

    def _split(self) -> tuple[Block, ...]:
        if self._blocks is None:
            lines = self._path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
            conditional = any(_CONDITION.match(line) for line in lines)
            self._blocks = () if conditional else tuple(_blocks(lines))
        return self._blocks


def _blocks(lines: list[str]) -> Iterator[Block]:
    patterns: tuple[str, ...] = ()
    block: list[str] = []
    for line in lines:
        host = _HOST.fullmatch(line)
        if host:
            yield patterns, tuple(block)
            patterns, block = tuple(host[1].replace('"', " ").replace(",", " ").split()), []
        block.append(line)
    yield patterns, tuple(block)


def _may_match(patterns: tuple[str, ...], host: str) -> bool:
    """Rather too often than not often enough: asyncssh looks at the Host line again."""
    return not patterns or any(_could_be(pattern, host) for pattern in patterns)


def _could_be(pattern: str, host: str) -> bool:
    if "*" not in pattern and "?" not in pattern:
        return pattern.removeprefix("!") == host
    return "[" in pattern or fnmatchcase(host, pattern.removeprefix("!"))
