"""What passes between the engine and the gateways, as plain values.

Gateways may know the domain but not the engine, so what both sides of a port speak of is said here; the engine's
`ports` module says the Protocols and names these values again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Generic, TypeVar

from cnitui.domain.plan import Access
from cnitui.errors import CnituiError
from cnitui.late_dataclass import dataclass

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Connection:
    """Whom we talk to: for the title bar, the confirmation and every audit line.

    `version` is the server's (`v1.31.0`), "" before it was asked or when it would not say.
    """

    context: str
    server: str
    user: str = ""
    namespace: str = ""
    kubeconfig: str = ""
    readonly: bool = False
    version: str = ""


@dataclass(frozen=True, slots=True)
class NamedContext:
    """A context that a kubeconfig offers; `server` and `namespace` are "" where it names none."""

    name: str
    server: str = ""
    namespace: str = ""
    readonly: bool = False
    """Whether the configuration protects it."""


# --- watching -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """The complete state; also sent again after the watch had to start over."""

    items: tuple[T, ...]


@dataclass(frozen=True, slots=True)
class Changed(Generic[T]):
    """One object was added or modified."""

    item: T


@dataclass(frozen=True, slots=True)
class Removed(Generic[T]):
    """One object is gone; its last state."""

    item: T


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The stream broke or was refused; it goes on by itself in `retry_in` seconds. What was seen stays."""

    error: CnituiError
    retry_in: float


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list that is still under way: known items are replaced, nothing is removed; `Listed` follows."""

    items: tuple[T, ...]


Update = Listed[T] | Page[T] | Changed[T] | Removed[T] | Interrupted


# --- logs -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LogRequest:
    """One container's log; `since` resumes after a time (inclusive, as the API has it), `tail` lines from the end."""

    namespace: str
    pod: str
    container: str
    previous: bool = False
    follow: bool = False
    tail: int | None = None
    since: datetime | None = None
    limit_bytes: int | None = None


# --- writing --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """The server's answer to a write or a dry run: the object as it is (or would be) stored, and its warnings."""

    object: Mapping[str, object]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Permission:
    """The answer to a SelfSubjectAccessReview."""

    access: Access
    allowed: bool
    reason: str = ""


# --- nodes ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NodeCommand:
    """One read-only command of the fixed list; `root` asks for it through `sudo -n` unless we are root already.

    One that `waits` may take seconds for an address that does not answer, and runs beside the others.

    `argv` is quoted by the gateway; a command is never built from text that a cluster or node sent, apart from paths
    and ids that its maker has checked.
    """

    name: str
    argv: tuple[str, ...]
    root: bool = False
    waits: bool = False


@dataclass(frozen=True, slots=True)
class NodeOrder:
    """Commands that change a node: run as root, in this order, until one fails.

    It is made in one place alone, from a confirmed preview (`engine/repair/leave.py`); the way to a node that takes
    orders takes nothing else, and the way that reads takes no orders.
    """

    plan_id: str
    node: str
    commands: tuple[NodeCommand, ...]


@dataclass(frozen=True, slots=True)
class Carried:
    """How far an order got: the commands that ended, the last of which may have failed.

    `lost` says why nobody knows what became of the next one, "" when it was not begun or all have ended.
    """

    outputs: tuple[CommandOutput, ...]
    lost: str = ""

    @property
    def failed(self) -> CommandOutput | None:
        """The command that ended the order."""
        last = self.outputs[-1] if self.outputs else None
        return last if last is not None and last.status != 0 else None


def side_by_side(commands: Sequence[NodeCommand]) -> tuple[tuple[NodeCommand, ...], ...]:
    """What may run at once: those that wait beside all else, not after it."""
    waiting = tuple((command,) for command in commands if command.waits)
    rest = tuple(command for command in commands if not command.waits)
    return (*((rest,) if rest else ()), *waiting)


@dataclass(frozen=True, slots=True)
class CommandOutput:
    """What a command answered; `truncated` when its output was longer than the bound."""

    name: str
    command: str
    """The exact command line as it ran on the node, for people to repeat."""
    stdout: str
    stderr: str
    status: int
    truncated: bool = False
