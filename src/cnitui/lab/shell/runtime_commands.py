"""crictl: what the container runtime of a node knows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cnitui.lab.clock import human_duration
from cnitui.lab.kubelet.pod_status import image_id
from cnitui.lab.machine.selinux import context

if TYPE_CHECKING:
    from cnitui.lab.jsontypes import Object
    from cnitui.lab.kubelet.containers import Attempt, Container
    from cnitui.lab.kubelet.pod_worker import PodWorker
    from cnitui.lab.shell.invocation import Builtin, Invocation

_HEADERS = ("CONTAINER", "IMAGE", "CREATED", "STATE", "NAME", "ATTEMPT", "POD ID", "POD")


def crictl(run: Invocation) -> int:
    """crictl ps [-a] [--name X] [-q] [-o json], inspect ID, pods, info, version."""
    if not run.session.root:
        run.err(
            'level=fatal msg="validate service connection: validate CRI v1 runtime API for endpoint '
            '\\"unix:///run/containerd/containerd.sock\\": rpc error: code = Unavailable desc = connection error: '
            'desc = \\"transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: permission '
            'denied\\""\n'
        )
        return 1
    words = [word for word in run.arguments[1:] if not word.startswith("-")]
    verb = words[0] if words else ""
    handler = {"ps": _ps, "inspect": _inspect, "info": _info, "pods": _pods, "version": _version}.get(verb)
    if handler is None:
        run.err(f"No help topic for '{verb}'\n")
        return 3
    return handler(run)


def _held(run: Invocation) -> list[tuple[PodWorker, Container, Attempt]]:
    """Every attempt the runtime still has, newest first: one dead one per container."""
    found = []
    for worker in run.world.workers.values():
        if worker.node is run.node:
            for container in worker.containers:
                attempts = container.attempts()[-1:] if container.state != "running" else container.attempts()
                found += [(worker, container, attempt) for attempt in attempts]
    return sorted(found, key=lambda item: item[2].started, reverse=True)


def _state(attempt: Attempt) -> str:
    return "Exited" if attempt.finished else "Running"


def _ps(run: Invocation) -> int:
    flags, _ = run.options("o", long_with_value=("name", "state", "pod", "output", "label"))
    everything = "a" in flags or "all" in flags
    held = [item for item in _held(run) if everything or item[2].finished is None]
    if name := flags.get("name"):
        held = [item for item in held if name in item[1].name]
    if (flags.get("o") or flags.get("output")) == "json":
        run.line(json.dumps({"containers": [_listed(*item) for item in held]}, indent=2))
        return 0
    if "q" in flags or "quiet" in flags:
        for _, _, attempt in held:
            run.line(attempt.container_id)
        return 0
    now = run.world.clock.now()
    rows: list[tuple[str, ...]] = [_HEADERS]
    for worker, container, attempt in held:
        ago = human_duration((now - attempt.started).total_seconds()) + " ago"
        count = str(container.restarts if attempt is container.current else container.restarts - 1)
        image = image_id(container.spec["image"])[7:20]
        pod = worker.pod["metadata"]
        rows.append(
            (
                attempt.container_id[:13],
                image,
                ago,
                _state(attempt),
                container.name,
                count,
                _sandbox(worker)[:13],
                pod["name"],
            )
        )
    widths = [max(len(row[column]) for row in rows) + 4 for column in range(len(_HEADERS))]
    for row in rows:
        run.line("".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def _sandbox(worker: PodWorker) -> str:
    uid: str = worker.pod["metadata"]["uid"]
    return uid.replace("-", "") * 2


def _listed(worker: PodWorker, container: Container, attempt: Attempt) -> Object:
    meta = worker.pod["metadata"]
    return {
        "id": attempt.container_id,
        "podSandboxId": _sandbox(worker),
        "metadata": {"name": container.name, "attempt": container.restarts},
        "image": {"image": image_id(container.spec["image"])},
        "state": f"CONTAINER_{_state(attempt).upper()}",
        "createdAt": str(int(attempt.started.timestamp() * 1e9)),
        "labels": {
            "io.kubernetes.container.name": container.name,
            "io.kubernetes.pod.name": meta["name"],
            "io.kubernetes.pod.namespace": meta["namespace"],
            "io.kubernetes.pod.uid": meta["uid"],
        },
    }


def _inspect(run: Invocation) -> int:
    flags, words = run.options("o", long_with_value=("output", "template"))
    wanted = words[1:]
    found = [item for item in _held(run) if any(item[2].container_id.startswith(word) for word in wanted)]
    if not found:
        run.err(
            f'level=fatal msg="getting the status of the container \\"{"".join(wanted)}\\": rpc error: code = NotFound '
            'desc = an error occurred when try to find container: not found"\n'
        )
        return 1
    del flags
    for worker, container, attempt in found:
        run.line(json.dumps(_inspected(worker, container, attempt), indent=2))
    return 0


def _inspected(worker: PodWorker, container: Container, attempt: Attempt) -> Object:
    labelling = worker.node.selinux.runtime_labels and worker.node.selinux.enabled
    security = container.spec.get("securityContext") or {}
    process: Object = {"user": {"uid": 0, "gid": 0}, "args": container.spec.get("command") or []}
    if attempt.label:
        process["selinuxLabel"] = attempt.label
    linux: Object = {"mountLabel": context("container_file_t", worker.level)} if labelling else {}
    mounts = [{"container_path": m["mountPath"], "name": m["name"]} for m in container.spec.get("volumeMounts") or []]
    status: Object = {
        "id": attempt.container_id,
        "metadata": {"attempt": container.restarts, "name": container.name},
        "state": f"CONTAINER_{_state(attempt).upper()}",
        "startedAt": attempt.started.isoformat(),
        "finishedAt": attempt.finished.isoformat() if attempt.finished else "0001-01-01T00:00:00Z",
        "exitCode": attempt.exit_code or 0,
        "labels": _listed(worker, container, attempt)["labels"],
        "mounts": mounts,
    }
    info = {
        "sandboxID": _sandbox(worker),
        "pid": 0 if attempt.finished else attempt.pid,
        "privileged": bool(security.get("privileged")),
        "runtimeSpec": {"process": process, "linux": linux},
    }
    return {"status": status, "info": info}


def _pods(run: Invocation) -> int:
    run.line(f"{'POD ID':<17}{'CREATED':<20}{'STATE':<12}{'NAME':<46}{'NAMESPACE':<20}ATTEMPT")
    for worker in run.world.workers.values():
        if worker.node is run.node:
            meta = worker.pod["metadata"]
            run.line(f"{_sandbox(worker)[:13]:<17}{'':<20}{'Ready':<12}{meta['name']:<46}{meta['namespace']:<20}0")
    return 0


def _info(run: Invocation) -> int:
    ready = run.node.network_ready
    network: Object = {"type": "NetworkReady", "status": ready}
    network |= {"reason": "", "message": ""}
    if not ready:
        network |= {
            "reason": "NetworkPluginNotReady",
            "message": "Network plugin returns error: cni plugin not initialized",
        }
    conditions = [{"type": "RuntimeReady", "status": True, "reason": "", "message": ""}, network]
    config = {
        "enableSelinux": run.node.selinux.runtime_labels,
        "cni": {"binDir": run.node.cni_bin_dir, "confDir": run.node.cni_conf_dir},
    }
    run.line(json.dumps({"status": {"conditions": conditions}, "config": config}, indent=2))
    return 0


def _version(run: Invocation) -> int:
    version = run.node.runtime.rpartition("/")[2]
    run.line(f"Version:  0.1.0\nRuntimeName:  containerd\nRuntimeVersion:  {version}\nRuntimeApiVersion:  v1")
    return 0


COMMANDS: dict[str, Builtin] = {"crictl": crictl}
