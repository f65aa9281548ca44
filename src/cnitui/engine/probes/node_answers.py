"""The outputs of one node's commands, by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cnitui.engine.ports import CommandOutput
from cnitui.engine.probes.node_failures import by_hand_line


class Answers:
    """Looks outputs up by command name; a command that did not run answers ""."""

    def __init__(self, outputs: Iterable[CommandOutput], prefix: str = "") -> None:
        self._outputs = {output.name: output for output in outputs}
        self._prefix = prefix

    def get(self, name: str) -> CommandOutput | None:
        """The output, or None when that command was not run."""
        return self._outputs.get(name)

    def by_hand(self, name: str) -> str:
        """The line that a person would paste for it, "" for a command that did not run."""
        output = self.get(name)
        return by_hand_line(self._prefix, output.command) if output else ""

    def out(self, name: str) -> str:
        """Its standard output."""
        output = self.get(name)
        return output.stdout if output else ""

    def err(self, name: str) -> str:
        """Its standard error."""
        output = self.get(name)
        return output.stderr if output else ""

    def whole(self, name: str) -> bool:
        """Whether it ran and its output was not cut."""
        output = self.get(name)
        return output is not None and not output.truncated

    def asked(self, names: Sequence[str]) -> bool:
        """Whether any of them was run."""
        return any(name in self._outputs for name in names)

    def cited(self, name: str, names: Sequence[str]) -> CommandOutput:
        """The named output, else the first of `names` that has something to quote, else the first that ran."""
        named = self.get(name)
        if named is not None:
            return named
        ran = self._ran(names)
        return next((output for output in ran if output.status == 0 and output.stdout.strip()), ran[0])

    def telling(self, names: Sequence[str]) -> CommandOutput:
        """The first output that failed, was cut or has nothing but complaints, else the first that ran."""
        ran = self._ran(names)
        return next((output for output in ran if _failed(output)), ran[0])

    def _ran(self, names: Sequence[str]) -> list[CommandOutput]:
        return [output for name in names if (output := self.get(name)) is not None]


def _failed(output: CommandOutput) -> bool:
    """A pipe ends with the status of its last part, so silence with a complaint is a failure as well."""
    return output.status != 0 or output.truncated or (bool(output.stderr.strip()) and not output.stdout.strip())
