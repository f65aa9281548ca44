"""Steps against what keeps a container from starting: volumes, images, processors, admission, memory."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping

from cnitui.domain.facts import NodeStatus, PodEvents
from cnitui.domain.listing import listed
from cnitui.domain.plan import Step
from cnitui.domain.remedies.by_hand.seen import LONGEST_QUOTE, Seen, few, plain

MANIFEST = "https://raw.githubusercontent.com/projectcalico/calico/{version}/manifests"
"""Where upstream keeps the manifests of a release."""


def manifest(seen: Seen) -> str:
    """The manifest this installation came from, as far as upstream has it."""
    canal = "canal" in seen.situation.daemonset_name
    return seen.filled(f"{MANIFEST}/{'canal' if canal else 'calico'}.yaml")


# --- volumes ----------------------------------------------------------------------------------------------------------


def mount_failure(seen: Seen) -> Iterator[Step]:
    """What is missing has a name: a path of the host, an object, or a propagation."""
    kind = seen.quoted(r"(configmap|secret)s? \\?\"", 1)
    name = seen.quoted(r"(?:configmap|secret)s? \\?\"(?:[\w.-]+/)?([\w.-]+)\\?\" not found", 1)
    path = seen.quoted(r"hostPath type check failed: (/[\w./-]+) is not a", 1)
    shared = re.search(r"path \\?\"(?P<path>/[\w./-]+)\\?\".{0,80}not a shared", seen.said)
    if name:
        yield from _missing_object(seen, "ConfigMap" if kind == "configmap" else "Secret", name)
    elif path:
        yield from _missing_path(seen, path)
    elif shared:
        mounted = plain(shared["path"], "PATH")
        yield Step(
            f"Make the mount of {mounted} shared on {seen.where}", seen.ssh(f"sudo mount --make-rshared {mounted}")
        )
    else:
        return
    yield from seen.restart()


def _missing_object(seen: Seen, kind: str, name: str) -> Iterator[Step]:
    if kind == "Secret":
        yield Step(f"Create Secret {name} in {seen.names['namespace']} again: only its owner has what is in it")
        return
    only = f"awk 'BEGIN {{RS=\"---\\n\"}} /kind: ConfigMap/ && /name: {name}\\n/'"
    yield Step(
        f"ConfigMap {name} is not there, so no container of {seen.names['daemonset']} starts: take it from your copy "
        f"of the manifest, else from that of {seen.names['version']}",
        f"curl -fsSL {manifest(seen)} | {only} > {name}.yaml",
    )
    yield Step("Read it (MTU, backend, Typha), then create it", seen.kubectl("create", "-f", f"{name}.yaml"))


def _missing_path(seen: Seen, path: str) -> Iterator[Step]:
    if path == "/sys/fs/bpf":
        yield Step(
            f"{path} is missing on {seen.where}: mount the BPF filesystem; its kernel needs CONFIG_BPF_SYSCALL",
            seen.ssh("sudo mount -t bpf bpffs /sys/fs/bpf"),
        )
        yield Step(
            "Where the kernel has none, take the volume bpffs and its mount out of the DaemonSet: iptables need no BPF"
        )
        return
    yield Step(f"{path} is missing on {seen.where}, or no directory: make it", seen.ssh(f"sudo mkdir -p {path}"))


# --- images -----------------------------------------------------------------------------------------------------------


def image_pull(seen: Seen) -> Iterator[Step]:
    """By the registry's answer; a node that has the image can give it to the others."""
    image = seen.names["image"]
    said = seen.said.lower()
    if re.search(r"not found|manifest unknown", said):
        yield _another_tag(seen, image)
        return
    told = [*_out_of_reach(seen, image, said)]
    yield from told
    if told:
        yield Step("See that it is there", seen.ssh(f"sudo crictl inspecti -q {image}"))
        yield from seen.restart()


def _out_of_reach(seen: Seen, image: str, said: str) -> Iterator[Step]:
    if "429" in said or "toomanyrequests" in said:
        yield from _from_a_neighbour(seen, image, "the registry's rate limit is reached, and pulling prolongs it")
        yield Step("For good: a mirror, or credentials, for which the limit is higher")
    elif re.search(r"40[13]\b|unauthorized|denied", said):
        who = ("--docker-server=REGISTRY", "--docker-username=USER", "--docker-password=PASSWORD")
        yield Step(
            f"The registry of {image} wants credentials: create them, then name them in the pod's imagePullSecrets",
            seen.kubectl("create", "secret", "docker-registry", "calico-pull", *who),
        )
    elif re.search(r"timeout|no such host|refused|unreachable|no route", said):
        yield from _from_a_neighbour(seen, image, f"{seen.where} do not reach the registry")
        named = image.partition("/")[0]
        host = "registry-1.docker.io" if named == "docker.io" else named
        yield Step(
            "For good: a way there (proxy, DNS, firewall), or a mirror",
            seen.ssh(f"curl -sSI --max-time 5 https://{host}/v2/"),
        )


def _from_a_neighbour(seen: Seen, image: str, why: str) -> Iterator[Step]:
    healthy = [plain(node, "NODE") for node in seen.situation.diagnosis.healthy_nodes]
    targets = [plain(node, "NODE") for node in few(seen.nodes)]
    if not healthy:
        yield Step(f"{why[:1].upper()}{why[1:]}: load {image} on {seen.where} from a machine that has it")
        return
    export, load = (
        f"ssh -n {healthy[0]} sudo ctr -n k8s.io images export - {image}",
        "sudo ctr -n k8s.io images import -",
    )
    if len(targets) == 1:
        line = f"{export} | ssh {targets[0]} {load}"
    else:
        line = f"for node in {' '.join(targets)}; do {export} | ssh $node {load}; done"
    yield Step(f"{healthy[0]} has {image}, and {why}: copy it to {seen.where}", line)


def _another_tag(seen: Seen, image: str) -> Step:
    spec, daemonset = seen.spec, seen.situation.daemonset
    name, _, tag = image.rpartition(":")
    others = [one.image.rpartition(":")[2] for one in daemonset.containers] if daemonset else []
    right = next((plain(other, "TAG") for other in others if other and other != tag), "TAG")
    same = [one.name for one in daemonset.containers if one.image == image] if daemonset else []
    containers = [plain(one, "CONTAINER") for one in same] or [spec.name if spec else "CONTAINER"]
    changes = [f"{container}={name}:{right}" for container in containers]
    return seen.of_daemonset(
        f"The registry has no {image}: write the tag right (other containers have {right})",
        seen.kubectl("set", "image", f"daemonset/{seen.names['daemonset']}", *changes),
    )


def arch_mismatch(seen: Seen) -> Iterator[Step]:
    """An image for all platforms is upstream's own; the node cannot be another machine."""
    node, image = seen.one(NodeStatus), seen.names["image"]
    platform = plain(node.architecture, "ARCH") if node else "ARCH"
    repository = image.rpartition(":")[0]
    which = re.search(r"calico/(cni|node)$", repository)
    if not which:
        return
    official = f"docker.io/calico/{which[1]}:{seen.names['version'] or 'TAG'}"
    spec = seen.spec
    if official == image or spec is None:
        yield Step(
            f"{seen.where} are {platform}, and the copy of {image} there is for another processor: pull it anew",
            seen.ssh(f"sudo crictl rmi {image}; sudo crictl pull {image}"),
        )
    else:
        daemonset = seen.situation.daemonset
        same = [one.name for one in daemonset.containers if one.image == spec.image] if daemonset else [spec.name]
        changes = [f"{plain(name, 'CONTAINER')}={official}" for name in same]
        yield seen.of_daemonset(
            f"{image} is not for {platform}, which {seen.where} are: take upstream's image, which is for all "
            "platforms, or push yours for both",
            seen.kubectl("set", "image", f"daemonset/{seen.names['daemonset']}", *changes),
        )
    yield Step("See for which platforms an image is", f"docker buildx imagetools inspect {image}")
    yield from seen.restart()


# --- admission, memory, release ---------------------------------------------------------------------------------------


def admission_denied(seen: Seen) -> Iterator[Step]:
    """Who refused is in the event: Pod Security, a policy, a webhook, a quota."""
    events = seen.situation.case.value(PodEvents, "")
    said = "\n".join([seen.said, *(event.message for event in (events.events if events else ()))])
    level = re.search(r"violates PodSecurity \\?\"(\w+):", said)
    webhook = re.search(r"admission webhook \\?\"([\w.-]+)\\?\" denied", said)
    policy = re.search(r"ValidatingAdmissionPolicy '?\"?([\w.-]+)", said)
    namespace = seen.names["namespace"]
    if level or seen.situation.pod_security not in (None, "", "privileged"):
        which = level[1] if level else seen.situation.pod_security
        yield Step(
            f"Namespace {namespace} enforces the Pod Security level {which}, under which no calico-node pod may be "
            "created: allow privileged pods there. It weakens that namespace, so ask who set it",
            f"kubectl label namespace {namespace} pod-security.kubernetes.io/enforce=privileged --overwrite",
        )
    elif webhook or policy:
        found = webhook or policy
        which = f"Webhook {webhook[1]}" if webhook else f"Policy {found[1] if found else ''}"
        yield Step(f"{which} refuses {seen.names['daemonset']}'s pods: except {namespace} in it, or these pods")
    elif re.search(r"exceeded quota: ([\w.-]+)", said):
        yield Step(f"A quota of {namespace} is used up: raise it", seen.kubectl("get", "resourcequota"))
    else:
        return
    yield Step(
        "See that the pods are created", seen.kubectl("get", "events", "--field-selector", "reason=FailedCreate")
    )


def resource_pressure(seen: Seen) -> Iterator[Step]:
    """Killed for its limit: the limit is in the template."""
    spec = seen.spec
    if "OOMKilled" not in seen.said or spec is None:
        return
    name = plain(spec.name, "CONTAINER")
    limits = {"name": name, "resources": {"limits": {"memory": None}, "requests": {"memory": None}}}
    kind = "initContainers" if spec.init else "containers"
    body = json.dumps({"spec": {"template": {"spec": {kind: [limits]}}}})
    yield seen.of_daemonset(
        f"{name} was killed for its memory limit (OOMKilled) on {seen.where}: take it away, as upstream has none",
        seen.kubectl("patch", "daemonset", seen.names["daemonset"], "-p", body),
    )
    yield Step(
        "Where it has none, the node is short of memory: see what uses it",
        f"kubectl describe node {seen.names['node']}",
    )


def version_incompatibility(seen: Seen) -> Iterator[Step]:
    """A program that the image does not have: manifest and image are of two releases."""
    program = seen.quoted(r"exec: \\?\"(/[\w./-]+)\\?\"", 1)
    spec = seen.spec
    if not program or spec is None:
        return
    yield seen.of_daemonset(
        f"The manifest starts {program}, which {spec.image[:LONGEST_QUOTE]} does not have: apply the manifest of the "
        f"image's release, {seen.names['version']}. Look at the difference first",
        f"kubectl diff -f {manifest(seen)}",
    )
    yield Step("then apply it", f"kubectl apply --server-side --force-conflicts -f {manifest(seen)}")
    yield Step(f"or keep the manifest, and go back to the images it came with ({listed(sorted(_images(seen)))} now)")


def _images(seen: Seen) -> set[str]:
    daemonset = seen.situation.daemonset
    return {one.image[:LONGEST_QUOTE] for one in daemonset.containers} if daemonset else set()


STEPS: Mapping[str, Callable[[Seen], Iterator[Step]]] = {
    "mount-failure": mount_failure,
    "image-pull": image_pull,
    "arch-mismatch": arch_mismatch,
    "admission-denied": admission_denied,
    "resource-pressure": resource_pressure,
    "version-incompatibility": version_incompatibility,
}
