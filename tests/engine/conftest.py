"""What the engine's tests of remedies share: a fake cluster and a workbench with a journal of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnitui.engine.repair.workbench import Workbench
from cnitui.gateways.documents import dump_yaml
from cnitui.gateways.journal import FileJournal
from tests.engine.fake_cluster import FakeClock, FakeCluster


@pytest.fixture
def cluster() -> FakeCluster:
    """The guide's incident: one healthy control plane, two failing workers, install-cni not privileged."""
    return FakeCluster()


@pytest.fixture
def bench(cluster: FakeCluster, tmp_path: Path) -> Workbench:
    """A workbench on that cluster, its journal in the test's own folder."""
    clock = FakeClock()
    return Workbench(cluster, FileJournal(tmp_path / "state", clock.now), clock, dump_yaml)
