"""A local copy of what the watches say, and how its stream is."""

from __future__ import annotations

from cnitui.domain.facts import ContainerSpec, DaemonSetStatus, PodStatus
from cnitui.engine.ports import Changed, Interrupted, Listed, Removed
from cnitui.engine.watching.picture import PATIENCE, Mirror, Picture
from cnitui.errors import ClusterError, ClusterUnreachable, Forbidden, Unauthorized
from tests.engine.fake_cluster import FakeClock, pod
from tests.engine.fake_sitting import ScriptedCluster

FIRST, SECOND = pod("worker-01"), pod("worker-02")
CLOCK = FakeClock()


def mirror() -> Mirror[PodStatus]:
    return Mirror(lambda found: found.uid)


def cut(error: ClusterError | None = None) -> Interrupted:
    return Interrupted(error or ClusterUnreachable("refused"), 2)


def test_lists_replace_and_events_change_what_is_there() -> None:
    copy = mirror()
    copy.take(Listed((FIRST, SECOND)), CLOCK)
    copy.take(Removed(FIRST), CLOCK)
    copy.take(Removed(FIRST), CLOCK)
    copy.take(Changed(FIRST), CLOCK)
    assert list(copy.items) == [SECOND, FIRST]
    copy.take(Listed((FIRST,)), CLOCK)
    assert list(copy.items) == [FIRST]
    assert copy.link.phase == "live"


def test_what_was_seen_stays_while_the_stream_is_down_and_since_when_is_known() -> None:
    copy, clock = mirror(), FakeClock()
    copy.take(Listed((FIRST,)), clock)
    copy.take(cut(), clock)
    since = copy.link.since
    clock.time = clock.time.replace(hour=13)
    copy.take(cut(), clock)
    assert (copy.link.phase, copy.link.since) == ("stale", since)
    assert copy.link.retry_at is not None
    assert copy.link.retry_at > clock.now()
    assert copy.items == (FIRST,)
    copy.take(Changed(SECOND), clock)
    assert (copy.link.phase, copy.link.error) == ("live", None)


def test_refusals_are_told_from_failures() -> None:
    for error in (Forbidden("403"), Unauthorized("401")):
        copy = mirror()
        copy.take(cut(error), CLOCK)
        assert copy.link.phase == "refused"
        assert copy.known, "a refusal is an answer"


def test_a_list_that_never_came_is_waited_for_a_few_failures_long() -> None:
    copy = mirror()
    assert not copy.known
    known = []
    for _ in range(PATIENCE):
        copy.take(cut(), CLOCK)
        known.append(copy.known)
    assert known == [False] * (PATIENCE - 1) + [True]
    assert not copy.listed


def test_an_answer_in_between_renews_the_patience() -> None:
    copy = mirror()
    for _ in range(PATIENCE):
        copy.take(cut(), CLOCK)
        copy.take(Changed(FIRST), CLOCK)
    assert not copy.known


def test_only_daemonsets_that_run_calico_count() -> None:
    picture = Picture(ScriptedCluster(), CLOCK, "", lambda: None)
    ours = DaemonSetStatus("calico-system", "whatever", containers=(ContainerSpec("calico-node", 0, init=False),))
    proxy = DaemonSetStatus("kube-system", "kube-proxy", containers=(ContainerSpec("kube-proxy", 0, init=False),))
    picture.daemonsets.take(Listed((proxy, ours)), CLOCK)
    assert picture.calico_daemonsets == (ours,)
