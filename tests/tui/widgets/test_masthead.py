"""The two lines at the top, at every width and in every state."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnitui.domain.facts import CalicoInstall
from cnitui.engine.ports import Connection
from cnitui.engine.state import State
from cnitui.errors import ClusterUnreachable
from cnitui.tui.widgets.masthead import Masthead
from tests.engine.guide.states import incident
from tests.tui.widgets.conftest import Alone, lines_of

WHOLE = replace(incident(), install=CalicoInstall("v3.27.0", "manifest", "kube-system"))


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
async def test_how_bad_and_what_it_is_are_told_at_every_width(width: int) -> None:
    masthead = Masthead()
    masthead.state, masthead.hint = WHOLE, "f4 guide"
    async with Alone(masthead).run_test(size=(width, 4)):
        first, second = lines_of(masthead)
        assert "✗ 2 of 3 nodes failing" in first
        assert "CONFIRMED" in second
        assert second.endswith("f4 guide")
        assert all(masthead.render_line(y).cell_length == width for y in (0, 1))


async def test_a_wide_screen_names_the_cluster_the_namespace_and_calico() -> None:
    masthead = Masthead()
    masthead.state = WHOLE
    async with Alone(masthead).run_test(size=(160, 4)):
        assert "cnitui  prod-eu › kube-system  Calico v3.27.0 by manifest" in lines_of(masthead)[0]
        assert "● live " in lines_of(masthead)[0]


async def test_a_long_context_gives_way_in_its_middle() -> None:
    masthead = Masthead()
    masthead.state = replace(
        WHOLE, connection=Connection("arn:aws:eks:eu-central-1:123456789012:cluster/production", "")
    )
    async with Alone(masthead).run_test(size=(80, 4)):
        first = lines_of(masthead)[0]
        assert "…" in first
        assert "✗ 2 of 3 nodes failing" in first
        assert "● live " in first


async def test_read_only_is_said() -> None:
    masthead = Masthead()
    masthead.state = replace(WHOLE, readonly=True)
    async with Alone(masthead).run_test(size=(160, 4)):
        assert "read-only" in lines_of(masthead)[0]


async def test_a_hostile_context_and_a_hostile_error_are_literal() -> None:
    masthead = Masthead()
    error = ClusterUnreachable("[red]gone\x1b[31m\x1b]0;title\x07")
    masthead.state = State(connection=Connection("\x1b[2J[b]evil", ""), fatal=error)
    async with Alone(masthead).run_test(size=(100, 4)):
        text = "\n".join(lines_of(masthead))
        assert "\x1b" not in text
        assert "[red]gone" in text
        assert "[b]evil" in text
