"""What a command line is made of, once read."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Part:
    """A piece of a word: literal text, a variable, a command substitution, or a user's home (`~`, `~user`)."""

    kind: str
    text: str
    quoted: bool


Word = tuple[Part, ...]


@dataclass(frozen=True)
class Redirect:
    """`fd` to a file (`>`, `>>`, `<`), or to what another fd is (`&`)."""

    fd: int
    operator: str
    target: Word


@dataclass(frozen=True)
class Simple:
    """Assignments, words and redirections."""

    words: tuple[Word, ...]
    assignments: tuple[tuple[str, Word], ...] = ()
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True)
class Group:
    """`{ …; }` or `( … )`."""

    body: Sequence
    subshell: bool
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True)
class If:
    """`if … then … elif … else … fi`: (condition, body) pairs and the rest."""

    branches: tuple[tuple[Sequence, Sequence], ...]
    otherwise: Sequence | None
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True)
class For:
    """`for NAME in WORDS; do … done`."""

    name: str
    words: tuple[Word, ...]
    body: Sequence
    redirects: tuple[Redirect, ...] = ()


Command = Simple | Group | If | For


@dataclass(frozen=True)
class Pipeline:
    """Commands joined by `|`, perhaps negated."""

    commands: tuple[Command, ...]
    negated: bool = False


@dataclass(frozen=True)
class Sequence:
    """Pipelines with the operator before each: ``, `;`, `&&` or `||`."""

    items: tuple[tuple[str, Pipeline], ...] = field(default=())
