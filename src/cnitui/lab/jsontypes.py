"""The one name for API objects as plain data.

They are open documents whose shape the client decides (a patch may add any field), so their values cannot be typed
more closely than JSON.
"""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]
