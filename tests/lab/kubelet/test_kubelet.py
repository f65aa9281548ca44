"""Crash loops, their words and events, and how a right change heals and a wrong one does not."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from cnitui.lab.kubelet.pod_words import pod_words
from cnitui.lab.kubelet.pod_worker import PodWorker
from cnitui.lab.lab import Lab
from cnitui.lab.objects.resources import DAEMON_SETS, EVENTS, NODES, PODS
from cnitui.lab.objects.store import Change
from tests.lab.conftest import Api

PATCH = "application/strategic-merge-patch+json"
DAEMON_SET = "/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node"


def pod_of(lab: Lab, node: str) -> Any:
    """calico-node's pod on a node, or None between a delete and a create."""
    for pod in lab.world.store.all(PODS.key, "kube-system"):
        if pod["metadata"]["labels"].get("k8s-app") == "calico-node" and pod["spec"].get("nodeName") == node:
            return pod
    return None


def worker_of(lab: Lab, node: str) -> PodWorker:
    worker = lab.world.worker(pod_of(lab, node))
    assert worker is not None
    return worker


def words(lab: Lab, node: str) -> str:
    pod = pod_of(lab, node)
    return pod_words(pod).reason if pod else ""


def ready(lab: Lab, node: str) -> bool:
    obj = lab.world.store.get(NODES, "", node)
    return any(c["type"] == "Ready" and c["status"] == "True" for c in obj["status"]["conditions"])


async def patch(api: Api, spec: Any) -> Any:
    return await api.call("PATCH", DAEMON_SET, {"spec": {"template": {"spec": spec}}}, PATCH)


def security(name: str, **context: object) -> Any:
    return {"initContainers": [{"name": name, "securityContext": context}]}


async def test_the_workers_have_looped_for_seventeen_hours_and_the_master_runs() -> None:
    async with Lab.start(speed=1) as lab:
        judge_the_start(lab)


def judge_the_start(lab: Lab) -> None:
    assert {words(lab, node) for node in ("worker-01", "worker-02")} == {"Init:CrashLoopBackOff"}
    assert words(lab, "master-01") == "Running"
    assert [ready(lab, node) for node in lab.world.nodes] == [True, False, False]
    restarts = pod_words(pod_of(lab, "worker-01")).restarts
    assert 170 < restarts < 230
    denials = [event for event in lab.world.node("worker-01").audit.events if event.comm == "install"]
    assert len(denials) == restarts + 1
    gaps = [(b.time - a.time).total_seconds() for a, b in pairwise(denials[20:])]
    assert 300 < sum(gaps) / len(gaps) < 330


async def test_the_loop_goes_on_with_new_container_ids_and_every_word() -> None:
    seen: list[str] = []
    ids: set[str] = set()

    def note(change: Change) -> None:
        pod = change.object
        if (
            change.key == PODS.key
            and pod["spec"].get("nodeName") == "worker-01"
            and "initContainerStatuses" in pod["status"]
        ):
            seen.append(pod_words(pod).reason)
            ids.add(pod["status"]["initContainerStatuses"][1].get("containerID", ""))

    async with Lab.start(speed=500) as lab:
        before = pod_words(pod_of(lab, "worker-01")).restarts
        lab.world.store.on_change(note)
        await lab.until(lambda: pod_words(pod_of(lab, "worker-01")).restarts >= before + 2)
    assert {"Init:1/3", "Init:Error", "Init:CrashLoopBackOff"} <= set(seen)
    assert len(ids) >= 2


async def test_the_message_states_the_wait_that_really_happens(lab: Lab) -> None:
    """At a hundredfold speed five minutes are three seconds."""
    state = pod_of(lab, "worker-01")["status"]["initContainerStatuses"][1]["state"]["waiting"]
    assert state["message"].startswith("back-off 3s restarting failed container=install-cni pod=calico-node-")
    async with Lab.start(speed=1) as slow:
        state = pod_of(slow, "worker-01")["status"]["initContainerStatuses"][1]["state"]["waiting"]
        assert state["message"].startswith("back-off 5m0s ")


async def test_events_are_counted_and_name_the_container_in_their_field_path(lab: Lab) -> None:
    name = pod_of(lab, "worker-01")["metadata"]["name"]
    found = {e["reason"]: e for e in lab.world.store.all(EVENTS.key) if e["involvedObject"]["name"] == name}
    assert set(found) == {"Pulled", "Created", "Started", "BackOff"}
    assert found["Started"]["count"] == pod_words(pod_of(lab, "worker-01")).restarts + 1
    assert {e["involvedObject"]["fieldPath"] for e in found.values()} == {"spec.initContainers{install-cni}"}
    assert found["BackOff"]["message"].startswith(
        f"Back-off restarting failed container install-cni in pod {name}_kube-system("
    )


async def test_a_new_pod_waits_ten_twenty_and_forty_seconds(lab: Lab, api: Api) -> None:
    stated: list[str] = []

    def note(change: Change) -> None:
        for status in (
            change.object.get("status", {}).get("initContainerStatuses", []) if change.key == PODS.key else []
        ):
            message = (status["state"].get("waiting") or {}).get("message", "")
            if message and message not in stated and name in message:
                stated.append(message.split()[1])

    old = pod_of(lab, "worker-02")["metadata"]
    await api.call("DELETE", f"/api/v1/namespaces/kube-system/pods/{old['name']}")
    await lab.until(
        lambda: bool(pod_of(lab, "worker-02")) and pod_of(lab, "worker-02")["metadata"]["uid"] != old["uid"]
    )
    name = pod_of(lab, "worker-02")["metadata"]["name"]
    lab.world.store.on_change(note)
    await lab.until(lambda: len(set(stated)) >= 3)
    assert list(dict.fromkeys(stated))[:3] == ["100ms", "200ms", "400ms"]


async def test_privileged_heals_through_the_rollout_and_its_reverse_breaks_again(lab: Lab, api: Api) -> None:
    assert (await patch(api, security("install-cni", privileged=True)))["_code"] == 200
    await lab.until(lambda: all(words(lab, node) == "Running" for node in lab.world.nodes))
    await lab.until(
        lambda: lab.world.store.get(DAEMON_SETS, "kube-system", "calico-node")["status"].get("numberAvailable") == 3
    )
    assert all(ready(lab, node) for node in lab.world.nodes)
    conditions = {c["type"]: c for c in lab.world.store.get(NODES, "", "worker-01")["status"]["conditions"]}
    assert conditions["NetworkUnavailable"]["reason"] == "CalicoIsUp"
    assert "taints" not in lab.world.store.get(NODES, "", "worker-01")["spec"]
    await patch(api, security("install-cni", privileged=None))
    await lab.until(lambda: any(words(lab, f"worker-0{n}") == "Init:CrashLoopBackOff" for n in (1, 2)))
    assert all(ready(lab, node) for node in lab.world.nodes), "the CNI configuration is still there"


async def test_spc_t_heals_as_privileged_does(lab: Lab, api: Api) -> None:
    await patch(api, security("install-cni", seLinuxOptions={"type": "spc_t"}))
    await lab.until(lambda: all(words(lab, node) == "Running" for node in lab.world.nodes))


async def test_a_patch_to_the_wrong_container_heals_nothing(lab: Lab, api: Api) -> None:
    uid = pod_of(lab, "worker-01")["metadata"]["uid"]
    await patch(api, security("mount-bpffs", privileged=True, runAsUser=0))
    await lab.until(lambda: bool(pod_of(lab, "worker-01")) and pod_of(lab, "worker-01")["metadata"]["uid"] != uid)
    await lab.until(lambda: words(lab, "worker-01") == "Init:CrashLoopBackOff")


async def test_an_update_on_delete_waits_for_the_pod_to_be_deleted(lab: Lab, api: Api) -> None:
    body = {"spec": {"updateStrategy": {"$retainKeys": ["type"], "type": "OnDelete"}}}
    await api.call("PATCH", DAEMON_SET, body, PATCH)
    uid = pod_of(lab, "worker-01")["metadata"]["uid"]
    await patch(api, security("install-cni", privileged=True))
    await lab.until(
        lambda: lab.world.store.get(DAEMON_SETS, "kube-system", "calico-node")["status"]["observedGeneration"] == 3
    )
    assert pod_of(lab, "worker-01")["metadata"]["uid"] == uid
    await api.call("DELETE", f"/api/v1/namespaces/kube-system/pods/{pod_of(lab, 'worker-01')['metadata']['name']}")
    await lab.until(lambda: words(lab, "worker-01") == "Running")
    assert words(lab, "worker-02") != "Running"


async def test_relabelling_both_directories_heals_at_the_next_attempt(lab: Lab) -> None:
    for path in ("/opt/cni/bin", "/etc/cni/net.d"):
        for entry in lab.world.node("worker-01").files.below(path):
            entry.label = "system_u:object_r:container_file_t:s0"
    await lab.until(lambda: words(lab, "worker-01") == "Running")
    assert words(lab, "worker-02") != "Running"


async def test_all_containers_of_a_pod_share_one_pair_of_categories_over_restarts(lab: Lab, api: Api) -> None:
    first = worker_of(lab, "worker-01")
    container = first.find("install-cni")
    assert container is not None
    assert container.current is not None
    label, attempt = container.current.label, container.current
    await lab.until(lambda: container.current is not attempt)
    assert container.current.label == label == f"system_u:system_r:container_t:{first.level}"
    await api.call("DELETE", f"/api/v1/namespaces/kube-system/pods/{first.pod['metadata']['name']}")
    await lab.until(lambda: bool(pod_of(lab, "worker-01")) and worker_of(lab, "worker-01") is not first)
    assert worker_of(lab, "worker-01").level != first.level


async def test_a_pod_with_its_own_network_waits_on_a_broken_node_and_runs_on_a_mended_one(lab: Lab, api: Api) -> None:
    for node in ("worker-01", "master-01"):
        pod = {
            "metadata": {"name": f"on-{node}"},
            "spec": {"nodeName": node, "containers": [{"name": "c", "image": "nginx"}]},
        }
        assert (await api.call("POST", "/api/v1/namespaces/default/pods", pod))["_code"] == 201

    def named(name: str) -> Any:
        return lab.world.store.find(PODS.key, "default", name)

    await lab.until(lambda: named("on-master-01")["status"]["phase"] == "Running")
    assert named("on-master-01")["status"]["podIP"].startswith("10.244.0.")
    assert pod_words(named("on-worker-01")).reason == "ContainerCreating"
    reasons = {
        e["reason"] for e in lab.world.store.all(EVENTS.key, "default") if e["involvedObject"]["name"] == "on-worker-01"
    }
    assert reasons == {"NetworkNotReady"}
    await patch(api, security("install-cni", privileged=True))
    await lab.until(lambda: named("on-worker-01")["status"]["phase"] == "Running")
    gone = await api.call("DELETE", "/api/v1/namespaces/default/pods/on-worker-01")
    assert gone["metadata"]["deletionGracePeriodSeconds"] == 30
    await lab.until(lambda: named("on-worker-01") is None)


async def test_a_pod_that_ends_is_completed_and_stays(lab: Lab, api: Api) -> None:
    spec = {
        "restartPolicy": "Never",
        "nodeName": "master-01",
        "containers": [{"name": "c", "image": "busybox", "command": ["sleep", "2"]}],
    }
    await api.call("POST", "/api/v1/namespaces/default/pods", {"metadata": {"name": "short"}, "spec": spec})
    await lab.until(lambda: lab.world.store.get(PODS, "default", "short")["status"]["phase"] == "Succeeded")
    assert pod_words(lab.world.store.get(PODS, "default", "short")).reason == "Completed"


async def test_a_pod_no_node_takes_is_left_pending_with_the_reason(lab: Lab, api: Api) -> None:
    spec = {"nodeSelector": {"kubernetes.io/hostname": "nowhere"}, "containers": [{"name": "c", "image": "nginx"}]}
    await api.call("POST", "/api/v1/namespaces/default/pods", {"metadata": {"name": "lost"}, "spec": spec})
    await lab.until(lambda: any(e["reason"] == "FailedScheduling" for e in lab.world.store.all(EVENTS.key, "default")))
    assert pod_words(lab.world.store.get(PODS, "default", "lost")).reason == "Pending"


async def test_a_lost_replica_comes_back(lab: Lab, api: Api) -> None:
    def dns() -> list[Any]:
        return [
            p
            for p in lab.world.store.all(PODS.key, "kube-system")
            if p["metadata"]["labels"].get("k8s-app") == "kube-dns"
        ]

    first = dns()[0]["metadata"]["name"]
    await api.call("DELETE", f"/api/v1/namespaces/kube-system/pods/{first}")
    await lab.until(
        lambda: len(dns()) == 2 and all(p["metadata"]["name"] != first and pod_words(p).ready for p in dns())
    )


async def test_unreachable_api_server_loops_at_the_token_and_privilege_is_no_cure() -> None:
    async with Lab.start("apiserver-unreachable", speed=200) as lab:
        container = worker_of(lab, "worker-01").find("install-cni")
        assert container is not None
        attempt = next(one for one in container.attempts() if one.finished is not None)  # the next one may have begun
        text = b"".join(line for _, line in attempt.log.lines).decode()
        assert "i/o timeout" in text
        assert attempt.finished is not None
        assert 30 <= (attempt.finished - attempt.started).total_seconds() < 36
        assert words(lab, "worker-01") in ("Init:CrashLoopBackOff", "Init:1/3", "Init:Error")
        assert not any(event.comm == "install" for event in lab.world.node("worker-01").audit.events)
        lab.world.node("worker-01").network.endpoint = "ok"
        await lab.until(lambda: words(lab, "worker-01") == "Running")


async def test_the_healthy_scenario_has_only_running_pods_and_ready_nodes() -> None:
    async with Lab.start("healthy", speed=100) as lab:
        assert {pod_words(pod).reason for pod in lab.world.store.all(PODS.key)} == {"Running"}
        assert all(ready(lab, node) for node in lab.world.nodes)


async def test_a_pod_in_the_nodes_own_root_answers_in_its_log(lab: Lab, api: Api) -> None:
    spec = {
        "restartPolicy": "Never",
        "nodeName": "worker-01",
        "hostNetwork": True,
        "tolerations": [{"operator": "Exists"}],
        "containers": [
            {
                "name": "look",
                "image": "docker.io/calico/node:v3.27.0",
                "command": ["chroot", "/host", "sh", "-c", "getenforce; ls -dZ /opt/cni/bin; nosuch; exit 3"],
                "securityContext": {"privileged": True},
                "volumeMounts": [{"name": "root", "mountPath": "/host"}],
            }
        ],
        "volumes": [{"name": "root", "hostPath": {"path": "/"}}],
    }
    await api.call("POST", "/api/v1/namespaces/default/pods", {"metadata": {"name": "look"}, "spec": spec})
    await lab.until(lambda: lab.world.store.get(PODS, "default", "look")["status"]["phase"] == "Failed")
    assert (await api.call("GET", "/api/v1/namespaces/default/pods/look/log")).splitlines() == [
        "Enforcing",
        "system_u:object_r:bin_t:s0 /opt/cni/bin",
        "bash: line 1: nosuch: command not found",
    ]
    status = lab.world.store.get(PODS, "default", "look")["status"]["containerStatuses"][0]
    assert status["state"]["terminated"]["exitCode"] == 3


async def test_what_runs_well_has_recent_lines_in_its_log(lab: Lab) -> None:
    container = worker_of(lab, "master-01").find("calico-node")
    assert container is not None
    assert container.current is not None
    times = [moment for moment, _ in container.current.log.lines]
    assert times == sorted(times)
    assert (lab.world.clock.now() - times[-1]).total_seconds() < 90
