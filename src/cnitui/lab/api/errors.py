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
    """An answer with a Status body; `retry_after` in seconds becomes the header of that name."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        reason: str | None = None,
        details: Object | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason or REASONS.get(code, "Unknown")
        self.details = details or {}
        self.retry_after = retry_after

    def status(self) -> Object:
        """The body."""
        body: Object = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "code": self.code,
        }
        if self.details:
            body["details"] = self.details
        return body


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
    listed = [{"reason": "FieldValueInvalid", "message": message, "field": field} for field, message in causes]
    details = {"name": name, "group": group, "kind": kind, "causes": listed}
    return ApiError(422, f'{full} "{name}" is invalid: {text}', details=details)


def expired(asked: int, oldest: int) -> ApiError:
    """410 for a watch from a version that history no longer holds."""
    return ApiError(410, f"too old resource version: {asked} ({oldest})")


def _details(plural: str, group: str, name: str) -> Object:
    return {"name": name, "kind": plural} | ({"group": group} if group else {})
