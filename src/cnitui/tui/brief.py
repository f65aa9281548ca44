"""What went wrong, in the two or three words that a header has room for; the sentence stands elsewhere."""

from __future__ import annotations

from cnitui.errors import (
    AnotherMachine,
    ClusterUnreachable,
    CnituiError,
    Forbidden,
    HostKeyChanged,
    HostKeyUnknown,
    NodeError,
    NodeLoginFailed,
    NodeUnreachable,
    ServerFailure,
    Throttled,
    Unauthorized,
)

_WORDS: tuple[tuple[type[CnituiError], str], ...] = (
    (Unauthorized, "login refused (401)"),
    (Forbidden, "forbidden (403)"),
    (Throttled, "overloaded (429)"),
    (ClusterUnreachable, "not reachable"),
    (HostKeyUnknown, "host key unknown"),
    (HostKeyChanged, "host key changed"),
    (AnotherMachine, "another machine answers"),
    (NodeLoginFailed, "login refused"),
    (NodeUnreachable, "not reachable"),
    (NodeError, "not readable"),
)
_CERTIFICATES = {
    "CertificateExpired": "certificate expired",
    "CertificateNotYetValid": "cert. not yet valid",
    "CertificateName": "cert. of another name",
    "Certificate": "certificate not trusted",
}


def brief(error: CnituiError) -> str:
    """`server error (503)`, `certificate expired`, `host key changed`."""
    if isinstance(error, ServerFailure):
        return f"server error ({error.status})" if error.status else "answers make no sense"
    if isinstance(error, ClusterUnreachable) and error.reason in _CERTIFICATES:
        return _CERTIFICATES[error.reason]
    return next((words for kind, words in _WORDS if isinstance(error, kind)), "failed")
