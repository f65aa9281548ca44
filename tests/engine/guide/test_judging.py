"""Steps 5 and 6: what it means, how sure that is, and what would settle what is open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnitui.domain.causes import CATALOGUE
from cnitui.domain.finding import Evidence, Finding, Judgement, Missing, NextEvidence, Verdict
from cnitui.engine.guide.blocks import Command, Heading, Item, Paragraph, Quote, StepView
from cnitui.engine.guide.names import brief
from tests.engine.guide.states import WORKERS, cluster, finding, found, incident, judged, step


def items(view: StepView) -> list[Item]:
    """The step's items, in order."""
    return [block for block in view.blocks if isinstance(block, Item)]


def headings(view: StepView) -> list[str]:
    """The step's headings, in order."""
    return [block.text for block in view.blocks if isinstance(block, Heading)]


# --- step 5 ---------------------------------------------------------------------------------------------------------


def test_every_cause_of_the_catalogue_is_listed_with_its_verdict() -> None:
    text = "\n".join(item.text for item in items(step(incident(), 5)))
    for cause in CATALOGUE:
        assert cause.id in text


def test_what_decides_comes_first_and_what_has_the_same_bare_reason_is_one_line() -> None:
    def bare(cause: str, verdict: Verdict, because: str) -> Finding:
        return replace(finding(cause, verdict, "w1"), judgement=Judgement(verdict, because))

    state = found(
        cluster(),
        finding("disk-full", Verdict.CONFIRMED, "w1"),
        bare("unknown", Verdict.RULED_OUT, "disk-full is confirmed"),
        bare("operator-managed", Verdict.UNDETERMINED, "nothing speaks for it"),
        bare("stale-node-state", Verdict.UNDETERMINED, "nothing speaks for it"),
        bare("bgp-not-ready", Verdict.RULED_OUT, "not started"),
    )
    told = [(item.text.split("  ")[0], item.detail) for item in items(step(state, 5))]
    assert [word for word, _ in told] == ["CONFIRMED", "UNDETERMINED", "RULED OUT", "RULED OUT"]
    assert items(step(state, 5))[1].text == "UNDETERMINED  operator-managed, stale-node-state on w1"
    assert [why for _, why in told[1:]] == ["nothing speaks for it", "not started", "disk-full is confirmed"]


def test_the_headline_counts_the_verdicts() -> None:
    verdicts = (Verdict.CONFIRMED, Verdict.RULED_OUT, Verdict.RULED_OUT, Verdict.UNDETERMINED)
    state = found(cluster(), *(finding(f"cause-{place}", verdict) for place, verdict in enumerate(verdicts)))
    view = step(state, 5)
    assert view.headline == "1 confirmed, 1 undetermined, 2 ruled out."
    assert (view.state, view.summary) == ("fail", "1 open"), "a tick is for what is not wrong"


def test_causes_that_are_all_possible_leave_the_step_open() -> None:
    view = step(found(cluster(), finding("disk-full", Verdict.POSSIBLE), finding("image-pull", Verdict.POSSIBLE)), 5)
    assert (view.state, view.summary) == ("unknown", "2 open")


def test_evidence_is_quoted_for_and_against_and_bounded() -> None:
    many = tuple(Evidence("journal", f"line {number}", f"line {number}") for number in range(5))
    judgement = Judgement(Verdict.LIKELY, "five lines say so", many)
    view = step(found(cluster(), replace(finding("disk-full", Verdict.LIKELY), judgement=judgement)), 5)
    quotes = [block for block in view.blocks if isinstance(block, Quote)]
    assert [quote.source for quote in quotes] == ["for · journal · line 0", "for · journal · line 1"]
    assert Paragraph("    and 3 more for", "dim") in view.blocks


def test_a_long_source_is_told_in_short_beside_the_whole_one() -> None:
    command = "sudo -n ausearch --input-logs -m AVC,USER_AVC,SELINUX_ERR -ts recent --raw"
    source = f"ssh -F '/home/a b/ssh_config' worker-01 {command}"
    judgement = Judgement(Verdict.LIKELY, "it says so", (Evidence(source, "type=AVC", "line 4"),))
    view = step(found(cluster(), replace(finding("disk-full", Verdict.LIKELY), judgement=judgement)), 5)
    (quote,) = [block for block in view.blocks if isinstance(block, Quote)]
    assert quote.source == f"for · {source} · line 4"
    assert quote.brief == f"for · line 4 of worker-01: {command.removeprefix('sudo -n ')}"


@pytest.mark.parametrize(
    ("source", "short"),
    [
        ("ssh -F /tmp/x worker-01 getenforce", "worker-01: getenforce"),
        ("ssh worker-01 findmnt -T /opt/cni/bin", "worker-01: findmnt -T /opt/cni/bin"),
        ("ssh -F '/a b/c' -o User=x w1 sudo -n ls -ldZ /", "w1: ls -ldZ /"),
        (
            "kubectl -n kube-system logs calico-node-x -c install-cni",
            "kubectl -n kube-system logs calico-node-x -c install-cni",
        ),
        ("ssh", "ssh"),
        ("", ""),
    ],
)
def test_a_source_in_short_says_where_and_what(source: str, short: str) -> None:
    assert brief(source) == short


def test_verdicts_have_a_sign_of_their_own() -> None:
    order = (Verdict.CONFIRMED, Verdict.LIKELY, Verdict.POSSIBLE, Verdict.UNDETERMINED, Verdict.RULED_OUT)
    view = step(found(cluster(), *(finding(verdict.value, verdict) for verdict in order)), 5)
    assert [item.role for item in items(view)] == ["bad", "warn", "warn", "dim", "good"]


def test_a_cause_on_thousands_of_nodes_names_a_few() -> None:
    nodes = [f"w{number:04}" for number in range(2000)]
    view = step(found(cluster(nodes), finding("disk-full", Verdict.LIKELY, *nodes)), 5)
    assert items(view)[0].text == (
        "LIKELY  title of disk-full (disk-full) on w0000, w0001, w0002, w0003, w0004 and 1,995 more"
    )


def test_while_evidence_comes_in_the_verdicts_are_running() -> None:
    assert step(replace(incident(), settled=False), 5).state == "running"


# --- step 6 ---------------------------------------------------------------------------------------------------------


def test_the_root_cause_is_named_with_its_strength_and_its_proof() -> None:
    view = step(incident(), 6)
    assert (view.state, view.summary) == ("fail", "selinux-denial")
    assert view.headline.startswith("Confirmed: ")
    assert "What would disprove it" in headings(view)
    assert "Why it breaks" in headings(view)
    assert any(isinstance(block, Quote) and "denied" in block.text for block in view.blocks)


def test_a_cause_that_is_only_likely_says_so() -> None:
    view = step(found(cluster(), finding("disk-full", Verdict.LIKELY, *WORKERS)), 6)
    assert view.headline == "Likely: title of disk-full."


def test_independent_causes_on_different_nodes_are_all_proven() -> None:
    state = found(
        cluster(),
        finding("selinux-denial", Verdict.CONFIRMED, "worker-01"),
        finding("disk-full", Verdict.CONFIRMED, "worker-02"),
    )
    told = headings(step(state, 6))
    assert "title of selinux-denial on worker-01" in told
    assert "title of disk-full on worker-02" in told


def test_candidates_are_listed_when_nothing_is_proven() -> None:
    ask = (NextEvidence("ssh worker-01 'df -h'", "tells whether there is room"),)
    state = found(
        cluster(), finding("disk-full", Verdict.POSSIBLE), finding("read-only-filesystem", Verdict.POSSIBLE), ask=ask
    )
    view = step(state, 6)
    assert (view.state, view.summary) == ("unknown", "not proven")
    assert view.headline == "Not proven. It could be: disk-full, read-only-filesystem."
    assert Command("ssh worker-01 'df -h'", "tells whether there is room") in view.blocks


def test_an_unknown_cause_is_never_offered_as_a_candidate() -> None:
    view = step(found(cluster(), finding("unknown", Verdict.POSSIBLE, because="no message is known")), 6)
    assert (view.state, view.headline) == ("unknown", "The evidence does not decide: no message is known.")


def test_nothing_but_undetermined_causes_does_not_decide() -> None:
    view = step(found(cluster(), finding("disk-full", Verdict.UNDETERMINED)), 6)
    assert (view.state, view.headline) == ("unknown", "The evidence does not decide.")


def test_no_cause_is_named_before_the_evidence_is_in() -> None:
    view = step(replace(judged(cluster()), settled=False), 6)
    assert (view.state, view.summary) == ("running", "investigating")


def test_what_could_not_be_read_stands_below_what_would_settle_it() -> None:
    state = found(cluster(), finding("disk-full", Verdict.UNDETERMINED), ask=(NextEvidence("df -h", "room"),))
    assert state.diagnosis is not None
    missing = (Missing("FreeSpace of worker-01", "sudo wants a password"),)
    view = step(replace(state, diagnosis=replace(state.diagnosis, unavailable=missing)), 6)
    assert headings(view) == ["What would settle what is open", "What could not be read"]
    assert items(view)[-1] == Item("FreeSpace of worker-01", "warn", "sudo wants a password")


def test_open_questions_are_bounded() -> None:
    ask = tuple(NextEvidence(f"command {number}", "why") for number in range(50))
    state = found(cluster(), finding("disk-full", Verdict.UNDETERMINED), ask=ask)
    assert state.diagnosis is not None
    missing = tuple(Missing(f"fact {number}", "why") for number in range(500))
    view = step(replace(state, diagnosis=replace(state.diagnosis, unavailable=missing)), 6)
    assert sum(isinstance(block, Command) for block in view.blocks) == 6
    assert len(items(view)) == 12
