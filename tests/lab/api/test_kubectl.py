"""The commands an engineer types, by the real kubectl."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from cnitui.lab.lab import Lab
from tests.lab.conftest import Kubectl, need, run
from tests.lab.kubelet.test_kubelet import pod_of

SYSTEM = ("-n", "kube-system")
PRIVILEGED = json.dumps(
    {
        "spec": {
            "template": {"spec": {"initContainers": [{"name": "install-cni", "securityContext": {"privileged": True}}]}}
        }
    }
)


async def test_get_prints_the_guides_table(kubectl: Kubectl) -> None:
    async with Lab.start(speed=1) as slow:
        status, out = await run(
            need("kubectl"),
            *SYSTEM,
            "get",
            "pods",
            "-l",
            "k8s-app=calico-node",
            "-o",
            "wide",
            KUBECONFIG=str(slow.kubeconfig),
        )
    assert status == 0
    rows = {line.split()[-3]: line.split() for line in out.splitlines()[1:]}
    assert rows["master-01"][1:4] == ["1/1", "Running", "0"]
    assert rows["worker-01"][1:3] == ["0/1", "Init:CrashLoopBackOff"]
    assert out.splitlines()[0].split()[:5] == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("get nodes", "NotReady"),
        ("get nodes -o wide", "Rocky Linux 9.4 (Blue Onyx)"),
        ("get pods -A", "kube-apiserver-master-01"),
        ("get ds -n kube-system -o wide", "docker.io/calico/node:v3.27.0"),
        ("get ds calico-node -n kube-system -o yaml", "name: install-cni"),
        ("get events -A --sort-by=.lastTimestamp", "BackOff"),
        ("events -A", "BackOff"),
        ("api-resources", "daemonsets"),
        ("version", "v1.31.0"),
        ("cluster-info", "is running at"),
        ("auth can-i patch daemonsets -n kube-system", "yes"),
        ("auth can-i --list", "*.*"),
        ("auth whoami", "kubernetes-admin"),
        ("describe node worker-01", "NetworkPluginNotReady"),
        ("describe ds calico-node -n kube-system", "install-cni"),
        ("rollout history ds/calico-node -n kube-system", "REVISION"),
        ("get controllerrevisions -n kube-system", "daemonset.apps/calico-node"),
        ("get --raw /readyz", "ok"),
        ("get all -A", "deployment.apps/coredns"),
        ("get crd", "ippools.crd.projectcalico.org"),
        ("get ippools -o yaml", "10.244.0.0/16"),
        ("get ippools.crd.projectcalico.org,felixconfigurations,ipamblocks", "ipamblock.crd.projectcalico.org/10-244-"),
        ("get networkpolicies.crd.projectcalico.org -A", "No resources found"),
        ("get leases -n kube-node-lease", "worker-01"),
        ("get endpointslices,ep,svc", "10.240.0.11:6443"),
        ("get sts,cronjobs,pvc,pdb,netpol -A", "No resources found"),
        ("rollout status ds/kube-proxy -n kube-system --timeout=20s", "successfully rolled out"),
        ("wait --for=condition=Ready node/master-01 --timeout=20s", "condition met"),
        ("get pods -n kube-system -l k8s-app=kube-proxy --chunk-size=1", "kube-proxy-"),
    ],
)
async def test_reading_works(kubectl: Kubectl, arguments: str, expected: str) -> None:
    status, out = await kubectl(*arguments.split())
    assert status == 0, out
    assert expected in out


async def test_describe_and_logs_of_a_failing_pod(lab: Lab, kubectl: Kubectl) -> None:
    name = pod_of(lab, "worker-01")["metadata"]["name"]
    _, out = await kubectl(*SYSTEM, "describe", "pod", name)
    for text in (
        "Controlled By:  DaemonSet/calico-node",
        "Restart Count:  2",
        "Back-off restarting failed container install-cni",
    ):
        assert text in out
    out = ""
    async with asyncio.timeout(30):
        while not out.rstrip().endswith("found no writeable directory, exiting error=<nil>"):  # an attempt may just run
            _, out = await kubectl(*SYSTEM, "logs", name, "-c", "install-cni", "--tail", "1", "--timestamps")
    assert out.startswith("20")
    status, out = await kubectl(*SYSTEM, "logs", name, "-c", "mount-bpffs")
    assert (status, out.strip()) == (
        1,
        f'Error from server (BadRequest): container "mount-bpffs" in pod "{name}" is waiting to start: PodInitializing',
    )
    status, out = await kubectl(*SYSTEM, "logs", name, "-c", "install-cni", "-f", "--since", "1h")
    assert status == 0
    assert "FATAL" in out


async def test_patch_preview_apply_rollout_wait_and_undo(lab: Lab, kubectl: Kubectl) -> None:
    async def ok(*arguments: str) -> str:
        status, out = await kubectl(*SYSTEM, *arguments)
        assert status == 0, out
        return str(out)

    inits = ".spec.template.spec.initContainers"
    path = f"jsonpath={{.metadata.generation}} {{{inits}[*].name}} {{{inits}[1].securityContext}}"
    shown = await ok("patch", "ds", "calico-node", "--dry-run=server", "-p", PRIVILEGED, "-o", path)
    assert shown == '2 upgrade-ipam install-cni mount-bpffs {"privileged":true}'
    assert await ok("get", "ds", "calico-node", "-o", "jsonpath={.metadata.generation}") == "1"
    status, out = await kubectl(*SYSTEM, "patch", "ds", "calico-node", "--type=merge", "-p", PRIVILEGED)
    assert status == 1
    assert "image: Required value" in out
    await ok("patch", "ds", "calico-node", "-p", PRIVILEGED)
    assert "successfully rolled out" in await ok("rollout", "status", "ds/calico-node", "--timeout=20s")
    assert (await ok("wait", "--for=condition=Ready", "pod", "-l", "k8s-app=calico-node", "--timeout=10s")).count(
        "condition met"
    ) == 3
    assert (await ok("wait", "--for=condition=Ready", "node", "--all", "--timeout=10s")).count("condition met") == 3
    assert "rolled back" in await ok("rollout", "undo", "ds/calico-node")
    assert "REVISION  CHANGE-CAUSE\n2         <none>\n3         <none>" in await ok(
        "rollout", "history", "ds/calico-node"
    )
    await lab.until(lambda: any("CrashLoop" in str(p) for p in [pod_of(lab, "worker-01"), pod_of(lab, "worker-02")]))


async def test_json_patch_with_a_guard(kubectl: Kubectl) -> None:
    place = "/spec/template/spec/initContainers/1"
    for name, status in (("install-cni", 0), ("mount-bpffs", 1)):
        patch = [
            {"op": "test", "path": f"{place}/name", "value": name},
            {"op": "add", "path": f"{place}/securityContext", "value": {"privileged": True}},
        ]
        code, out = await kubectl(
            *SYSTEM, "patch", "ds", "calico-node", "--type=json", "--dry-run=server", "-p", json.dumps(patch)
        )
        assert code == status, out


async def test_apply_and_diff_an_edited_daemonset(lab: Lab, kubectl: Kubectl, tmp_path: Path) -> None:
    _, text = await kubectl(*SYSTEM, "get", "ds", "calico-node", "-o", "json")
    edited = json.loads(text)
    edited.pop("status")
    for field in ("resourceVersion", "uid", "creationTimestamp", "generation", "annotations"):
        edited["metadata"].pop(field)
    edited["spec"]["template"]["spec"]["initContainers"][1]["securityContext"] = {"privileged": True}
    manifest = tmp_path / "ds.json"
    manifest.write_text(json.dumps(edited))
    status, out = await kubectl("diff", "-f", str(manifest))
    assert status == 1
    assert "+          privileged: true" in out
    for words in (("--dry-run=server",), (), ("--dry-run=client",)):
        status, out = await kubectl("apply", "-f", str(manifest), *words)
        assert status == 0, out
    status, out = await kubectl("apply", "-f", str(manifest))
    assert "daemonset.apps/calico-node unchanged" in out
    assert lab.world.store.all("daemonsets.apps")[0]["metadata"]["generation"] == 2


async def test_server_side_apply_names_who_holds_a_field(kubectl: Kubectl, tmp_path: Path) -> None:
    manifest = tmp_path / "map.yaml"
    meta = {"name": "shared", "namespace": "default"}
    for number, words in enumerate((("--field-manager=one",), ("--field-manager=two",), ("--force-conflicts",))):
        document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"a": str(number)}}
        manifest.write_text(json.dumps(document))
        status, out = await kubectl("apply", "--server-side", "-f", str(manifest), *words)
        refused = 'conflict with "one": .data.a' in out
        assert (status, refused) == ((1, True) if number == 1 else (0, False)), out
    status, out = await kubectl("diff", "--server-side", "-f", str(manifest))
    assert (status, out) == (0, "")
    assert (await kubectl("create", "-f", str(manifest)))[1].endswith('configmaps "shared" already exists\n')
    assert (await kubectl("delete", "-f", str(manifest)))[0] == 0


async def test_small_things_are_created_and_a_node_is_drained(lab: Lab, kubectl: Kubectl) -> None:
    for words in (
        "namespace n",
        "configmap c --from-literal=a=b",
        "serviceaccount s",
        "secret generic s --from-literal=a=b",
    ):
        status, out = await kubectl("create", *words.split())
        assert status == 0, out
    assert (await kubectl("get", "secret", "s", "-o", "jsonpath={.data.a}"))[1] == "Yg=="
    status, out = await kubectl("drain", "worker-01", "--ignore-daemonsets")
    assert status == 0, out
    assert lab.world.store.find("nodes", "", "worker-01")["spec"]["unschedulable"] is True  # type: ignore[index]


async def test_a_test_pod_runs_where_the_network_works_and_is_removed(kubectl: Kubectl) -> None:
    await kubectl(*SYSTEM, "patch", "ds", "calico-node", "-p", PRIVILEGED)
    await kubectl(*SYSTEM, "rollout", "status", "ds/calico-node", "--timeout=20s")
    overrides = json.dumps({"spec": {"nodeSelector": {"kubernetes.io/hostname": "worker-01"}}})
    status, out = await kubectl("run", "test-nginx", "--image=nginx", f"--overrides={overrides}")
    assert (status, out) == (0, "pod/test-nginx created\n")
    assert (await kubectl("wait", "--for=condition=Ready", "pod/test-nginx", "--timeout=10s"))[0] == 0
    _, out = await kubectl("get", "pod", "test-nginx", "-o", "wide")
    assert "worker-01" in out
    assert "10.244.1." in out
    assert (await kubectl("delete", "pod", "test-nginx"))[0] == 0
    assert (await kubectl("get", "pod", "test-nginx"))[
        1
    ] == 'Error from server (NotFound): pods "test-nginx" not found\n'


async def test_a_watch_prints_rows_as_they_change(lab: Lab) -> None:
    process = await asyncio.create_subprocess_exec(
        need("kubectl"),
        *SYSTEM,
        "get",
        "pods",
        "-w",
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "KUBECONFIG": str(lab.kubeconfig)},
    )
    assert process.stdout is not None
    seen = ""
    try:
        async with asyncio.timeout(15):
            while not ("Init:1/3" in seen and "Init:Error" in seen):
                seen += (await process.stdout.readline()).decode()
    finally:
        process.kill()
        await process.wait()
    assert seen.splitlines()[0].split() == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]


@pytest.mark.parametrize(
    ("user", "text"),
    [
        ("viewer", 'User "viewer" cannot list resource "nodes" in API group "" at the cluster scope'),
        ("nobody", 'User "nobody" cannot list resource "nodes" in API group "" at the cluster scope'),
        ("token-expired", "You must be logged in to the server"),
        ("wrong-ca", "certificate signed by unknown authority"),
    ],
)
async def test_other_kubeconfigs_are_refused_in_their_own_way(lab: Lab, user: str, text: str) -> None:
    status, out = await run(need("kubectl"), "get", "nodes", KUBECONFIG=str(lab.kubeconfig_of(user)))
    assert status == 1
    assert text in out
