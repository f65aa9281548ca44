"""Commands of a node as one script for sh, and its output, which a pod's log has as one stream, taken apart again."""

from __future__ import annotations

import re
import secrets
import shlex
from collections.abc import Sequence

from cnitui.domain.exchange import CommandOutput, NodeCommand
from cnitui.domain.node_script import PREAMBLE, TIMED_OUT

COMMAND_SECONDS = 20
_COMMAND = """\
printf '\\n{word} B {index}\\n'
e=$($t {command} </dev/null 3>&1 1>&2 2>&3 3>&-); s=$?
printf '\\n{word} R {index}\\n%s\\n{word} E {index} %s\\n' "$e" "$s"
"""


def new_word() -> str:
    """A word that no output of a node can contain by accident."""
    return f"cnitui-{secrets.token_hex(8)}"


def script_of(
    commands: Sequence[NodeCommand], word: str, seconds: int = COMMAND_SECONDS, *, until_failure: bool = False
) -> str:
    """The script that runs the commands in order, as root.

    A pod's log does not tell standard error from standard output, and does not keep the order of the two. So all goes
    to one of them, and what a command says on standard error is held back until its end, between marks of its own.
    """
    after = '[ "$s" = 0 ] || exit 0\n' if until_failure else ""
    parts = [_COMMAND.format(word=word, index=i, command=shlex.join(one.argv)) for i, one in enumerate(commands)]
    return f"{{\n{PREAMBLE.format(seconds=seconds)}{after.join(parts)}}} 2>&1\n"


def outputs_of(commands: Sequence[NodeCommand], word: str, text: str) -> tuple[CommandOutput, ...]:
    """What each command said; those that the log does not hold to their end were not answered.

    A word of the log that looks like a mark but carries another word is text.
    """
    answers = {int(found["index"]): found for found in _pattern(word).finditer(text)}
    return tuple(_output(command, answers.get(index)) for index, command in enumerate(commands))


def answered_of(commands: Sequence[NodeCommand], word: str, text: str) -> tuple[CommandOutput, ...]:
    """What the commands said that have ended, in their order."""
    ended = {int(found["index"]) for found in _pattern(word).finditer(text)}
    outputs = outputs_of(commands, word, text)
    return tuple(output for index, output in enumerate(outputs) if index in ended)


def _pattern(word: str) -> re.Pattern[str]:
    mark = re.escape(word)
    begin, middle = rf"\n{mark} B (?P<index>\d+)\n", rf"\n{mark} R (?P=index)\n"
    end = rf"\n?{mark} E (?P=index) (?P<status>\d+)"
    return re.compile(f"{begin}(?P<out>.*?){middle}(?P<err>.*?){end}", re.DOTALL)


def _output(command: NodeCommand, found: re.Match[str] | None) -> CommandOutput:
    line = shlex.join(command.argv)
    if found is None:
        return CommandOutput(command.name, line, "", "the Job ended before this command did\n", TIMED_OUT)
    return CommandOutput(command.name, line, found["out"], found["err"], int(found["status"]))
