"""Investigations on disk: private, by their ids, and removed whole."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cnitui.errors import StateError
from cnitui.gateways.investigations import InvestigationShelf

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def test_documents_are_kept_apart_from_plans_and_for_their_owner_only(tmp_path: Path) -> None:
    shelf = InvestigationShelf(tmp_path / "state")
    assert shelf.ids() == ()
    path = shelf.keep(shelf.new_id(NOON), "investigation", {"a": 1})
    assert path.parent.parent == tmp_path / "state" / "investigations"
    assert [one.stat().st_mode & 0o777 for one in (path, path.parent)] == [0o600, 0o700]


def test_an_investigation_is_dropped_whole(tmp_path: Path) -> None:
    shelf = InvestigationShelf(tmp_path)
    old, new = shelf.new_id(NOON), shelf.new_id(NOON + timedelta(seconds=1))
    for kept in (old, new):
        shelf.keep(kept, "investigation", {})
        shelf.keep(kept, "logs", {})
    shelf.drop(old)
    shelf.drop(old)
    assert shelf.ids() == (new,)


def test_nothing_outside_is_dropped(tmp_path: Path) -> None:
    with pytest.raises(StateError):
        InvestigationShelf(tmp_path).drop("../plans")


async def test_the_disk_holds_up_nobody(tmp_path: Path) -> None:
    assert await InvestigationShelf(tmp_path).aside(threading.current_thread) is not threading.current_thread()


def test_what_one_sitting_is_at_no_other_gets(tmp_path: Path) -> None:
    one, other = InvestigationShelf(tmp_path), InvestigationShelf(tmp_path)
    kept = one.new_id(NOON)
    assert [one.claim(kept), one.claim(kept), other.claim(kept)] == [True, True, False]
    one.release(kept)
    assert other.claim(kept)
