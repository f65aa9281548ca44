"""What a command gets: arguments, input, where to write, and the node it runs on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnitui.lab.machine.node import Node
    from cnitui.lab.shell.evaluate import Shell
    from cnitui.lab.world import World

Sink = Callable[[str], None]


@dataclass
class Session:
    """Who is logged in where; variables live here."""

    world: World
    node: Node
    user: str
    variables: dict[str, str] = field(default_factory=dict)
    arguments: list[str] = field(default_factory=list)
    status: int = 0
    directory: str = ""
    name: str = "bash"
    """What `$0` is."""

    @property
    def root(self) -> bool:
        return self.user == "root"

    @property
    def uid(self) -> int:
        return {"root": 0, "vagrant": 1000}.get(self.user, 1001)

    def copy(self, user: str = "") -> Session:
        """A subshell, or another user's shell."""
        return Session(
            self.world, self.node, user or self.user, dict(self.variables), list(self.arguments), self.status,
            self.directory, self.name,
        )  # fmt: skip


@dataclass
class Invocation:
    """One run of one command."""

    session: Session
    arguments: list[str]
    stdin: str
    out: Sink
    err: Sink
    shell: Shell

    @property
    def node(self) -> Node:
        return self.session.node

    @property
    def world(self) -> World:
        return self.session.world

    def line(self, text: str) -> None:
        """One line of output."""
        self.out(text + "\n")

    def complain(self, text: str) -> None:
        """One line of error output, after the command's name."""
        self.err(f"{self.arguments[0].rsplit('/', 1)[-1]}: {text}\n")

    def options(
        self, with_value: str = "", *, long_with_value: tuple[str, ...] = ()
    ) -> tuple[dict[str, str], list[str]]:
        """Flags and operands, getopt's way: letters may be joined; `with_value` lists those that take one.

        Long options are keyed without dashes and may carry `=value`.
        """
        flags: dict[str, str] = {}
        operands: list[str] = []
        rest = list(self.arguments[1:])
        while rest:
            argument = rest.pop(0)
            if argument == "--":
                return flags, operands + rest
            if argument.startswith("--"):
                name, equals, value = argument[2:].partition("=")
                flags[name] = rest.pop(0) if not equals and name in long_with_value and rest else value
            elif argument.startswith("-") and len(argument) > 1:
                _letters(argument[1:], with_value, flags, rest)
            else:
                operands.append(argument)
        return flags, operands


def _letters(letters: str, with_value: str, flags: dict[str, str], rest: list[str]) -> None:
    while letters:
        letter, letters = letters[0], letters[1:]
        if letter in with_value:
            flags[letter] = letters or (rest.pop(0) if rest else "")
            return
        flags[letter] = ""


Builtin = Callable[[Invocation], int | Awaitable[int]]
