"""The one name for API objects as plain data.

They are open documents whose shape the client decides (a patch may add any field), so their values cannot be typed
more closely than JSON.
"""

from __future__ import annotations

from typing import Any, cast

Object = dict[str, Any]


def copied(obj: Object) -> Object:
    """A deep copy, several times faster than `copy.deepcopy` because JSON has no cycles and few types."""
    return cast("Object", _copied(obj))


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value
