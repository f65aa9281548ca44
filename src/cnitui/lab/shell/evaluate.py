"""Runs a parsed command line on a node."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnitui.lab.machine.files import tidy
from cnitui.lab.shell.invocation import Invocation, Session, Sink
from cnitui.lab.shell.lexer import ShellSyntaxError
from cnitui.lab.shell.parser import parse
from cnitui.lab.shell.syntax import Command, For, Group, If, Part, Pipeline, Redirect, Sequence, Simple, Word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnitui.lab.shell.invocation import Builtin

_GLOB = re.compile(r"[*?\[]")


class Exit(Exception):
    """The shell ends with a status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass
class Shell:
    """A shell process: a session, the commands it knows, and its three streams."""

    session: Session
    commands: Mapping[str, Builtin]
    out: Sink
    err: Sink
    stdin: str = ""
    _substituted: int | None = None

    async def run(self, source: str) -> int:
        """The exit status of a script; syntax errors are 2, as in bash."""
        try:
            return await self.sequence(parse(source))
        except ShellSyntaxError as error:
            self.err(f"bash: -c: line 1: {error}\n")
            return 2
        except Exit as done:
            return done.status

    def _with(self, *, out: Sink | None = None, err: Sink | None = None, stdin: str | None = None) -> Shell:
        fresh = Shell(self.session, self.commands, out or self.out, err or self.err)
        fresh.stdin = self.stdin if stdin is None else stdin
        return fresh

    async def sequence(self, sequence: Sequence) -> int:
        """A list: `;`, `&&` and `||` decide what runs."""
        status = self.session.status
        for operator, pipeline in sequence.items:
            if (operator == "&&" and status != 0) or (operator == "||" and status == 0):
                continue
            status = await self._pipeline(pipeline)
            self.session.status = status
        return status

    async def _pipeline(self, pipeline: Pipeline) -> int:
        text, status = self.stdin, 0
        for place, command in enumerate(pipeline.commands):
            last = place == len(pipeline.commands) - 1
            held: list[str] = []
            shell = self._with(out=None if last else held.append, stdin=text)
            if len(pipeline.commands) > 1:
                shell.session = self.session.copy()
            status = await shell.command(command)
            text = "".join(held)
        return int(status == 0) if pipeline.negated else status

    async def command(self, command: Command) -> int:
        """Any one command, its redirections in place."""
        shell = await self._redirected(command.redirects)
        if shell is None:
            return 1
        match command:
            case Simple():
                return await shell.simple(command)
            case Group():
                return await shell.group(command)
            case If():
                return await shell.branch(command)
            case For():
                return await shell.loop(command)

    async def group(self, group: Group) -> int:
        """`{ …; }` here, `( … )` in a copy."""
        if not group.subshell:
            return await self.sequence(group.body)
        inner = self._with()
        inner.session = self.session.copy()
        try:
            return await inner.sequence(group.body)
        except Exit as done:
            return done.status

    async def branch(self, command: If) -> int:
        """if."""
        for condition, body in command.branches:
            if await self.sequence(condition) == 0:
                return await self.sequence(body)
        return await self.sequence(command.otherwise) if command.otherwise else 0

    async def loop(self, command: For) -> int:
        """for."""
        status = 0
        for value in await self._expand(command.words):
            self.session.variables[command.name] = value
            status = await self.sequence(command.body)
        return status

    # --- redirections --------------------------------------------------------------------------------------------

    async def _redirected(self, redirects: tuple[Redirect, ...]) -> Shell | None:
        shell = self._with()
        others: dict[str, Sink] = {}
        for redirect in redirects:
            target = (await self._expand((redirect.target,)) or [""])[0]
            if redirect.operator == ">&":
                sink = {"1": shell.out, "2": shell.err, **others}.get(target, _nowhere)
                if redirect.fd > 2:
                    others[str(redirect.fd)] = sink
                    continue
                shell.out, shell.err = (sink, shell.err) if redirect.fd == 1 else (shell.out, sink)
            elif redirect.operator == "<":
                text = "" if target == "/dev/null" else self._input(target)
                if text is None:
                    return None
                shell.stdin = text
            elif redirect.operator == "&>":
                shell.out = shell.err = self._file(target, append=False)
            else:
                sink = self._file(target, append=redirect.operator == ">>")
                shell.out, shell.err = (sink, shell.err) if redirect.fd == 1 else (shell.out, sink)
        return shell

    def _input(self, path: str) -> str | None:
        entry = self.session.node.files.get(path)
        if entry is None:
            self.err(f"bash: line 1: {path}: No such file or directory\n")
            return None
        return entry.content or ""

    def _file(self, path: str, *, append: bool) -> Sink:
        if path == "/dev/null":
            return _nowhere
        files = self.session.node.files
        now = self.session.world.clock.now()
        entry = files.get(path)
        if entry is None:
            entry = files.file(tidy(path), content="", modified=now)
        held = (entry.content or "") if append else ""
        entry.content, entry.size = held, len(held)

        def write(text: str) -> None:
            entry.content = (entry.content or "") + text
            entry.size = len(entry.content.encode())

        return write

    # --- simple commands -----------------------------------------------------------------------------------------

    async def simple(self, command: Simple) -> int:
        """Assignments and a command."""
        values = {name: "".join(await self._expand((word,), split=False)) for name, word in command.assignments}
        arguments = await self._expand(command.words)
        if not arguments:
            self.session.variables |= values
            if self._substituted is not None:
                return self._substituted
            return self.session.status if command.words else 0
        held = dict(self.session.variables)
        self.session.variables |= values
        try:
            return await self.call(arguments)
        finally:
            if values:
                self.session.variables = {**self.session.variables, **{k: held.get(k, "") for k in values}}

    async def call(self, arguments: list[str]) -> int:
        """Runs one command; 127 with bash's words when there is none."""
        name = arguments[0]
        found = self.find(name)
        if found is None:
            kind = "No such file or directory" if "/" in name else "command not found"
            self.err(f"bash: line 1: {name}: {kind}\n")
            return 127
        invocation = Invocation(self.session, arguments, self.stdin, self.out, self.err, self)
        result = found(invocation)
        return await result if inspect.isawaitable(result) else result

    def find(self, name: str) -> Builtin | None:
        """A command by name or by the path of a system directory."""
        head, _, base = name.rpartition("/")
        if head and head not in ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin"):
            return None
        if base in self.session.node.missing_commands:
            return None
        return self.commands.get(base)

    # --- words ---------------------------------------------------------------------------------------------------

    async def _expand(self, words: tuple[Word, ...], *, split: bool = True) -> list[str]:
        found: list[str] = []
        for word in words:
            fields = await self._fields(word, split=split)
            for text, plain in fields:
                matches = self._glob(text) if plain and split else []
                found += matches or [text]
        return found

    async def _fields(self, word: Word, *, split: bool) -> list[tuple[str, bool]]:
        """The fields a word becomes; the flag says that it holds unquoted glob characters."""
        fields: list[list[object]] = []
        current, plain, exists, arguments = "", False, False, False
        for part in word:
            if part.quoted and part.kind == "variable" and part.text == "@":
                fields += [[current + argument, plain] for argument in self.session.arguments[:1]]
                fields += [[argument, False] for argument in self.session.arguments[1:]]
                current, plain, arguments = "", False, True
                continue
            text = await self._part(part)
            exists = exists or part.quoted or bool(text)
            if part.quoted or part.kind == "text" or not split:
                current += text
                plain = plain or (not part.quoted and bool(_GLOB.search(text)))
                continue
            pieces = re.split(r"[ \t\n]+", text)
            for place, piece in enumerate(pieces):
                if place:
                    if current:
                        fields.append([current, plain])
                    current, plain = "", False
                current += piece
        if current or (exists and not arguments and any(part.quoted for part in word)):
            fields.append([current, plain])
        return [(str(text), bool(flag)) for text, flag in fields]

    def _home(self, user: str) -> str:
        user = user or self.session.user
        return "/root" if user == "root" else f"/home/{user}"

    async def _part(self, part: Part) -> str:
        if part.kind == "text":
            return part.text
        if part.kind == "home":
            return self._home(part.text)
        if part.kind == "variable":
            return self._variable(part.text)
        held: list[str] = []
        inner = self._with(out=held.append)
        inner.session = self.session.copy()
        self._substituted = await inner.run(part.text)
        return "".join(held).rstrip("\n")

    def _variable(self, name: str) -> str:
        name, colon, fallback = name.partition(":-")
        session = self.session
        if name == "?":
            return str(session.status)
        if name == "#":
            return str(len(session.arguments))
        if name in ("@", "*"):
            return " ".join(session.arguments)
        if name.isdigit():
            place = int(name)
            value = session.name if place == 0 else "".join(session.arguments[place - 1 : place])
        else:
            value = session.variables.get(name, "")
        return value or (fallback if colon else "")

    def _glob(self, pattern: str) -> list[str]:
        if not pattern.startswith("/"):
            return []
        import fnmatch

        depth = pattern.count("/")
        paths = (path for path in self.session.node.files.entries if path.count("/") == depth)
        hidden = "/." in pattern
        return sorted(p for p in paths if fnmatch.fnmatchcase(p, pattern) and (hidden or "/." not in p))


def _nowhere(_text: str) -> None:
    """/dev/null."""
