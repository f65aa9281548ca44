"""What every test may ask for: the reference folder, when this machine has one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
SHARED = (PROJECT / os.environ.get("CNITUI_TEST_SHARED", "../shared")).resolve()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference material; tests that read it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"no reference material at CNITUI_TEST_SHARED ({SHARED})")
    return SHARED
