"""On a real controller: a template that comes back keeps its pods, and these are told as current."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from cnitui.engine.state import State
from tests.engine.fake_sitting import until
from tests.engine.watching.test_revisions import on_the_present_template, session_of
from tests.realcluster.conftest import RealCluster, only_in

pytestmark = pytest.mark.realcluster


def patched(real: RealCluster, patch: object) -> None:
    real.kubectl("-n", "kube-system", "patch", "daemonset", "calico-node", "-p", json.dumps(patch))


def sleeping(seconds: str) -> object:
    container = {"name": "calico-node", "env": [{"name": "PAUSE", "value": seconds}]}
    return {"spec": {"template": {"spec": {"containers": [container]}}}}


async def test_after_a_rollback_every_pod_is_current(realcluster: RealCluster, tmp_path: Path, state: str) -> None:
    only_in(state, "stock")
    async with session_of(realcluster.kubeconfig(), tmp_path) as session:
        before = await until(session, on_the_present_template)
        patched(realcluster, {"spec": {"minReadySeconds": 1}})
        patched(realcluster, sleeping("9"))
        other = await until(session, lambda now: now.revision != before.revision and on_the_present_template(now))
        realcluster.kubectl("-n", "kube-system", "rollout", "undo", "daemonset/calico-node")
        again = await until(session, lambda now: now.revision != other.revision and on_the_present_template(now))
        assert again.revision == before.revision
        assert generations(again) != {again.daemonset.generation if again.daemonset else 0}
        patched(realcluster, {"spec": {"minReadySeconds": 0}})
    await asyncio.sleep(0.2)  # TLS connections end with an answer of the other side, which nobody waits for elsewhere


def generations(state: State) -> set[int]:
    return {int(pod.template_generation or 0) for pod in state.pods}
