"""aiohttp's server, loaded without the system's certificates.

aiohttp makes two TLS contexts for clients when it is imported, each with all certificates the system trusts: a fifth of
the time until a lab answers. It is no client: those two stay empty, and whoever used one by mistake would trust nobody.
"""

from __future__ import annotations

import importlib
import ssl
import sys


def _load() -> None:
    if "aiohttp" in sys.modules:
        return
    ssl.SSLContext.set_default_verify_paths = lambda _: None  # type: ignore[assignment, method-assign]
    try:
        importlib.import_module("aiohttp")
    finally:
        del ssl.SSLContext.set_default_verify_paths


_load()

from aiohttp import web as web  # noqa: E402 - only now it costs less
