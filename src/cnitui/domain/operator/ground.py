"""What has to be so before anything else: the right Calico, in the right place, in good health, not yet migrated."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cnitui.domain.documents import Document, as_mapping
from cnitui.domain.operator.network import NODE
from cnitui.domain.operator.observation import (
    API_SERVICE,
    CALICO_NODE,
    CANALS,
    CLUSTER,
    ENDPOINT,
    FELIX,
    INSTALLATIONS,
    STATUSES,
    Observation,
    mappings,
    name_of,
    text,
)
from cnitui.domain.operator.parts import Check, Part, met, mind, refused, unknown, written
from cnitui.domain.operator.releases import NEWEST, OLDEST, SOURCE, Release, release_of
from cnitui.domain.operator.workload import Workload

_PLAIN_VERSION = re.compile(r"v\d{1,3}\.\d{1,3}\.\d{1,3}", re.ASCII)
_IMAGE = re.compile(r"(?:(?P<host>[^/]*[.:][^/]*|localhost)/)?(?:(?P<path>[^:@]*)/)?(?P<prefix>[^/:@]*)node(?:[:@].*)?")


def standing(seen: Observation) -> Iterator[Check]:
    """Whether there is anything to migrate."""
    canal = next((ref for ref in CANALS if seen.one(ref) is not None), None)
    if canal is not None:
        why = "canal and flannel give pods their addresses here, which the operator cannot take over"
        yield refused(
            "networking", why, canal.words, "Calico's documentation: Migrate a cluster from flannel/canal first"
        )
        return
    installed = [name_of(found) for found in seen.objects(INSTALLATIONS) or ()]
    if installed:
        reports = ", ".join(name_of(found) for found in seen.objects(STATUSES) or ())
        quote = f"Installation {', '.join(installed)}{f'; TigeraStatus {reports}' if reports else ''}"
        yield refused("operator", "the operator is installed and has its Installation: look at tigerastatus", quote)
        return
    if seen.objects(INSTALLATIONS) is None:
        yield unknown("operator", f"whether there is an Installation: {seen.unseen(INSTALLATIONS)}")
    else:
        yield met("operator", "not installed yet", "no Installation")
    yield from _place(seen)


def _place(seen: Observation) -> Iterator[Check]:
    if seen.one(CALICO_NODE) is None:
        unseen = seen.unseen(CALICO_NODE)
        if unseen:
            yield unknown("calico-node", unseen)
        else:
            why = "the operator migrates this DaemonSet and no other; it would install a second Calico beside yours"
            yield refused("calico-node", why, f"no {CALICO_NODE.words}")


def version_of(seen: Observation, node: Workload) -> tuple[str, tuple[Check, ...]]:
    """Calico's version and what speaks for it: the image that runs, and what calico-node wrote about the cluster."""
    image = text(as_mapping(node.container(NODE)).get("image"))
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    written = next(
        (text(as_mapping(found.get("spec")).get("calicoVersion")) for found in seen.objects(CLUSTER) or ()), ""
    )
    quote = f"image {image or '(none)'}; ClusterInformation calicoVersion: {written or '(none)'}"
    found = next((version for version in (tag, written) if _PLAIN_VERSION.fullmatch(version)), "")
    if not found:
        why = "neither names a release of Calico, so the operator's release is not known and not guessed"
        return "", (unknown("Calico version", why, quote),)
    checks = [_released(found, quote)]
    if written and tag and written != tag:
        checks.append(mind("Calico version", "the image and what calico-node last wrote differ", quote))
    return found, tuple(checks)


def _released(version: str, quote: str) -> Check:
    release = release_of(version)
    if release is None:
        why = f"{version} is not in the table ({OLDEST} to {NEWEST}), so its operator's release is not known"
        return unknown("Calico version", why, quote)
    told = f"Calico {version} belongs to operator {release.operator} ({SOURCE})"
    if release.installs != version:
        why = f"{told}; but that operator says it installs {release.installs}"
        return mind("Calico version", why, quote, "prefer a patch release whose operator is its own")
    return met("Calico version", told, quote)


def health(seen: Observation, node: Workload) -> Iterator[Check]:
    """The migration waits for every pod, node by node; what is broken stops it in the middle."""
    status = as_mapping(node.document.get("status"))
    desired, ready = status.get("desiredNumberScheduled"), status.get("numberReady", 0)
    quote = f"desired {desired}, ready {ready}"
    if not isinstance(desired, int):
        yield unknown("health", "the DaemonSet has no status", "")
    elif desired != ready:
        why = "the migration waits for every calico-node pod and would hang in the middle"
        yield mind("health", why, quote, "repair them before step 1")
    else:
        yield met("health", "every calico-node pod is ready", quote)
    data = [as_mapping(found.get("spec")).get("datastoreReady") for found in seen.objects(CLUSTER) or ()]
    if False in data:
        yield refused("health", "another migration of the datastore is under way", "datastoreReady: false")


def dataplane(seen: Observation, node: Workload, release: Release | None) -> Part:
    """eBPF and nftables; convert/bpf.go since operator v1.27, convert/nftables.go since v1.40."""
    if seen.objects(FELIX) is None:
        why = f"FelixConfiguration: {seen.unseen(FELIX)}; the operator reads it itself"
        return Part((unknown("dataplane", why),))
    default = next((found for found in seen.objects(FELIX) or () if name_of(found) == "default"), None)
    felix = as_mapping(as_mapping(default).get("spec"))
    minor = release.minor if release else 0
    if minor >= 27 and default is None:
        why = "the operator reads FelixConfiguration default, and fails without; calico-node makes it when it starts"
        return Part((refused("dataplane", why, "no FelixConfiguration default"),))
    bpf = felix.get("bpfEnabled") is True or node.variable(NODE, "FELIX_BPFENABLED").given().lower() == "true"
    mode = node.variable(NODE, "FELIX_NFTABLESMODE").given().lower() or text(felix.get("nftablesMode")).lower()
    enabled = written(felix["bpfEnabled"]) if "bpfEnabled" in felix else "not set"
    quote = f"bpfEnabled: {enabled}, nftablesMode: {mode or 'not set'}"
    if bpf and mode == "enabled":
        return Part((refused("dataplane", "eBPF and nftables at once", quote),))
    if bpf:
        return _bpf(seen, quote, minor)
    if mode == "enabled" and minor >= 40:
        return Part((met("dataplane", "nftables", quote),), {"calicoNetwork": {"linuxDataplane": "Nftables"}})
    return Part((met("dataplane", "iptables, or as FelixConfiguration says", quote),))


def _bpf(seen: Observation, quote: str, minor: int) -> Part:
    checks = [met("dataplane", "eBPF", quote)]
    if seen.unseen(ENDPOINT):
        checks.append(unknown("dataplane", f"ConfigMap kubernetes-services-endpoint: {seen.unseen(ENDPOINT)}"))
    elif seen.one(ENDPOINT) is None:
        why = "with eBPF the operator copies ConfigMap kubernetes-services-endpoint, and fails without"
        checks.append(
            refused("dataplane", why, "no such ConfigMap in kube-system", "create it: the API server's address")
        )
    return Part(tuple(checks), {"calicoNetwork": {"linuxDataplane": "BPF"}} if minor >= 27 else {})


def images(node: Workload, release: Release | None) -> Part:
    """Where images come from: the operator pulls from its own registry unless it is told."""
    image = text(as_mapping(node.container(NODE)).get("image"))
    found = _IMAGE.fullmatch(image)
    secrets = [text(entry.get("name")) for entry in mappings(node.pod.get("imagePullSecrets"))]
    share: dict[str, object] = {"imagePullSecrets": [{"name": name} for name in secrets]} if secrets else {}
    checks: list[Check] = []
    if secrets:
        why = "the operator copies pull secrets from its own namespace"
        checks.append(mind("images", why, ", ".join(secrets), "create them in namespace tigera-operator as well"))
    if found is None:
        return Part((*checks, unknown("images", "the image of calico-node is none of Calico's", image)), share)
    host, path, prefix = found["host"] or "docker.io", found["path"] or "", found["prefix"] or ""
    if host in ("docker.io", "quay.io") and (path, prefix) == ("calico", ""):
        own = release.registry if release else "its own registry, docker.io/ or quay.io/"
        why = f"nodes have to reach {own} (Calico) and quay.io (the operator itself)"
        return Part((*checks, mind("images", why, image)), share)
    why = (
        "they come from a registry of your own: it needs all images of the operator's installation, and the operator's"
    )
    fix = "mirror them, and put your registry into tigera-operator.yaml too"
    share |= {"registry": f"{host}/"} | ({"imagePath": path} if path else {})
    share |= {"imagePrefix": prefix} if prefix else {}
    return Part((*checks, mind("images", why, image, fix)), share)


def api_server(seen: Observation) -> Part:
    """Whether the Calico API server is there; the operator brings one for Calico since v1.20."""
    found: Document | None = seen.one(API_SERVICE)
    if found is None:
        unseen = seen.unseen(API_SERVICE)
        why = "none is installed; apiserver.yaml brings one, which the operator needs to change pools later"
        return Part((unknown("API server", unseen) if unseen else met("API server", why, "no APIService"),))
    service = as_mapping(as_mapping(found.get("spec")).get("service"))
    where = f"{service.get('namespace', '?')}/{service.get('name', '?')}"
    if not service:
        return Part(
            (met("API server", "projectcalico.org/v3 is served by CRDs, no API server is needed", "no service"),)
        )
    why = "it was installed by a manifest, and the operator's would stand beside it"
    fix = (
        "leave apiserver.yaml away until you have removed the manifest's, see Calico's documentation of the API server"
    )
    return Part((mind("API server", why, where, fix),))
