"""Many commands in one exec request: a POSIX shell script, and its output taken apart again.

The script goes to the standard input of a plain `sh`, so the login shell (fish, csh) never reads it. Each command runs
between two marks on both streams; the marks carry a random word, so that banners, messages of the day and whatever
profiles print are told from answers.
"""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field

from cnitui.domain.exchange import CommandOutput, NodeCommand
from cnitui.domain.node_script import PREAMBLE, TIMED_OUT

SHELL = "sh"
"""What is executed: no path, because a restricted shell refuses one."""

_LONGEST_MARK = 64
_NOISE_KEPT = 400
_WHO = """\
u=$(id -u); if [ "$u" = 0 ]; then s=; else s='sudo -n'; fi
printf '\\n%s U %s\\n' {word} "$u"
"""
_COMMAND = """\
printf '\\n%s B %s\\n' {word} {index}; printf '\\n%s B %s\\n' {word} {index} >&2
$t {sudo}{command} </dev/null
e=$?; printf '\\n%s E %s %s\\n' {word} {index} "$e"; printf '\\n%s E %s %s\\n' {word} {index} "$e" >&2
"""


def new_word() -> str:
    """A word that no output of a node can contain by accident."""
    return f"cnitui-{secrets.token_hex(8)}"


def script_of(commands: Sequence[NodeCommand], word: str, seconds: int, *, until_failure: bool = False) -> str:
    """The script that runs the commands in order, each with its own time limit where the node has timeout(1).

    timeout stands before sudo, not behind it: sudoers may allow just the one command. The braces make the shell read
    all of it before it runs any of it, so that a script that arrives in part does nothing.
    """
    parts = [PREAMBLE.format(seconds=seconds), _WHO.format(word=word)]
    for index, command in enumerate(commands):
        sudo = "$s " if command.root else ""
        parts.append(_COMMAND.format(word=word, index=index, sudo=sudo, command=shlex.join(command.argv)))
        parts.append('[ "$e" = 0 ] || exit 0\n' if until_failure else "")
    script = "".join(parts)
    return f"{{\n{script}}}\n" if until_failure else script


@dataclass(slots=True)
class _Text:
    """Output with a bound: the beginning and the end are kept, what is between is counted."""

    limit: int
    head: bytearray = field(default_factory=bytearray)
    tail: bytearray = field(default_factory=bytearray)
    size: int = 0

    def add(self, data: bytes) -> None:
        self.size += len(data)
        room = self.limit // 2 - len(self.head)
        self.head += data[: max(room, 0)]
        self.tail += data[max(room, 0) :]
        if len(self.tail) > self.limit:
            del self.tail[: len(self.tail) - self.limit // 2]

    @property
    def cut(self) -> bool:
        return self.size > self.limit

    def text(self) -> str:
        """As text; a cut falls between lines, so that no half line is taken for a whole one."""
        if not self.cut:
            return (self.head + self.tail).decode("utf-8", "replace")
        head = self.head[: self.head.rfind(b"\n") + 1]
        tail = self.tail[-(self.limit // 2) :]
        return (head + tail[tail.find(b"\n") + 1 :]).decode("utf-8", "replace")


@dataclass(slots=True)
class _Answer:
    """Both streams of one command and its status, once its last mark was seen."""

    stdout: _Text
    stderr: _Text
    status: int | None = None
    ends: int = 0


class _Stream:
    """One of the two streams: cuts the marks out of the bytes and hands the rest to whoever is between them."""

    def __init__(self, word: str, texts: Sequence[_Text], ended: Sequence[_Answer]) -> None:
        self._mark = f"\n{word} ".encode()
        self._texts = texts
        self._answers = ended
        self._current: _Text | None = None
        self._pending = b""
        self.noise = _Text(_NOISE_KEPT)
        self.user: str | None = None

    def feed(self, data: bytes) -> None:
        self._pending += data
        while True:
            start = self._pending.find(self._mark)
            if start < 0:
                return self._pass_on(max(0, len(self._pending) - len(self._mark) + 1))
            self._pass_on(start)
            end = self._pending.find(b"\n", len(self._mark), len(self._mark) + _LONGEST_MARK)
            if end < 0:
                return None
            self._obey(self._pending[len(self._mark) : end].decode("ascii", "replace").split())
            self._pending = self._pending[end + 1 :]

    def finish(self) -> None:
        """The stream has ended: pass on what was held back."""
        self._pass_on(len(self._pending))

    def _pass_on(self, length: int) -> None:
        (self._current or self.noise).add(self._pending[:length])
        self._pending = self._pending[length:]

    def _obey(self, words: Sequence[str]) -> None:
        kind, *rest = words or ("",)
        if kind == "U":
            self.user = rest[0] if rest else ""
        elif kind == "B" and rest and rest[0].isdigit() and int(rest[0]) < len(self._texts):
            self._current = self._texts[int(rest[0])]
        elif kind == "E" and len(rest) == 2 and rest[0].isdigit() and int(rest[0]) < len(self._answers):
            self._current = None
            answer = self._answers[int(rest[0])]
            answer.status = int(rest[1]) if rest[1].isdigit() else 1
            answer.ends += 1


class Batch:
    """The outputs of one script as they arrive: `feed` bytes, then ask which commands have answered."""

    def __init__(self, commands: Sequence[NodeCommand], word: str, limit: int) -> None:
        self.commands = tuple(commands)
        self._answers = [_Answer(_Text(limit), _Text(limit)) for _ in commands]
        self._out = _Stream(word, [answer.stdout for answer in self._answers], self._answers)
        self._err = _Stream(word, [answer.stderr for answer in self._answers], self._answers)

    def feed(self, data: bytes, *, error: bool) -> None:
        """Take bytes of standard output, or of standard error."""
        (self._err if error else self._out).feed(data)

    def end(self) -> None:
        """No more bytes will come: what was held back as the possible start of a mark is text."""
        self._out.finish()
        self._err.finish()

    @property
    def started(self) -> bool:
        """Whether a shell has answered at all."""
        return self._out.user is not None

    @property
    def answered(self) -> int:
        """How many commands are complete on both streams, in order."""
        return next((index for index, answer in enumerate(self._answers) if answer.ends < 2), len(self._answers))

    @property
    def received(self) -> int:
        """Bytes of the command that is running now."""
        if self.answered == len(self._answers):
            return 0
        running = self._answers[self.answered]
        return running.stdout.size + running.stderr.size

    @property
    def noise(self) -> str:
        """What was said outside the marks: banners, or why there is no shell."""
        return " ".join(f"{self._out.noise.text()} {self._err.noise.text()}".split())

    def outputs(self) -> tuple[CommandOutput, ...]:
        """The complete ones."""
        return tuple(self._output(index) for index in range(self.answered))

    def given_up(self, why: str, *, truncated: bool = False) -> CommandOutput:
        """The command that was running when we stopped waiting, with what it had said until then."""
        self.end()
        partial = self._output(self.answered)
        said = partial.stderr if truncated else f"{partial.stderr}{why}\n"
        return CommandOutput(
            partial.name, partial.command, partial.stdout, said, TIMED_OUT, truncated or partial.truncated
        )

    def _output(self, index: int) -> CommandOutput:
        command, answer = self.commands[index], self._answers[index]
        status = TIMED_OUT if answer.status is None else answer.status
        return CommandOutput(
            name=command.name,
            command=self._line(command),
            stdout=answer.stdout.text(),
            stderr=answer.stderr.text(),
            status=status,
            truncated=answer.stdout.cut or answer.stderr.cut,
        )

    def _line(self, command: NodeCommand) -> str:
        sudo = ("sudo", "-n") if command.root and self._out.user != "0" else ()
        return shlex.join((*sudo, *command.argv))
