"""Everything that may go wrong and reach a person, as one tree.

    CnituiError
    ├── UsageError                  wrong arguments (exit 2)
    ├── ConfigurationError          wrong file: which file, which key, what was expected (exit 2)
    │   └── KubeconfigError         no kubeconfig, broken, unknown context, exec plugin
    ├── ClusterError                the API server did not give what was asked
    │   ├── ClusterUnreachable      refused, timed out, TLS, name resolution
    │   ├── Unauthorized            401
    │   ├── Forbidden               403, with verb and resource
    │   ├── NotFound                404
    │   ├── Conflict                409, or a guard of a patch that no longer holds
    │   ├── Invalid                 422 and 400: refused by validation or admission
    │   ├── Throttled               429
    │   └── ServerFailure           5xx and answers that make no sense
    ├── NodeError                   a node could not be read
    │   ├── NodeUnreachable         refused, timed out, name resolution
    │   ├── ReadingStopped          the user stopped the reading
    │   ├── NodeLoginFailed         wrong user, no key accepted
    │   ├── HostKeyUnknown          first contact: fingerprint shown, refused until accepted
    │   ├── HostKeyChanged          another key than the known one: refused
    │   └── AnotherMachine          who answered is not the node
    ├── ReadOnly                    a write was asked for in read-only mode
    ├── NothingToUndo               no plan was applied here, or it has been taken back
    ├── Stale                       what was previewed is no longer what is there
    └── StateError                  our own files: state folder, case file, audit log

Each message says what happened and why; `next_step` says what to do about it.
"""

from __future__ import annotations


class CnituiError(Exception):
    """An expected failure, told in words for the person at the terminal."""

    exit_code = 1

    def __init__(self, what: str, next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.what}. {self.next_step}" if self.next_step else self.what


class UsageError(CnituiError):
    """Wrong arguments."""

    exit_code = 2


class ConfigurationError(CnituiError):
    """A file says something we cannot use; the message names file, key and what was expected."""

    exit_code = 2


class KubeconfigError(ConfigurationError):
    """No kubeconfig, one that cannot be read, an unknown context, or an exec plugin that fails."""


class ClusterError(CnituiError):
    """The API server did not give what was asked for."""

    def __init__(self, what: str, next_step: str = "", *, status: int = 0, reason: str = "") -> None:
        super().__init__(what, next_step)
        self.status = status
        self.reason = reason


class ClusterUnreachable(ClusterError):
    """No answer: refused, timed out, TLS or name resolution failed."""


class Unauthorized(ClusterError):
    """401: the server does not know who we are."""


class Forbidden(ClusterError):
    """403: the server knows us and says no."""


class NotFound(ClusterError):
    """404."""


class Conflict(ClusterError):
    """409, or a guard of a patch that no longer holds."""


class Invalid(ClusterError):
    """400 or 422: validation or admission refused the object."""


class Throttled(ClusterError):
    """429; `retry_after` in seconds, 0 when the server named none."""

    def __init__(self, what: str, next_step: str = "", *, retry_after: float = 0.0) -> None:
        super().__init__(what, next_step, status=429, reason="TooManyRequests")
        self.retry_after = retry_after


class ServerFailure(ClusterError):
    """5xx, or an answer that makes no sense."""


class NodeError(CnituiError):
    """A node could not be read; `node` is its Kubernetes name."""

    def __init__(self, what: str, next_step: str = "", *, node: str = "") -> None:
        super().__init__(what, next_step)
        self.node = node


class NodeUnreachable(NodeError):
    """Refused, timed out or not resolved."""


class NodeLoginFailed(NodeError):
    """The host answered, but accepted none of our identities."""


class ReadingStopped(NodeError):
    """The user stopped the reading before the node was read to its end."""


class NodeUnconfirmed(NodeError):
    """Reading the node takes a write to the cluster that nobody has confirmed."""


class NodeJobFailed(NodeError):
    """The Job that was to read the node did not get to run, or told nothing; `begun` when its program may have run."""

    def __init__(self, what: str, next_step: str = "", *, node: str = "", begun: bool = False) -> None:
        super().__init__(what, next_step, node=node)
        self.begun = begun


class HostKeyUnknown(NodeError):
    """First contact with a host: its key is in no known_hosts file."""

    def __init__(self, what: str, next_step: str = "", *, node: str, host: str, fingerprint: str) -> None:
        super().__init__(what, next_step, node=node)
        self.host = host
        self.fingerprint = fingerprint


class HostKeyChanged(NodeError):
    """The host shows another key than the known one."""


class AnotherMachine(NodeError):
    """Who answered is another machine than the node: nothing it said is about the node, and nothing is done there."""


class ReadOnly(CnituiError):
    """A write was asked for while writes are switched off."""


class NothingToUndo(CnituiError):
    """No plan was applied here, or it has been taken back already."""


class Stale(CnituiError):
    """What was previewed is no longer what is there."""


class StateError(CnituiError):
    """A file of our own cannot be read or written."""
