"""The steps that look, before anything is known, and where nothing can be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnitui.engine.guide.blocks import Paragraph
from cnitui.engine.state import State
from cnitui.engine.watching.link import Link
from cnitui.errors import ClusterUnreachable, Forbidden
from tests.engine.guide.states import (
    cluster,
    incident,
    judged,
    step,
)


@pytest.mark.parametrize("number", range(1, 12))
def test_every_step_can_say_itself_before_anything_is_known(number: int) -> None:
    view = step(State(), number)
    assert view.headline
    assert view.why
    assert view.state in ("running", "waiting", "pass")


@pytest.mark.parametrize("number", [2, 3, 4])
def test_without_any_pod_no_step_ticks_that_nothing_fails(number: int) -> None:
    view = step(judged(cluster((), ())), number)
    assert (view.state, view.summary) == ("unknown", "no pod")
    assert step(judged(cluster((), ("master-01",))), number).state == "pass"


@pytest.mark.parametrize("number", range(1, 7))
def test_a_refused_list_of_pods_is_told_in_every_step_that_looks_instead_of_asking_for_ever(number: int) -> None:
    refused = Forbidden("you may not list pods in any namespace", "Ask for `get pods`.", status=403)
    view = step(State(pods_link=Link("refused", refused)), number)
    assert (view.state, view.headline) == ("unknown", "You may not list pods in any namespace.")
    assert view.blocks == (Paragraph("Ask for `get pods`.", "dim"),)


def test_a_server_that_is_not_there_is_told_in_step_one() -> None:
    view = step(State(fatal=ClusterUnreachable("10.0.0.1:6443 refused the connection")), 1)
    assert view.headline == "10.0.0.1:6443 refused the connection."


def test_a_server_that_goes_away_later_leaves_what_was_found() -> None:
    gone = replace(incident(), pods_link=Link("stale", ClusterUnreachable("gone")))
    assert step(gone, 1).headline == "2 of 3 nodes fail in install-cni."
