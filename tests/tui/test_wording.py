"""Ages, countdowns, the header and the banner, in every state a cluster can be in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cnitui.domain.finding import Verdict
from cnitui.domain.likeness import Cohort, Likeness
from cnitui.engine.repair.state import Option
from cnitui.engine.state import Look, State
from cnitui.engine.watching.link import Link
from cnitui.errors import ClusterUnreachable, Forbidden, KubeconfigError
from cnitui.tui.choices import choices_of
from cnitui.tui.wording import age, banner, countdown, duration, extent, liveness, names
from tests.engine.guide.states import NOON, WORKERS, cluster, finding, found, incident, judged, offering, pod, with_pods
from tests.engine.guide.test_doing import DOES_NOT_FIT, FITS


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0s"),
        (0.9, "0s"),
        (119, "119s"),
        (120, "2m"),
        (330, "5m30s"),
        (599, "9m59s"),
        (600, "10m"),
        (179 * 60, "179m"),
        (3 * 3600, "3h"),
        (7 * 3600 + 59 * 60, "7h59m"),
        (17 * 3600, "17h"),
        (47 * 3600, "47h"),
        (48 * 3600, "2d"),
        (3 * 86400 + 4 * 3600, "3d4h"),
        (8 * 86400, "8d"),
        (729 * 86400, "729d"),
        (730 * 86400, "2y"),
        (760 * 86400, "2y30d"),
        (9 * 365 * 86400 + 86400, "9y"),
    ],
)
def test_durations_read_as_kubectl_prints_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_an_unknown_age_is_a_dash() -> None:
    assert age(None, NOON) == "–"
    assert age(NOON - timedelta(hours=17), NOON) == "17h"


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, "–"), (-1, "now"), (0, "now"), (0.5, "00:00"), (13, "00:13"), (133, "02:13")]
)
def test_countdowns_have_a_fixed_width(seconds: float | None, words: str) -> None:
    at = NOON + timedelta(seconds=seconds) if seconds is not None else None
    assert countdown(at, NOON) == words
    assert len(words) <= 5


def test_many_names_are_counted() -> None:
    assert names(("a", "b")) == "a, b"
    assert names(("a", "b", "c", "d", "e")) == "a, b, c +2"


# --- how bad it is --------------------------------------------------------------------------------------------------

GONE = ClusterUnreachable("10.0.0.1:6443 refused the connection", "Is the tunnel up?")
REFUSED = Forbidden("you may not list pods", "Ask for it.", status=403)
WAITING = with_pods(cluster((), ("m", "w")), pod("m", failing=False), pod("w", failing=False, ready=False))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State(), "◌ asking"),
        (State(fatal=GONE), "✗ not connected"),
        (State(pods_link=Link("refused", REFUSED)), "✗ pods not listed"),
        (State(pods_link=Link("live")), "? no Calico pods"),
        (incident(), "✗ 2 of 3 nodes failing for 17h"),
        (WAITING, "! 1 of 2 nodes not ready"),
        (judged(cluster((), ("m",))), "✓ all 1 nodes healthy"),
    ],
)
def test_the_extent_is_told_in_five_words(state: State, words: str) -> None:
    line = extent(state, NOON)
    assert f"{line.glyph} {line.text}" == words


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State(), "◌ connecting"),
        (incident(), "● live 12:00:00"),
        (State(fatal=GONE), "! trying again by itself"),
        (State(fatal=KubeconfigError("no kubeconfig")), "! r tries again"),
        (
            replace(incident(), pods_link=Link("stale", GONE, NOON - timedelta(seconds=12))),
            "! stale 12s: not reachable",
        ),
        (State(pods_link=Link("refused", REFUSED, NOON)), "! refused 0s: forbidden (403)"),
    ],
)
def test_liveness_says_whether_the_screen_is_current(state: State, words: str) -> None:
    line = liveness(state, NOON)
    assert f"{line.glyph} {line.text}" == words


# --- what it is -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State(), "◌ asking the API server for the calico-node pods"),
        (State(fatal=GONE), "✗ 10.0.0.1:6443 refused the connection. Is the tunnel up?"),
        (State(pods_link=Link("refused", REFUSED)), "✗ you may not list pods. Ask for it."),
        (judged(cluster((), ())), "? no calico-node pods in any namespace you may read; is Calico installed here?"),
        (judged(cluster((), ("m",))), "✓ Calico runs on every node; nothing to do"),
        (judged(WAITING), "! nothing has failed, but not ready yet: w (Running)"),
    ],
)
def test_the_banner_says_what_is_known_when_no_cause_is(state: State, words: str) -> None:
    line = banner(state)
    assert f"{line.glyph} {line.text}" == words


def test_a_confirmed_cause_is_named_with_its_nodes_and_its_reason() -> None:
    line = banner(found(cluster(), finding("selinux-denial", Verdict.CONFIRMED, *WORKERS)))
    assert (line.glyph, line.role) == ("▸", "bad")
    assert line.text == "CONFIRMED  title of selinux-denial on worker-01, worker-02 · the evidence says so"


def test_a_likely_cause_is_yellow_and_a_second_one_is_named() -> None:
    state = found(
        cluster(), finding("disk-full", Verdict.LIKELY, "worker-01"), finding("image-pull", Verdict.LIKELY, "worker-02")
    )
    assert banner(state).role == "warn"
    assert "on worker-01 · +image-pull on 1 ·" in banner(state).text


def test_the_same_cause_less_sure_on_another_node_is_not_hidden() -> None:
    sure, likely = (
        finding("selinux-denial", verdict, node)
        for verdict, node in zip((Verdict.CONFIRMED, Verdict.LIKELY), WORKERS, strict=True)
    )
    assert "on worker-01 · +likely selinux-denial on 1 ·" in banner(found(cluster(), sure, likely)).text


def test_nodes_that_an_experiment_speaks_for_are_counted() -> None:
    state = found(cluster(), finding("selinux-denial", Verdict.CONFIRMED, "worker-01"))
    assert state.diagnosis is not None
    group = Cohort(
        "A", Likeness("install-cni", "exit 1"), WORKERS, WORKERS[:1], WORKERS[1:], ("selinux-denial",), proven=True
    )
    state = replace(state, diagnosis=replace(state.diagnosis, cohorts=(group,)))
    assert "on worker-01 · 1 node alike ·" in banner(state).text


def test_no_cause_is_named_before_the_evidence_supports_one() -> None:
    looks = (("worker-01", Look("done", NOON)), ("worker-02", Look("asking", NOON)))
    state = replace(found(cluster(), finding("disk-full", Verdict.POSSIBLE)), settled=False, looks=looks)
    assert banner(state).text == "investigating: 1 of 2 subjects read"


def test_candidates_are_called_not_proven() -> None:
    state = found(cluster(), finding("disk-full", Verdict.POSSIBLE), finding("unknown", Verdict.POSSIBLE))
    assert banner(state).text == "NOT PROVEN  could be: disk-full"


def test_evidence_that_does_not_decide_is_called_undetermined() -> None:
    assert banner(found(cluster(), finding("disk-full", Verdict.UNDETERMINED))).text.startswith("UNDETERMINED")


# --- choices --------------------------------------------------------------------------------------------------------


def test_choices_keep_the_order_say_fit_or_not_and_stand_on_the_one_described() -> None:
    picks = choices_of(offering(FITS, DOES_NOT_FIT))
    assert [(pick.key, pick.glyph, pick.role) for pick in picks] == [
        ("patch-daemonset", "✓", "good"),
        ("relabel", "–", "dim"),
    ]
    assert picks[0].note == "fits: it is not privileged"
    assert picks[1].note == "the labels are right"
    assert picks[1].short == "relabel"
    assert "(Solution 2)" in picks[0].text
    assert [pick.current for pick in picks] == [True, False]


def test_the_remedy_looked_at_is_the_current_one() -> None:
    options: tuple[Option, ...] = (FITS, DOES_NOT_FIT)
    picks = choices_of(offering(*options, considered="relabel"))
    assert [pick.current for pick in picks] == [False, True]
