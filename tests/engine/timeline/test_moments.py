"""Everything that has a time, merged by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from cnitui.domain.facts import Attempt, AttemptLogs, AvcDenials, Event, NodeChanges, PodEvents, Run
from cnitui.engine.repair.state import Action, RepairState
from cnitui.engine.state import Before, State
from cnitui.engine.timeline.moments import Moment, runs, timeline
from tests.engine.guide.states import DENIAL, NOON, cluster, incident, observed, pod, with_nodes, with_pods


def of_kind(state: State, kind: str) -> list[Moment]:
    """The moments of that kind, in their order."""
    return [moment for moment in timeline(state) if moment.kind == kind]


def test_moments_are_in_the_order_of_time_whatever_they_come_from() -> None:
    acted = replace(incident(), repair=RepairState(actions=(Action(NOON + timedelta(hours=1), "patched"),)))
    moments = timeline(acted)
    assert [moment.at for moment in moments] == sorted(moment.at for moment in moments)
    assert {moment.kind for moment in moments} == {"attempt", "event", "denial", "node", "action"}
    assert moments[-1] == Moment(NOON + timedelta(hours=1), "action", "", "patched", "accent")


def test_an_attempt_starts_and_ends_with_its_exit_code() -> None:
    told = [(moment.node, moment.words, moment.role) for moment in of_kind(cluster(("worker-01",), ()), "attempt")]
    assert told == [
        ("worker-01", "install-cni started", "dim"),
        ("worker-01", "install-cni ended with exit code 1 Error", "bad"),
    ]


def test_a_run_seen_as_current_and_as_last_is_told_once() -> None:
    state = cluster(("worker-01",), ())
    install = state.pods[0].containers[0]
    pod = replace(state.pods[0], containers=(replace(install, current=install.last),))
    assert len(of_kind(with_pods(state, pod), "attempt")) == 2


def test_two_runs_without_an_id_are_two() -> None:
    state = cluster(("worker-01",), ())
    install = state.pods[0].containers[0]
    first, second = Run("", NOON, NOON + timedelta(seconds=1), exit_code=1), Run("", NOON + timedelta(minutes=1))
    pod = replace(state.pods[0], containers=(replace(install, last=first, current=second),))
    assert len(of_kind(with_pods(state, pod), "attempt")) == 3


def test_an_earlier_attempt_whose_log_was_read_is_still_told() -> None:
    state = cluster(("worker-01",), ())
    earlier = Run("c0", NOON - timedelta(hours=1), NOON - timedelta(minutes=59), exit_code=2, reason="Error")
    logs = AttemptLogs("install-cni", (Attempt(earlier),), "calico-node-worker-01")
    told = of_kind(replace(state, case=observed(state.case, "worker-01", logs)), "attempt")
    assert [moment.words for moment in told][:2] == [
        "install-cni started",
        "install-cni ended with exit code 2 Error",
    ]
    assert len(told) == 4


def test_an_event_tells_its_reason_count_and_message() -> None:
    event = of_kind(incident(), "event")[0]
    assert event.words == "BackOff (x9): Back-off restarting failed container"
    assert event.role == "warn"


def test_every_condition_of_a_node_is_told_since_when_it_is_so() -> None:
    state = cluster(("worker-01",), ())
    node = replace(
        state.nodes[0],
        conditions={
            "MemoryPressure": "False KubeletHasSufficientMemory: kubelet has sufficient memory available",
            "PIDPressure": "False KubeletHasSufficientPID: kubelet has sufficient PID available",
            "DiskPressure": "True KubeletHasDiskPressure: kubelet has disk pressure",
            "NetworkUnavailable": "False CalicoIsUp: Calico is running on this node",
            "KernelDeadlock": "True DockerHung: task docker:7 blocked for more than 120 seconds",
            "EtcdIsVoter": "True MemberNotLearner: Node is a voting member of the etcd cluster",
            "Ready": "Unknown NodeStatusUnknown: Kubelet stopped posting node status.",
            "Untimed": "True Never",
        },
        condition_since={
            "MemoryPressure": NOON - timedelta(hours=17),
            "PIDPressure": NOON - timedelta(hours=17),
            "DiskPressure": NOON,
            "NetworkUnavailable": NOON - timedelta(hours=16),
            "KernelDeadlock": NOON + timedelta(minutes=1),
            "EtcdIsVoter": NOON + timedelta(minutes=2),
            "Ready": NOON + timedelta(minutes=3),
        },
        ready="Unknown",
        ready_reason="NodeStatusUnknown",
        ready_since=NOON + timedelta(minutes=3),
    )
    told = of_kind(with_nodes(state, node), "node")
    assert [(moment.words, moment.role) for moment in told] == [
        ("node MemoryPressure, PIDPressure are False", "good"),
        ("node NetworkUnavailable is False: CalicoIsUp", "good"),
        ("node DiskPressure is True: KubeletHasDiskPressure", "warn"),
        ("node KernelDeadlock is True: DockerHung", "warn"),
        ("node EtcdIsVoter is True", "good"),
        ("node Ready is Unknown: NodeStatusUnknown", "warn"),
    ]
    assert told[2].at == NOON


def test_what_changed_on_a_node_and_in_the_template_is_told() -> None:
    state = cluster(("worker-01",), ())
    changes = NodeChanges(((NOON - timedelta(hours=2), "kubelet started"),))
    state = replace(state, case=observed(state.case, "worker-01", changes), templates=((NOON - timedelta(hours=1), 3),))
    assert [(moment.node, moment.words) for moment in of_kind(state, "change")] == [
        ("worker-01", "kubelet started"),
        ("", "template revision 3 of DaemonSet calico-node was made"),
    ]


def test_what_has_no_time_is_left_out() -> None:
    state = cluster(("worker-01",), ())
    case = observed(state.case, "worker-01", PodEvents((Event("Normal", "Pulled", "image"),)))
    case = observed(case, "worker-01", AvcDenials((replace(DENIAL, time=None),)))
    state = replace(with_nodes(state, replace(state.nodes[0], ready_since=None)), case=case)
    assert {moment.kind for moment in timeline(state)} == {"attempt"}


def test_denials_are_the_installers_own_and_softer_when_only_logged() -> None:
    state = cluster(("worker-01",), ())
    others = (DENIAL, replace(DENIAL, comm="chronyd"), replace(DENIAL, permissive=True))
    denials = of_kind(replace(state, case=observed(state.case, "worker-01", AvcDenials(others))), "denial")
    assert [moment.role for moment in denials] == ["bad", "warn"]
    assert denials[0].words == "SELinux denied container_t → bin_t dir { write }"


def test_a_node_says_since_when_it_is_as_it_is() -> None:
    told = {moment.node: (moment.words, moment.role) for moment in of_kind(cluster(), "node")}
    assert told["master-01"] == ("node Ready is True: KubeletReady", "good")
    assert told["worker-01"] == ("node Ready is False: KubeletNotReady", "warn")


def test_nothing_known_is_an_empty_timeline() -> None:
    assert timeline(State()) == ()


def test_the_attempts_before_a_plan_stay_though_their_pods_are_gone() -> None:
    earlier = incident()
    healed = with_pods(cluster(), *(pod(node.name, failing=False) for node in earlier.nodes))
    state = replace(healed, before=Before("plan", NOON - timedelta(seconds=30), earlier))
    before, now, both = ({moment.words for moment in timeline(state, view)} for view in ("before", "now", "both"))
    failed, done = "install-cni ended with exit code 1 Error", "install-cni ended with exit code 0"
    assert (failed in before, failed in now, failed in both) == (True, False, True)
    assert (done in before, done in now, done in both) == (False, True, True)
    assert {one.run.exit_code for one in runs(state)} == {0, 1}
    assert len(timeline(state)) == len(set(timeline(state)))


def test_of_some_nodes_only_theirs_and_our_own_are_told() -> None:
    acted = replace(incident(), repair=RepairState(actions=(Action(NOON, "patched"),)))
    told = timeline(acted, nodes=("worker-02",))
    assert {moment.node for moment in told} == {"worker-02", ""}
    assert [moment for moment in timeline(acted) if moment.node in ("worker-02", "")] == list(told)
    assert {one.node for one in runs(acted, ("worker-02",))} == {"worker-02"}
