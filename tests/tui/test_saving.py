"""A log that is saved leaves without secrets, unless a person wanted the bytes as they came."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnitui.domain.recording import Recording
from cnitui.engine.cases.replay import replayed
from cnitui.engine.logs.feed import LogFeed
from cnitui.engine.logs.kept import Rule
from cnitui.engine.services import Services
from cnitui.engine.session import Session
from cnitui.errors import StateError
from cnitui.gateways.bundle import Bundles
from cnitui.gateways.documents import dump_yaml
from cnitui.tui.saving import Saving, save
from cnitui.tui.widgets.log.pane import LogPane
from tests.engine.guide.states import NOON

LINES = (
    b"2026-11-23T10:00:00.000000000Z Running as a Kubernetes pod \xff\xfe",
    b"2026-11-23T10:00:00.000000001Z     token: abcdef.0123456789abcdef",
    b"2026-11-23T10:00:00.000000002Z -----BEGIN RSA PRIVATE KEY-----",
    b"2026-11-23T10:00:00.000000003Z MIIEowIBAAKCAQEAvTq1d5p5XAMPLE",
    b"2026-11-23T10:00:00.000000004Z -----END RSA PRIVATE KEY-----",
)


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return replayed(Recording(NOON, ""), Bundles(tmp_path), dump_yaml, "x")


@pytest.fixture
def saving(services: Services) -> Saving:
    feed = LogFeed(services.cluster, services.clock, node="worker-01", container="install-cni")
    feed.take_lines(LINES)
    feed.lines.add([Rule("attempt 1 · exit 1", "attempt", True)])
    return Saving("", "", log=LogPane(feed))


async def test_secrets_are_hidden_and_counted(services: Services, saving: Saving, tmp_path: Path) -> None:
    path = tmp_path / "one.log"
    told = await save(saving, path, services, Session(services))
    saved = path.read_bytes()
    assert told == f"saved 6 lines to {path}; hidden: 1 × private key, 1 × value of a secret field"
    assert b"MIIEow" not in saved
    assert b"abcdef" not in saved
    assert LINES[0] in saved, "broken characters stay as they are"
    assert saved.endswith("# attempt 1 · exit 1\n".encode())
    assert path.stat().st_mode & 0o777 == 0o600


async def test_the_bytes_as_they_came_are_for_who_asks(services: Services, saving: Saving, tmp_path: Path) -> None:
    path = tmp_path / "one.log"
    told = await save(saving, path, services, Session(services), raw=True)
    assert path.read_bytes().splitlines()[:5] == list(LINES)
    assert "as they came: what is secret in them is in the file" in told
    with pytest.raises(StateError, match="exists already"):
        await save(saving, path, services, Session(services))
