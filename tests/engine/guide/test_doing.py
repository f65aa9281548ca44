"""Steps 7 to 11: what to do, what it would do, what it did; and the guide as a whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cnitui.domain.finding import Evidence, Verdict
from cnitui.domain.plan import Access, Change, DoesNotFit, Expectation, ObjectRef, Plan, PodRestart, TestPod
from cnitui.domain.remedies import Advice, Fits, Step, remedy
from cnitui.engine.guide import guide
from cnitui.engine.guide.blocks import Command, DiffText, Grid, Heading, Item, Paragraph, Quote, StepView
from cnitui.engine.ports import Permission
from cnitui.engine.repair.preview import Preview, Problem
from cnitui.engine.repair.rollout import NodeProgress, Rollout
from cnitui.engine.repair.state import Action, Option, RepairState
from cnitui.engine.repair.verify import CHECKS
from cnitui.engine.state import State
from cnitui.errors import ClusterUnreachable, Forbidden
from tests.engine.guide.states import NOON, cluster, finding, found, incident, judged, offering, with_pods

DAEMONSET = ObjectRef("apps", "v1", "daemonsets", "DaemonSet", "calico-node", "kube-system")
CHANGE = Change(DAEMONSET, ({"op": "add"},), by_hand="kubectl -n kube-system patch ds calico-node …")
WORKER = PodRestart("worker-01", "calico-node-worker-01", "u1", failing=True)
MASTER = PodRestart("master-01", "calico-node-master-01", "u0", failing=False)
PLAN = Plan(
    "patch-daemonset", "Make install-cni privileged", "selinux-denial", (CHANGE,), restarts=(MASTER, WORKER),
    test_pod=TestPod("kube-system", "cnitui-test-ab12", "worker-01", "calico/cni:v3.27.0"),
    rollout="RollingUpdate replaces unavailable pods first.", undo_by_hand="kubectl rollout undo ds/calico-node",
)  # fmt: skip
PREVIEW = Preview(
    PLAN, "20261123-120000-ab12", "prod-eu", "https://10.0.0.1:6443", NOON, {}, {}, ("+  privileged: true",),
    by_server=True, warnings=(), permissions=(Permission(Access("patch", "apps", "daemonsets"), allowed=True),),
    problems=(),
)  # fmt: skip
FITS = Option(remedy("patch-daemonset"), Fits("patch-daemonset", "it is not privileged", ("Helm will revert it",)))
DOES_NOT_FIT = Option(remedy("relabel"), DoesNotFit("relabel", "the labels are right"), (Step("look", "ls -Z"),))


def at(number: int, repair: RepairState | None = None, state: State | None = None, **changes: object) -> StepView:
    """A step when the repair stands so."""
    repair = replace(repair or RepairState(), **changes)  # type: ignore[arg-type]
    return guide(replace(state or incident(), repair=repair))[number - 1]


def items(view: StepView) -> list[str]:
    """The step's items, in order."""
    return [block.text for block in view.blocks if isinstance(block, Item)]


def headings(view: StepView) -> list[str]:
    """The step's headings, in order."""
    return [block.text for block in view.blocks if isinstance(block, Heading)]


def commands(view: StepView) -> list[str]:
    """The commands among the step's blocks."""
    return [block.line for block in view.blocks if isinstance(block, Command)]


# --- step 7: choose -------------------------------------------------------------------------------------------------


def test_choosing_waits_for_the_judgement() -> None:
    assert at(7).state == "waiting"


def test_the_remedy_looked_at_is_explained_with_its_price_and_reservations() -> None:
    view = at(7, offering(FITS, DOES_NOT_FIT))
    assert view.summary == "1 fit"
    assert headings(view)[0].startswith("Solution 2: ")
    told = items(view)
    assert told[:2] == ["fits: it is not privileged", "Helm will revert it"]
    assert any(text.startswith("risk: ") for text in told)
    assert any(text.startswith("what restarts: ") for text in told)
    assert any(text.startswith("undo: ") for text in told)


def test_a_remedy_that_does_not_fit_says_why_and_how_it_is_done_by_hand() -> None:
    view = at(7, offering(FITS, DOES_NOT_FIT, considered="relabel"))
    assert "does not fit: the labels are right" in items(view)
    assert "ls -Z" in commands(view)


def test_what_the_guide_gets_wrong_is_said_at_its_solution() -> None:
    option = Option(remedy("migrate-operator"), DoesNotFit("migrate-operator", "it is a manifest"))
    assert "What the guide gets wrong here" in headings(at(7, offering(option)))


def test_a_chosen_remedy_is_named() -> None:
    view = at(7, offering(FITS, chosen="patch-daemonset"))
    assert (view.state, view.summary) == ("pass", "chosen: patch-daemonset")


def test_advice_against_each_cause_names_its_nodes_and_commands() -> None:
    nodes = tuple(f"w{number}" for number in range(9))
    advice = Advice("disk-full", nodes, (Step("make room", "ssh w0 'df -h'"),))
    view = at(7, offering(DOES_NOT_FIT, advice=(advice,)))
    assert "Against disk-full on w0, w1, w2, w3, w4 and 4 more" in headings(view)
    assert "ssh w0 'df -h'" in commands(view)
    assert view.headline.startswith("No remedy of the guide fits")


def test_what_helps_comes_first_and_what_does_not_fit_is_one_line_with_its_reason() -> None:
    advice = Advice("disk-full", ("w1",), (Step("make room", "ssh w1 'df -h'"), Step("again", "")), "A full disk",
                    "/opt is full", "free space on w1", (Evidence("ssh w1 df", "/dev/sda 100% /opt"),))  # fmt: skip
    repair = offering(DOES_NOT_FIT, advice=(advice,))
    assert repair.entry is advice
    view = at(7, repair)
    assert view.blocks[1] == Item("/opt is full", "bad")
    assert view.blocks[-1] == Quote("/dev/sda 100% /opt", "ssh w1 df")
    assert items(view)[1:] == ["make room", "again"]
    assert view.summary == "by hand"
    elsewhere = at(7, replace(repair, considered=DOES_NOT_FIT.remedy.id))
    assert "does not fit: the labels are right" in items(elsewhere)
    assert not any(text.startswith("risk: ") for text in items(elsewhere))


def test_steps_against_a_cause_that_a_remedy_cures_come_after_it() -> None:
    selinux = Advice("selinux-denial", ("w1",), (Step("run it privileged", ""),))
    disk = Advice("disk-full", ("w2",), (Step("make room", ""),))
    cured = offering(FITS, DOES_NOT_FIT, advice=(selinux, disk))
    assert cured.outlook.entries == (FITS, disk, selinux, DOES_NOT_FIT)
    leading = offering(FITS, DOES_NOT_FIT, advice=(disk, selinux))
    assert leading.outlook.entries == (disk, FITS, selinux, DOES_NOT_FIT)


def test_the_root_cause_and_the_report_say_what_to_do_first() -> None:
    advice = Advice("disk-full", ("w1",), (Step("make room", "ssh w1 'df -h'"), Step("again", "")))
    for repair, words in (
        (offering(DOES_NOT_FIT, advice=(advice,)), "make room"),
        (offering(FITS, DOES_NOT_FIT), f"{FITS.remedy.title}: step 7 previews it"),
    ):
        views = guide(replace(incident(), repair=repair))
        for view in (views[5], views[10]):
            assert "What to do first" in headings(view)
            assert words in items(view)
    assert "What to do first" not in headings(guide(replace(incident(), repair=offering(DOES_NOT_FIT)))[5])


def test_nothing_needs_a_remedy_when_nothing_fails() -> None:
    view = at(7, offering(DOES_NOT_FIT), judged(cluster((), ("master-01",))))
    assert view.headline == "Nothing fails: no remedy is needed."


# --- step 8: preview ------------------------------------------------------------------------------------------------


def test_there_is_no_preview_before_a_choice() -> None:
    view = at(8)
    assert view.state == "waiting"
    assert "Nothing has been changed" in view.headline


def test_the_preview_shows_the_difference_first_and_says_that_nothing_is_changed_yet() -> None:
    view = at(8, preview=PREVIEW, phase="planned")
    assert (view.state, view.summary) == ("pass", "ready")
    assert view.headline == "Make install-cni privileged. Nothing has been changed yet."
    assert view.blocks[0] == DiffText(("+  privileged: true",))


def test_pods_that_restart_are_named_the_failing_ones_first() -> None:
    view = at(8, preview=PREVIEW)
    told = items(view)
    failing = told.index("calico-node-worker-01 on worker-01, failing")
    assert told[failing + 1] == "calico-node-master-01 on master-01, healthy"


def test_pods_that_are_deleted_by_us_are_marked() -> None:
    view = at(8, preview=replace(PREVIEW, plan=replace(PLAN, deletes=(WORKER,))))
    assert "calico-node-worker-01 on worker-01, failing, deleted by cnitui" in items(view)
    assert sum("calico-node-worker-01" in text for text in items(view)) == 1


def test_a_change_that_restarts_nothing_says_none() -> None:
    assert "none" in items(at(8, preview=replace(PREVIEW, plan=replace(PLAN, restarts=()))))


def test_thousands_of_restarts_are_bounded_and_counted() -> None:
    many = tuple(PodRestart(f"w{number}", f"p{number}", f"u{number}", failing=True) for number in range(5000))
    view = at(8, preview=replace(PREVIEW, plan=replace(PLAN, restarts=many)))
    assert sum(text.startswith("p") and " on w" in text for text in items(view)) == 100
    assert Paragraph("and 4900 more pods", "dim") in view.blocks


def test_what_must_hold_afterwards_is_told_before() -> None:
    plan = replace(PLAN, expectations=(Expectation("nodes", "every node is Ready"),))
    view = at(8, preview=replace(PREVIEW, plan=plan))
    assert "Checked afterwards" in headings(view)
    assert "every node is Ready" in items(view)
    assert "Checked afterwards" not in headings(at(8, preview=replace(PREVIEW, plan=replace(PLAN, expectations=()))))


def test_permissions_warnings_the_test_pod_and_the_way_back_are_told() -> None:
    refused = Permission(Access("delete", "", "pods", "kube-system"), allowed=False)
    view = at(8, preview=replace(PREVIEW, warnings=("would violate PodSecurity",), permissions=(refused,)))
    told = items(view)
    assert "would violate PodSecurity" in told
    assert "you may not delete pods in kube-system" in told
    assert any("cnitui-test-ab12" in text and "removes it" in text for text in told)
    assert commands(view) == [
        "kubectl -n kube-system patch ds calico-node …",
        "cnitui undo 20261123-120000-ab12",
        "kubectl rollout undo ds/calico-node",
    ]


def test_a_difference_we_computed_ourselves_is_called_that() -> None:
    view = at(8, preview=replace(PREVIEW, by_server=False))
    assert any("our own calculation" in text for text in items(view))


@pytest.mark.parametrize(
    ("problem", "state", "summary"),
    [
        (Problem("forbidden", "you may not patch"), "fail", "blocked"),
        (Problem("evidence", "no denial is on record", overridable=True), "unknown", "needs override"),
    ],
)
def test_what_stands_in_the_way_comes_before_the_difference(problem: Problem, state: str, summary: str) -> None:
    view = at(8, preview=replace(PREVIEW, problems=(problem,)))
    assert (view.state, view.summary) == (state, summary)
    assert isinstance(view.blocks[0], Item)
    assert view.blocks[0].text == problem.words


def test_a_plan_that_is_being_made_is_running() -> None:
    assert at(8, phase="planning").state == "running"


def test_a_failed_preview_says_what_and_what_next() -> None:
    view = at(8, error=Forbidden("you may not get daemonsets", "Ask for it.", status=403))
    assert (view.state, view.headline) == ("fail", "you may not get daemonsets")
    assert view.blocks == (Paragraph("Ask for it.", "dim"),)


def test_nothing_to_do_is_an_answer() -> None:
    view = at(8, no_plan="install-cni already runs privileged")
    assert (view.state, view.summary) == ("pass", "nothing to do")


def test_an_applied_preview_says_so() -> None:
    assert at(8, preview=PREVIEW, applied=PREVIEW).headline.endswith("This has been applied.")


# --- step 9: apply --------------------------------------------------------------------------------------------------

ROLLING = Rollout((NodeProgress("worker-01", "ready", "runs"), NodeProgress("worker-02", "starting", "pulls")))


def test_a_preview_waits_to_be_applied_and_says_how() -> None:
    assert at(9).headline == "There is no preview to apply."
    ready = at(9, preview=PREVIEW)
    assert (ready.state, ready.summary) == ("waiting", "a applies")


def test_a_blocked_preview_cannot_be_applied() -> None:
    blocked = replace(PREVIEW, problems=(Problem("readonly", "read-only"),))
    assert at(9, preview=blocked).headline == "There is no preview to apply."


def test_while_applying_each_node_has_its_line() -> None:
    view = at(9, preview=PREVIEW, applied=PREVIEW, phase="applying", rollout=ROLLING)
    assert (view.state, view.summary) == ("running", "1 of 2 nodes run the new template")
    grid = next(block for block in view.blocks if isinstance(block, Grid))
    assert [row[0] for row in grid.rows] == ["worker-01", "worker-02"]
    assert grid.roles == ("good", "accent")


def test_a_rollout_over_thousands_shows_those_that_are_not_there_yet_first() -> None:
    nodes = [NodeProgress(f"n{number:04}", "ready", "runs") for number in range(3000)]
    nodes[2999] = NodeProgress("n2999", "failing", "exit code 1")
    view = at(9, preview=PREVIEW, applied=PREVIEW, phase="applying", rollout=Rollout(tuple(nodes)))
    grid = next(block for block in view.blocks if isinstance(block, Grid))
    assert grid.rows[0][0] == "n2999"
    assert len(grid.rows) == 100
    assert Paragraph("and 2900 more nodes", "dim") in view.blocks


@pytest.mark.parametrize(
    ("outcome", "state", "words"),
    [
        ("done", "pass", "Applied: 1 of 2 nodes run the new template."),
        ("failing", "fail", "New pods fail as the old ones did."),
        ("stalled", "fail", "Nothing moved for a long time."),
    ],
)
def test_the_end_of_a_rollout_is_told(outcome: str, state: str, words: str) -> None:
    ended = replace(ROLLING, outcome=outcome)  # type: ignore[arg-type]
    view = at(9, preview=PREVIEW, applied=PREVIEW, phase="applied", rollout=ended)
    assert view.state == state
    assert view.headline.endswith(words)


def test_an_error_while_applying_keeps_what_was_done_in_view() -> None:
    done = (Action(NOON, "patched DaemonSet kube-system/calico-node"),)
    error = ClusterUnreachable("10.0.0.1:6443 does not answer", "Look again.")
    view = at(9, preview=PREVIEW, applied=PREVIEW, phase="applied", error=error, rollout=ROLLING, actions=done)
    assert (view.state, view.headline) == ("fail", "10.0.0.1:6443 does not answer.")
    assert items(view) == ["12:00:00  patched DaemonSet kube-system/calico-node"]


def test_another_preview_after_an_applied_one_waits_again() -> None:
    view = at(9, preview=replace(PREVIEW, plan_id="other"), applied=PREVIEW, phase="planned", rollout=ROLLING)
    assert view.state == "waiting"


def test_thousands_of_actions_show_the_latest() -> None:
    actions = tuple(Action(NOON + timedelta(seconds=number), f"did {number}") for number in range(500))
    view = at(9, preview=PREVIEW, applied=PREVIEW, phase="applied", actions=actions)
    assert Paragraph("400 earlier actions are in the audit log", "dim") in view.blocks
    assert items(view)[-1].endswith("did 499")


# --- step 10: verify ------------------------------------------------------------------------------------------------


def test_verification_waits_for_the_rollout() -> None:
    assert at(10).state == "waiting"


def test_after_taking_it_back_there_is_nothing_to_verify() -> None:
    assert "taken back" in at(10, undone=True).headline


def test_checks_are_counted_while_they_run() -> None:
    checks = (replace(CHECKS[0], state="pass", words="3 of 3"), replace(CHECKS[1], state="running"), *CHECKS[2:])
    view = at(10, phase="verifying", checks=checks)
    assert (view.state, view.summary) == ("running", "1 of 4 pass")
    assert items(view)[0] == "calico-node runs on every node: 3 of 3"


@pytest.mark.parametrize(("last", "state"), [("pass", "pass"), ("unknown", "unknown"), ("fail", "fail")])
def test_verification_passes_only_when_every_check_does(last: str, state: str) -> None:
    checks = (*(replace(check, state="pass") for check in CHECKS[:3]), replace(CHECKS[3], state=last))  # type: ignore[arg-type]
    assert at(10, phase="verified", checks=checks).state == state


def test_a_failed_check_offers_to_take_the_change_back() -> None:
    view = at(10, phase="verified", checks=(replace(CHECKS[0], state="fail"), *CHECKS[1:]))
    assert "u takes the change back" in view.headline


# --- step 11: report ------------------------------------------------------------------------------------------------


def test_a_rollout_that_was_taken_up_is_verified_by_a_key() -> None:
    assert at(10, phase="applied").headline == "It was not verified yet: v does."
    assert at(10, phase="applying").headline == "Verification follows the rollout by itself."


def test_there_is_no_report_before_a_diagnosis() -> None:
    assert at(11, state=State()).headline == "There is nothing to report yet."


def test_the_report_holds_findings_actions_and_checks() -> None:
    done = (Action(NOON, "previewed"),)
    view = at(11, phase="verified", actions=done, checks=CHECKS)
    assert headings(view) == ["Findings", "Actions", "Verification"]
    assert view.state == "pass"


def test_the_report_of_a_repaired_cluster_says_what_was_found_before() -> None:
    before = incident().diagnosis
    view = at(11, state=judged(cluster((), ("master-01",))), diagnosed=before)
    assert items(view)[0].startswith("confirmed: ")


def test_a_sitting_that_changed_nothing_says_so() -> None:
    assert "nothing was changed" in items(at(11))


# --- the guide as a whole -------------------------------------------------------------------------------------------


def test_the_guide_has_its_eleven_steps_in_order() -> None:
    assert [view.number for view in guide(State())] == list(range(1, 12))


def test_a_skipped_step_keeps_its_content_and_says_skipped() -> None:
    skipped, plain = guide(incident(), {3})[2], guide(incident())[2]
    assert (skipped.state, skipped.summary, skipped.glyph) == ("skipped", "skipped", "–")
    assert skipped.blocks == plain.blocks


def test_commands_are_filled_in_with_the_observed_names() -> None:
    lines = [command.line for command in guide(incident(), ssh="ssh -F lab worker-01")[0].commands]
    assert lines == [
        "kubectl -n kube-system get pods -l 'k8s-app=calico-node' -o wide",
        "kubectl get nodes -o wide",
        "kubectl -n kube-system describe pod calico-node-worker-01",
    ]
    selinux = guide(incident(), ssh="ssh -F lab worker-01")[2].commands
    assert selinux[1].line == "ssh -F lab worker-01 'sudo -n ausearch --input-logs -m avc -ts recent'"


def test_a_hostile_pod_name_is_quoted_for_a_shell() -> None:
    state = cluster()
    hostile = replace(state.pods[1], name="x; rm -rf / #")
    view = guide(with_pods(state, state.pods[0], hostile))[0]
    assert view.commands[2].line == "kubectl -n kube-system describe pod 'x; rm -rf / #'"


def test_each_looking_step_says_what_it_decides() -> None:
    state = found(
        cluster(), finding("selinux-denial", Verdict.CONFIRMED), finding("selinux-wrong-context", Verdict.RULED_OUT)
    )
    assert guide(state)[2].meaning == (
        Item("for: title of selinux-denial", "bad"),
        Item("ruled out: title of selinux-wrong-context", "good"),
    )
    assert guide(judged(cluster((), ("master-01",))))[2].meaning == ()
