"""What the API server answers instead of an object: `metav1.Status` with the real server's codes, reasons and texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnitui.lab.jsontypes import Object

REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    406: "NotAcceptable",
    409: "Conflict",
    410: "Expired",
    415: "UnsupportedMediaType",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    501: "NotImplemented",
    503: "ServiceUnavailable",
    504: "Timeout",
}


class ApiError(Exception):
    """An answer with a Status body; `retry_after` in seconds becomes the header of that name.

    `details` is left out when None and shown when empty, as the server does where it knows no object; `plain` makes it
    a page of text, where the server knows no path. `meta` is the Status' own metadata.
    """

    def __init__(
        self,
        code: int,
        message: str,
        *,
        reason: str | None = None,
        details: Object | None = None,
        retry_after: int | None = None,
        plain: bool = False,
        meta: Object | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = REASONS.get(code, "Unknown") if reason is None else reason
        self.details = details
        self.retry_after = retry_after
        self.plain = plain
        self.meta = meta or {}

    def status(self) -> Object:
        """The body."""
        body: Object = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.meta,
            "status": "Failure",
            "message": self.message,
        }
        body |= {"reason": self.reason} if self.reason else {}
        body |= {} if self.details is None else {"details": self.details}
        return body | {"code": self.code}


def not_found(plural: str, group: str, name: str) -> ApiError:
    """404 for a named object."""
    full = f"{plural}.{group}" if group else plural
    return ApiError(404, f'{full} "{name}" not found', details=_details(plural, group, name))


def already_exists(plural: str, group: str, name: str) -> ApiError:
    """409 for a create."""
    full = f"{plural}.{group}" if group else plural
    return ApiError(
        409, f'{full} "{name}" already exists', reason="AlreadyExists", details=_details(plural, group, name)
    )


def conflict(plural: str, group: str, name: str, why: str = "") -> ApiError:
    """409 for a write against an old resourceVersion or another precondition."""
    full = f"{plural}.{group}" if group else plural
    why = why or "the object has been modified; please apply your changes to the latest version and try again"
    return ApiError(
        409, f'Operation cannot be fulfilled on {full} "{name}": {why}', details=_details(plural, group, name)
    )


def invalid(kind: str, group: str, name: str, causes: list[tuple[str, str]]) -> ApiError:
    """422; `causes` are (field, message) pairs."""
    full = f"{kind}.{group}" if group else kind
    texts = [f"{field}: {message}" for field, message in causes]
    text = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    listed = [{"reason": _cause(message), "message": message, "field": field} for field, message in causes]
    named = {"name": name, "group": group, "kind": kind}
    details: Object = {key: value for key, value in named.items() if value} | {"causes": listed}
    return ApiError(422, f'{full} "{name}" is invalid: {text}', details=details)


_CAUSES = {
    "Required value": "FieldValueRequired",
    "Duplicate value": "FieldValueDuplicate",
    "Unsupported value": "FieldValueNotSupported",
    "Forbidden": "FieldValueForbidden",
}


def _cause(message: str) -> str:
    """The machine's word for how a message begins (apimachinery `pkg/util/validation/field/errors.go`)."""
    return _CAUSES.get(message.partition(":")[0], "FieldValueInvalid")


def forbidden_value(field: str, why: str) -> tuple[str, str]:
    """A cause of `invalid`."""
    return field, f"Forbidden: {why}"


def unsupported_value(field: str, value: str, *supported: str) -> tuple[str, str]:
    """A cause of `invalid`, with the values that would do."""
    listed = ", ".join(f'"{one}"' for one in supported)
    return field, f'Unsupported value: "{value}": supported values: {listed}'


def expired(asked: int, oldest: int) -> ApiError:
    """410 for a watch from a version that history no longer holds."""
    return ApiError(410, f"too old resource version: {asked} ({oldest})")


def no_such_path() -> ApiError:
    """404 for a path of a served group that is no resource of it."""
    return ApiError(404, "the server could not find the requested resource", details={})


def not_acceptable() -> ApiError:
    """406 for an Accept header without JSON."""
    return ApiError(406, "406: Not Acceptable\n\nAvailable representations: application/json", details={})


def not_allowed() -> ApiError:
    """405."""
    return ApiError(405, "the server does not allow this method on the requested resource", details={})


def rejected() -> ApiError:
    """422 with the only text the server has for a JSON patch that cannot be applied."""
    return ApiError(422, "the server rejected our request due to an error in our request", details={})


def _details(plural: str, group: str, name: str) -> Object:
    return {"name": name, "kind": plural} | ({"group": group} if group else {})
