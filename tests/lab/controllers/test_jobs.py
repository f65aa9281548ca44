"""The lab's Jobs: a pod that really runs in its node's root, an end, a deadline, a TTL, and what is left of them."""

from __future__ import annotations

from typing import Any

from cnitui.lab.lab import Lab
from tests.lab.conftest import Api

JOBS = "/apis/batch/v1/namespaces/kube-system/jobs"
PODS = "/api/v1/namespaces/kube-system/pods"
NAMESPACE = "/api/v1/namespaces/kube-system"


def job(script: str, **spec: object) -> dict[str, Any]:
    container = {
        "name": "read",
        "image": "docker.io/calico/cni:v3.27.0",
        "command": ["/usr/sbin/chroot", "/host", "sh", "-c", script],
        "securityContext": {"privileged": True},
        "volumeMounts": [{"name": "root", "mountPath": "/host"}],
    }
    pod = {
        "nodeName": "worker-01",
        "hostNetwork": True,
        "restartPolicy": "Never",
        "tolerations": [{"operator": "Exists"}],
        "containers": [container],
        "volumes": [{"name": "root", "hostPath": {"path": "/"}}],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "look"},
        "spec": {"backoffLimit": 0, "template": {"spec": pod}, **spec},
    }


def held(lab: Lab) -> Any:
    return lab.world.store.find("jobs.batch", "kube-system", "look")


def pods(lab: Lab) -> list[Any]:
    return [pod for pod in lab.world.store.all("pods") if pod["metadata"].get("labels", {}).get("job-name") == "look"]


def condition(lab: Lab) -> str:
    told = held(lab)["status"].get("conditions") or [{"type": ""}] if held(lab) else [{"type": "gone"}]
    return str(told[0]["type"])


async def test_its_pod_runs_in_the_nodes_root_and_completes(lab: Lab, api: Api) -> None:
    assert (await api.call("POST", JOBS, job("getenforce; ls -dZ /opt/cni/bin")))["_code"] == 201
    await lab.until(lambda: condition(lab) == "Complete")
    (pod,) = pods(lab)
    assert pod["spec"]["nodeName"] == "worker-01"
    assert pod["metadata"]["ownerReferences"][0]["kind"] == "Job"
    text = await api.call("GET", f"{PODS}/{pod['metadata']['name']}/log", container="read")
    assert text == "Enforcing\nsystem_u:object_r:bin_t:s0 /opt/cni/bin\n"


async def test_one_that_fails_has_failed_and_is_not_tried_again(lab: Lab, api: Api) -> None:
    await api.call("POST", JOBS, job("exit 3"))
    await lab.until(lambda: condition(lab) == "Failed")
    assert held(lab)["status"]["conditions"][0]["reason"] == "BackoffLimitExceeded"
    assert len(pods(lab)) == 1


async def test_its_deadline_ends_it(lab: Lab, api: Api) -> None:
    await api.call("POST", JOBS, job("sleep 100000", activeDeadlineSeconds=30))
    await lab.until(lambda: condition(lab) == "Failed")
    assert held(lab)["status"]["conditions"][0]["reason"] == "DeadlineExceeded"
    await lab.until(lambda: not pods(lab))


async def test_its_ttl_removes_it_and_its_pod(lab: Lab, api: Api) -> None:
    await api.call("POST", JOBS, job("true", ttlSecondsAfterFinished=30))
    await lab.until(lambda: held(lab) is None and not pods(lab))


async def test_deleting_it_takes_its_pod_along_unless_told_otherwise(lab: Lab, api: Api) -> None:
    for policy, left in (("Orphan", 1), ("Background", 0)):
        await api.call("POST", JOBS, job("sleep 100000"))
        await lab.until(lambda: len(pods(lab)) == 1)
        await api.call("DELETE", f"{JOBS}/look", {"propagationPolicy": policy})
        if left:
            assert len(pods(lab)) == left
            await api.call("DELETE", f"{PODS}/{pods(lab)[0]['metadata']['name']}", {"gracePeriodSeconds": 0})
        await lab.until(lambda: held(lab) is None and not pods(lab))


async def test_a_namespace_that_refuses_its_pod_accepts_the_job_with_a_warning_and_an_event(lab: Lab, api: Api) -> None:
    labels = {f"pod-security.kubernetes.io/{mode}": "baseline" for mode in ("enforce", "warn")}
    await api.call("PATCH", NAMESPACE, {"metadata": {"labels": labels}}, "application/merge-patch+json")
    assert (await api.call("POST", JOBS, job("true")))["_code"] == 201
    await lab.until(lambda: any(e["reason"] == "FailedCreate" for e in lab.world.store.all("events")))
    event = next(e for e in lab.world.store.all("events") if e["reason"] == "FailedCreate")
    assert event["involvedObject"]["kind"] == "Job"
    assert 'violates PodSecurity "baseline:latest"' in event["message"]
    assert pods(lab) == []


async def test_a_job_whose_pod_would_always_restart_is_refused(api: Api) -> None:
    wanted = job("true")
    del wanted["spec"]["template"]["spec"]["restartPolicy"]
    answer = await api.call("POST", JOBS, wanted)
    assert (answer["_code"], answer["reason"]) == (422, "Invalid")
    assert 'valid values: "OnFailure", "Never"' in answer["message"]


async def test_who_may_not_create_one_is_told(api: Api) -> None:
    answer = await api.as_user("viewer").call("POST", JOBS, job("true"))
    assert answer["_code"] == 403
    assert 'cannot create resource "jobs" in API group "batch"' in answer["message"]
