"""What the API server, TLS and the network say went wrong, as our errors: what, why, next step.

Everything the other side wrote is cut and freed of control characters here, so that no answer can shape our messages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from cnitui.errors import (
    ClusterError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    ServerFailure,
    Throttled,
    Unauthorized,
)
from cnitui.gateways.kubernetes.objects import Status, StatusDetails
from cnitui.gateways.kubernetes.plain import one_line, without_middle

_STATUS = msgspec.json.Decoder(Status)
_NO_DETAILS = StatusDetails()
_LONGEST_WAIT = 120.0
"""Seconds; a longer Retry-After is a mistake more often than a wish."""
_REFUSED = re.compile(
    r'.*forbidden: User "(?P<user>[^"]*)" cannot (?P<verb>\S+) resource "(?P<resource>[^"]*)"'
    r' in API group "(?P<group>[^"]*)"(?: in the namespace "(?P<namespace>[^"]*)"| (?P<scope>at the cluster scope))?',
    re.DOTALL,
)


def answer_failed(status: int, body: bytes, headers: Mapping[str, str], what: str) -> ClusterError:
    """The error of an answer of 400 and above; `what` says what was asked, as `list pods in kube-system`."""
    said = _status_of(body)
    reason = one_line(said.reason or "", 100)
    message = without_middle(said.message or "") or f"the server answered {status}"
    match status:
        case 401:
            return Unauthorized(
                "The API server does not accept our credentials (401): the token or certificate has expired, "
                "or belongs to another cluster",
                "Log in again (as for kubectl), or choose another context with --context",
                status=status,
                reason=reason,
            )
        case 403:
            return _forbidden(message, reason, what)
        case 404:
            return NotFound(f"Could not {what}: {message}", status=status, reason=reason)
        case 409:
            return Conflict(f"Could not {what}: {message}", "Look again and retry", status=status, reason=reason)
        case 410:
            return Gone(f"Could not {what}: {message}", status=status, reason=reason or "Expired")
        case 429:
            return _throttled(said, headers, what)
        case _ if status < 500:
            return _invalid(said, message, status, what)
        case _:
            return _server_failure(said, message, status, what)


class Gone(ServerFailure):
    """410: a resourceVersion or continue token the server has forgotten; the reflector lists again."""


def _status_of(body: bytes) -> Status:
    try:
        return _STATUS.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = one_line(body[:2000].decode(errors="replace"), 300)
        return Status(message=f"an answer that is no Status: {text}" if text else None)


def _forbidden(message: str, reason: str, what: str) -> Forbidden:
    found = _REFUSED.match(message)
    if found is None:
        return Forbidden(f"Refused: could not {what}: {message}", status=403, reason=reason)
    verb, resource, group, namespace = found.group("verb", "resource", "group", "namespace")
    named = f"{resource.partition('/')[0]}{f'.{group}' if group else ''}"
    sub = f" --subresource={resource.partition('/')[2]}" if "/" in resource else ""
    where = f" in namespace {namespace}" if namespace else " in the whole cluster"
    flag = f" -n {namespace}" if namespace else (" -A" if found.group("scope") else "")
    return Forbidden(
        f"User {found.group('user')} may not {verb} {resource}{f' ({group})' if group else ''}{where}",
        f"Ask for that permission; check it with: kubectl auth can-i {verb} {named}{sub}{flag}",
        status=403,
        reason=reason,
    )


def _throttled(said: Status, headers: Mapping[str, str], what: str) -> Throttled:
    wait = _retry_after(headers.get("Retry-After", ""))
    wait = wait or float((said.details or _NO_DETAILS).retry_after_seconds or 0)
    return Throttled(
        f"The API server is overloaded and asks us to wait{f' {wait:g} s' if wait else ''} (429, {what})",
        "It is tried again by itself",
        retry_after=min(max(wait, 0.0), _LONGEST_WAIT),
    )


def _retry_after(value: str) -> float:
    """Seconds of a Retry-After header, which holds seconds or a date (RFC 9110 10.2.3); 0 when it makes no sense."""
    if value.isascii() and value.isdigit() and len(value) < 10:
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return 0.0
    return (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds()


def _invalid(said: Status, message: str, status: int, what: str) -> Invalid:
    causes = (said.details or _NO_DETAILS).causes or []
    words = "; ".join(one_line(f"{c.field or ''}: {c.message or ''}".lstrip(": "), 300) for c in causes[:5])
    if words and not all((c.message or "") in (said.message or "") for c in causes[:5]):
        message = f"{message} ({words})"
    return Invalid(f"The server refused to {what}: {message}", status=status, reason=one_line(said.reason or "", 100))


def _server_failure(said: Status, message: str, status: int, what: str) -> ServerFailure:
    causes = (said.details or _NO_DETAILS).causes or []
    words = next((one_line(c.message, 300) for c in causes if c.message and c.message not in message), "")
    return ServerFailure(
        f"The API server failed to {what} ({status}): {message}{f' ({words})' if words else ''}",
        "It is tried again by itself; if it stays, look at the API server and what is behind it",
        status=status,
        reason=one_line(said.reason or "", 100),
    )
