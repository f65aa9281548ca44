"""The options of lists and watches: which of them the server refuses, and what a resourceVersion asks for.

apimachinery `pkg/apis/meta/internalversion/validation/validation.go` and apiserver `pkg/storage/errors.go`, v0.35.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.api.errors import ApiError, forbidden_value, invalid, unsupported_value

if TYPE_CHECKING:
    from cnitui.lab.api.call import Call

_MATCH = "resourceVersionMatch"
_NOT_OLDER = "NotOlderThan"


def streams_lists(kubernetes: str) -> bool:
    """Whether a release's watches take `sendInitialEvents`: the gate WatchList is on in 1.32, off in 1.33, then on."""
    minor = int(kubernetes.lstrip("v").split(".")[1])
    return minor == 32 or minor >= 34


def wants_initial_events(call: Call) -> bool | None:
    """`sendInitialEvents`, None where it is not given."""
    text = call.query.get("sendInitialEvents", "")
    return text in ("true", "1") if text else None


def check_list(call: Call) -> None:
    """422 for options of a list that exclude one another."""
    match, version = call.query.get(_MATCH, ""), call.query.get("resourceVersion", "")
    causes = []
    if match:
        if not version:
            causes.append(forbidden_value(_MATCH, f"{_MATCH} is forbidden unless resourceVersion is provided"))
        causes += _with_continue(call)
        if match not in ("Exact", _NOT_OLDER):
            causes.append(unsupported_value(_MATCH, match, "Exact", _NOT_OLDER, ""))
        if match == "Exact" and version == "0":
            causes.append(forbidden_value(_MATCH, f'{_MATCH} "exact" is forbidden for resourceVersion "0"'))
    if wants_initial_events(call) is not None:
        causes.append(forbidden_value("sendInitialEvents", "sendInitialEvents is forbidden for list"))
    _refuse(causes)


def check_watch(call: Call, kubernetes: str) -> None:
    """The same of a watch; a release without the feature makes clients list first."""
    match, asked = call.query.get(_MATCH, ""), wants_initial_events(call) is not None
    causes = []
    if asked and match != _NOT_OLDER:
        causes.append(forbidden_value(_MATCH, f"sendInitialEvents requires setting {_MATCH} to {_NOT_OLDER}"))
    if asked and not streams_lists(kubernetes):
        text = "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"
        causes.append(forbidden_value("sendInitialEvents", text))
    if match and not asked:
        text = f"{_MATCH} is forbidden for watch unless sendInitialEvents is provided"
        causes.append(forbidden_value(_MATCH, text))
    if match and match != _NOT_OLDER:
        causes.append(unsupported_value(_MATCH, match, _NOT_OLDER))
    _refuse([*causes, *(_with_continue(call) if match else [])])


def _with_continue(call: Call) -> list[tuple[str, str]]:
    text = f"{_MATCH} is forbidden when continue is provided"
    return [forbidden_value(_MATCH, text)] if call.query.get("continue") else []


def _refuse(causes: list[tuple[str, str]]) -> None:
    if causes:
        raise invalid("ListOptions", "meta.k8s.io", "", causes)


def listed_version(call: Call, current: int) -> int:
    """The version of which a list is asked, `current` where any will do; 400 for no number, 504 for one to come."""
    text = call.query.get("resourceVersion", "")
    asked = parse_version(text, ApiError(400, f"invalid resource version: {_no_number(text)}"))
    if asked > current:
        cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
        message = f"Timeout: Too large resource version: {asked}, current: {current}"
        raise ApiError(504, message, details={"causes": [cause], "retryAfterSeconds": 1}, retry_after=1)
    return asked if call.query.get(_MATCH) == "Exact" else current


def watched_version(call: Call) -> int:
    """The version from which a watch goes on, 0 for none; 500 without a reason for no number, as the server has it."""
    text = call.query.get("resourceVersion", "")
    return parse_version(text, ApiError(500, _no_number(text), reason=""))


def parse_version(text: str, otherwise: ApiError) -> int:
    """A version's number; "" is 0."""
    if text and not text.isdecimal():
        raise otherwise
    return int(text or 0)


def whole(text: str) -> int:
    """A query's integer; 400 in Go's words for anything else."""
    try:
        return int(text)
    except ValueError as error:
        raise ApiError(400, f'strconv.ParseInt: parsing "{text}": invalid syntax') from error


def _no_number(text: str) -> str:
    return f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
