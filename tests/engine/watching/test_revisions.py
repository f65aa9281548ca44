"""Revisions in the lab: a template that comes back is the present one, whatever the generations say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cnitui.compose import services
from cnitui.domain.plan import ObjectRef
from cnitui.domain.revision import HASH
from cnitui.engine.ports import Changed, Listed
from cnitui.engine.session import Session
from cnitui.engine.state import State
from cnitui.lab import Lab
from cnitui.lab.objects.resources import DAEMON_SETS
from cnitui.settings import Settings
from tests.engine.fake_cluster import pod
from tests.engine.fake_sitting import CALICO, FakeShell, ScriptedCluster, running, sitting, until


@asynccontextmanager
async def session_on(lab: Lab, folder: Path, user: str = "admin") -> AsyncIterator[Session]:
    async with session_of(lab.kubeconfig_of(user), folder) as session:
        yield session


@asynccontextmanager
async def session_of(kubeconfig: Path, folder: Path) -> AsyncIterator[Session]:
    """A session that runs on this cluster and reads no nodes."""
    settings = Settings(kubeconfig=(kubeconfig,), node_access="none", state_dir=folder)
    async with services(settings) as opened:
        session = Session(opened)
        async with running(session):
            yield session


def on_the_present_template(state: State) -> bool:
    settled = state.daemonset is not None and state.daemonset.observed_generation == state.daemonset.generation
    return settled and bool(state.pods) and all(pod.revision == state.revision for pod in state.pods)


@pytest.mark.parametrize("user", ["admin", "viewer"])
async def test_a_change_beside_the_template_leaves_every_pod_current(tmp_path: Path, user: str) -> None:
    async with Lab.start("healthy", speed=20, seed=7) as lab, session_on(lab, tmp_path, user) as session:
        before = await until(session, on_the_present_template)
        lab.world.store.modify(DAEMON_SETS, "kube-system", "calico-node", beside_the_template)
        assert before.daemonset is not None
        first = before.daemonset.generation
        state = await until(session, lambda state: state.daemonset and state.daemonset.generation > first)
        state = await until(session, on_the_present_template)
        assert {pod.uid for pod in state.pods} == {pod.uid for pod in before.pods}


def beside_the_template(daemon_set: Any) -> None:
    daemon_set["spec"]["minReadySeconds"] = 1
    daemon_set["metadata"]["generation"] += 1


async def test_after_a_rollback_the_pods_of_the_template_that_came_back_are_current(tmp_path: Path) -> None:
    async with Lab.start("healthy", speed=20, seed=7) as lab, session_on(lab, tmp_path) as session:
        before = await until(session, on_the_present_template)
        lab.world.store.modify(DAEMON_SETS, "kube-system", "calico-node", lambda one: sleeping(one, "9"))
        other = await until(session, lambda state: state.revision != before.revision and on_the_present_template(state))
        lab.world.store.modify(DAEMON_SETS, "kube-system", "calico-node", lambda one: sleeping(one, ""))
        again = await until(session, lambda state: state.revision != other.revision and on_the_present_template(state))
        assert again.revision == before.revision


def sleeping(daemon_set: Any, seconds: str) -> None:
    """Another template, or the first one again."""
    (install,) = (c for c in daemon_set["spec"]["template"]["spec"]["initContainers"] if c["name"] == "install-cni")
    install["env"] = [one for one in install.get("env", []) if one["name"] != "PAUSE"]
    if seconds:
        install["env"].append({"name": "PAUSE", "value": seconds})
    daemon_set["metadata"]["generation"] += 1


async def test_who_may_not_read_revisions_has_the_counts(tmp_path: Path) -> None:
    async with Lab.start("healthy", speed=20, seed=7) as lab:
        lab.faults.respond(403, r"/controllerrevisions")
        async with session_on(lab, tmp_path) as session:
            state = await until(session, on_the_present_template)
            assert (state.newest_revision, bool(state.revision)) == ("", True)
            assert replace(state, newest_revision="x").revision == "x"


class SlowRevisions(ScriptedCluster):
    """A cluster that answers what its revisions are when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.answer = asyncio.Event(), asyncio.Event()

    async def objects(self, ref: ObjectRef, selector: str = "") -> tuple[Mapping[str, object], ...]:
        self.asked.set()
        await self.answer.wait()
        return ({"metadata": {"labels": {HASH: "7f9c"}, "ownerReferences": [{"uid": "d1"}]}, "revision": 3},)


def node_read(name: str, state: State) -> bool:
    look = state.look(name)
    return look is not None and look.phase == "done"


async def test_nothing_is_settled_while_the_revision_is_still_to_come(tmp_path: Path) -> None:
    cluster = SlowRevisions()
    async with sitting(tmp_path, cluster=cluster, shell=FakeShell()) as at:
        cluster.pod_stream.say(Listed(cluster.pod_list))
        cluster.node_stream.say(Listed(cluster.node_list))
        cluster.daemonset_stream.say(Listed((replace(CALICO, uid="d1"),)))
        await cluster.asked.wait()
        for name in ("worker-01", "worker-03"):  # rounds enough for a state that would call itself settled
            await at.until(partial(node_read, name))
            cluster.pod_stream.say(Changed(pod("worker-03", failing=True)))
        cluster.answer.set()
        await at.settled()
        assert {state.newest_revision for state in at.seen if state.settled} == {"7f9c"}
