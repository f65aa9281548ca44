"""Things that go wrong on demand: how tests make the API misbehave.

Every fault is undone by `clear()`; nothing here changes objects.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cnitui.lab.api.errors import ApiError
from cnitui.lab.machine.users import Rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnitui.lab.machine.users import User

_ANYTHING = re.compile("")


@dataclass
class Response:
    """Answer matching requests with an error, `times` times (None: until cleared)."""

    status: int
    path: re.Pattern[str]
    method: str = ""
    message: str = ""
    retry_after: int | None = None
    times: int | None = None
    body: bytes | None = None
    """Raw bytes instead of a Status, for servers that talk nonsense."""

    def takes(self, method: str, path: str) -> bool:
        """Whether it applies; counts down when it does."""
        if self.times == 0 or (self.method and method != self.method) or not self.path.search(path):
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass
class Faults:
    """What is wrong with the API right now."""

    users: dict[str, User]
    _cut: Callable[[], None]
    _expire: Callable[[], None]
    responses: list[Response] = field(default_factory=list)
    delays: list[tuple[re.Pattern[str], float]] = field(default_factory=list)
    drips: list[tuple[re.Pattern[str], int]] = field(default_factory=list)
    """Bytes a second of the answers to matching requests."""
    cuts: list[tuple[re.Pattern[str], int]] = field(default_factory=list)
    """Bytes of an answer after which its connection is dropped."""
    _stalls: list[re.Pattern[str]] = field(default_factory=list)
    _eased: asyncio.Event = field(default_factory=asyncio.Event)

    def respond(
        self,
        status: int,
        path: str = "",
        *,
        method: str = "",
        message: str = "",
        retry_after: int | None = None,
        times: int | None = None,
        body: bytes | None = None,
    ) -> Response:
        """Requests whose path and query match the regular expression get this status."""
        made = Response(status, re.compile(path), method, message, retry_after, times, body)
        self.responses.append(made)
        return made

    def freeze(self) -> None:
        """The server takes requests and says nothing any more, as a process that was stopped (SIGSTOP)."""
        self.stall(_ANYTHING)

    def thaw(self) -> None:
        """It goes on where it was."""
        self._stalls.clear()
        self._wake()

    def stall(self, path: re.Pattern[str]) -> None:
        """Matching requests are taken, and nothing is said to them, in the middle of a stream either."""
        self._stalls.append(path)

    def ease(self, path: re.Pattern[str]) -> None:
        """They go on where they were."""
        if path in self._stalls:
            self._stalls.remove(path)
        self._wake()

    def _wake(self) -> None:
        eased, self._eased = self._eased, asyncio.Event()
        eased.set()

    async def thawed(self, path: str) -> None:
        """Wait until requests of this path and query are not stalled."""
        while any(pattern.search(path) for pattern in self._stalls):
            await self._eased.wait()

    def slow(self, path: str, seconds: float) -> None:
        """Matching requests wait first (real seconds)."""
        self.delays.append((re.compile(path), seconds))

    def forbid(self, user: str, verb: str = "*", resource: str = "*", group: str = "*") -> None:
        """Takes a right away; resource may be `pods/log`."""
        self.users[user].denied.append(Rule((verb,), (group,), (resource,)))

    def allow(self, user: str) -> None:
        """Gives back what `forbid` took."""
        self.users[user].denied.clear()

    def expire_token(self, user: str, *, expired: bool = True) -> None:
        """401 for a user from now on."""
        self.users[user].expired = expired

    def cut_streams(self) -> None:
        """Drops every open connection that carries a watch or a followed log, without the end of its last chunk."""
        self._cut()

    def expire_watches(self) -> None:
        """Forgets history: open watches get an ERROR event with 410, new ones from older versions a 410."""
        self._expire()

    def clear(self) -> None:
        """Everything works again."""
        self.thaw()
        self.responses.clear()
        self.delays.clear()
        self.drips.clear()
        self.cuts.clear()
        for user in self.users.values():
            user.denied.clear()

    def delay(self, path: str) -> float:
        """Real seconds a request waits."""
        return sum(seconds for pattern, seconds in self.delays if pattern.search(path))

    def pace(self, path: str) -> int | None:
        """Bytes a second of an answer; None: as fast as it goes."""
        return min((rate for pattern, rate in self.drips if pattern.search(path)), default=None)

    def limit(self, path: str) -> int | None:
        """Bytes after which an answer is cut off; None: never."""
        return min((size for pattern, size in self.cuts if pattern.search(path)), default=None)

    def error(self, method: str, path: str) -> Response | None:
        """The fault a request meets, if any."""
        return next((response for response in self.responses if response.takes(method, path)), None)


def as_error(fault: Response) -> ApiError:
    """The Status of a fault."""
    texts = {
        401: "Unauthorized",
        429: "Too many requests, please try again later.",
        500: "Internal error occurred: etcdserver: request timed out",
        503: "the server is currently unable to handle the request",
        504: "Timeout: request did not complete within the allotted timeout",
    }
    message = fault.message or texts.get(fault.status, "the request failed")
    if (
        fault.status == 429 and not fault.message
    ):  # priority and fairness: apiserver `pkg/server/filters`, a page of text
        return ApiError(429, message, retry_after=fault.retry_after or 1, plain=True)
    return ApiError(fault.status, message, retry_after=fault.retry_after)
