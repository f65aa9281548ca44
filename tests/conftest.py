"""What every test may ask for: the reference folder, when this machine has one. And how the whole run is kept short."""

from __future__ import annotations

import gc
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


def pytest_xdist_auto_num_workers() -> int:
    """Two workers for each processor we may use: a test that waits for its lab leaves the processor to another."""
    return 2 * (os.process_cpu_count() if hasattr(os, "process_cpu_count") else len(os.sched_getaffinity(0)))


def pytest_collection_finish() -> None:
    """What is there now is never garbage: half a million objects, which it took a fifth of the time to look through."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
