"""Steps against what the API server refuses or lacks: rights, tokens, trust, definitions, configuration."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

from cnitui.domain.facts import NodeStatus, PodStatus
from cnitui.domain.plan import Step
from cnitui.domain.remedies.by_hand.seen import Seen, plain
from cnitui.domain.remedies.by_hand.start import MANIFEST, manifest

_REFUSED = re.compile(
    r"User \\?\"(?P<user>system:serviceaccount:[a-z0-9.:-]+)\\?\" cannot (?P<verb>[a-z]+) resource "
    r"\\?\"(?P<what>[a-z0-9./-]+)\\?\""
)
TOKEN_LASTS = timedelta(seconds=3607)
"""What the API server's projected tokens last, and the kubelet renews them before (kubernetes ServiceAccount docs)."""
_HOLDS = re.compile(r"node '(?P<name>[\w.-]{1,253})' is already using the IPv4 address (?P<address>[\d.]{7,15}\d)")
_API_SERVER_ANEW = Step(
    "The API server reads it when it starts", "sudo crictl rm -f $(sudo crictl ps -q --name kube-apiserver)"
)


def rbac_forbidden(seen: Seen) -> Iterator[Step]:
    """`kubectl auth reconcile` adds what a role lacks and takes nothing away."""
    match = _REFUSED.search(seen.said)
    right = f"{match['user']} may not {match['verb']} {match['what']}" if match else "A right is missing"
    yield Step(
        f"{right}: add what the roles of {seen.names['version']} have; nothing is taken away",
        f"kubectl auth reconcile -f {manifest(seen)}",
    )
    if match:
        yield Step("See that it may now", f"kubectl auth can-i {match['verb']} {match['what']} --as {match['user']}")
    yield from seen.restart()


def serviceaccount_token(seen: Seen) -> Iterator[Step]:
    """A missing account is another matter than a token that the server does not accept."""
    missing = seen.quoted(r"serviceaccounts? \\?\"([\w.-]+)\\?\" not found", 1)
    if missing:
        yield Step(
            f"ServiceAccount {missing} is not there: create it, with the role and binding of {seen.names['version']}",
            seen.kubectl("create", "serviceaccount", missing),
        )
        yield Step("and its rights", f"kubectl auth reconcile -f {manifest(seen)}")
        yield from seen.restart()
        return
    if "nauthorized" not in seen.said:
        return
    renewed = any(_outlived_its_token(pod) for pod in seen.pods)
    if not renewed:
        yield from seen.restart()
    since = "The kubelet has renewed the token since, and it is refused all the same" if renewed else "If it is refused"
    yield Step(
        f"{since}: the API server does not know the key that tokens are signed with. Compare the two, on each "
        "control-plane node",
        "sudo grep -E 'service-account-(key|signing-key)-file|service-account-private-key-file|service-account-issuer' "
        "/etc/kubernetes/manifests/kube-apiserver.yaml /etc/kubernetes/manifests/kube-controller-manager.yaml",
    )
    yield Step("Compare the clocks: a token that is not valid yet is refused too", seen.ssh("date -u"))
    yield Step(
        "A kubeconfig that was copied there keeps its old token: let Calico write its own",
        seen.ssh(f"sudo rm {seen.names['net_dir']}/calico-kubeconfig"),
    )
    if renewed:
        yield from seen.restart()


def _outlived_its_token(pod: PodStatus) -> bool:
    """Whether it fails so late that its token is another than its first: they last an hour (kubelet token manager)."""
    failed = pod.failing.last_failure if pod.failing else None
    started = failed.started_at if failed else None
    return bool(started and pod.created_at and started - pod.created_at > TOKEN_LASTS)


# --- trust ------------------------------------------------------------------------------------------------------------


def tls_certificate(seen: Seen) -> Iterator[Step]:
    """What x509 says differs by fault: a clock, a date, an authority, a name."""
    told = [*_trust(seen)]
    yield from told
    if told:
        yield from seen.restart()


def _trust(seen: Seen) -> Iterator[Step]:
    now, when, other = _dates(seen.said)
    bound = "from" if when == "before" else "to"
    others_work = bool(seen.situation.diagnosis.healthy_nodes)
    if when == "before" or (when and others_work):
        yield Step(
            f"The clock of {seen.where} says {now}, and the certificate is valid {bound} {other}: set "
            "the clock, and let it be kept",
            seen.ssh("sudo systemctl enable --now chronyd && sudo chronyc makestep; date -u"),
        )
    elif when == "after":
        yield Step(
            f"The API server's certificate ended on {other}: renew it, on each control-plane node",
            "sudo kubeadm certs renew apiserver",
        )
        yield _API_SERVER_ANEW
        yield Step("See what else ends soon", "sudo kubeadm certs check-expiration")
    elif "unknown authority" in seen.said:
        yield Step(
            "The API server's certificate is of another authority than the pods are told (ConfigMap kube-root-ca.crt): "
            "compare the two, on a control-plane node",
            "sudo openssl x509 -noout -subject -fingerprint -in /etc/kubernetes/pki/ca.crt; kubectl -n kube-system get "
            "configmap kube-root-ca.crt -o jsonpath='{.data.ca\\.crt}' | openssl x509 -noout -subject -fingerprint",
        )
        yield Step(
            "Where they differ: give kube-controller-manager the API server's authority (--root-ca-file), and it "
            "publishes that anew",
            "sudo grep -n root-ca-file /etc/kubernetes/manifests/kube-controller-manager.yaml",
        )
    elif match := re.search(r"valid for (?P<names>[\w.,:* -]+), not (?P<wanted>[\w.:-]+)", seen.said):
        wanted = plain(match["wanted"], "NAME")
        yield Step(
            f"The API server's certificate does not name {wanted}, only {match['names'][:99]}: make it anew with "
            "that name, on each control-plane node (kubeadm adds the Service's address by itself)",
            "cd /etc/kubernetes/pki && sudo mkdir -p /root/old && sudo mv apiserver.crt apiserver.key /root/old/ && "
            f"sudo kubeadm init phase certs apiserver --apiserver-cert-extra-sans {wanted}",
        )
        yield _API_SERVER_ANEW


def _dates(said: str) -> tuple[str, str, str]:
    match = re.search(r"current time (\S{10,30}) is (before|after) (\S{10,30})", said)
    return (match[1], match[2], match[3]) if match else ("", "", "")


# --- definitions and configuration ------------------------------------------------------------------------------------


def missing_crds(seen: Seen) -> Iterator[Step]:
    """Definitions of the release that runs; the server says which it misses."""
    kind = seen.quoted(r"\((?:\w+) ([\w.]+projectcalico\.org)\)", 1)
    yield Step(
        f"The API server does not know {kind.lower() or 'one of the kinds of Calico'}: create the CRDs of "
        f"{seen.names['version']}. Never delete one: what is stored of it goes with it",
        seen.filled(f"kubectl apply --server-side -f {MANIFEST}/crds.yaml"),
    )
    yield from seen.restart()


def bad_cni_config(seen: Seen) -> Iterator[Step]:
    """The template in the ConfigMap is JSON but for its placeholders."""
    if "valid json" not in seen.said.lower():
        return
    name = "canal-config" if "canal" in seen.situation.daemonset_name else "calico-config"
    get = seen.kubectl("get", "configmap", name, "-o", "jsonpath={.data.cni_network_config}")
    yield Step(
        f"cni_network_config in ConfigMap {name} is no JSON: correct it. This names the line",
        f"{get} | sed 's/__[A-Z_]*__/0/' | python3 -m json.tool",
    )
    yield seen.of_daemonset("then edit it", seen.kubectl("edit", "configmap", name))
    yield from seen.restart()


def ip_autodetection(seen: Seen) -> Iterator[Step]:
    """The kubelet's own address is right on nearly every cluster, and needs no name of an interface."""
    node = seen.one(NodeStatus)
    daemonset = seen.situation.daemonset
    agent = daemonset.container("calico-node") if daemonset else None
    method = agent.env.get("IP_AUTODETECTION_METHOD", "first-found") if agent else "first-found"
    taken = seen.quoted(r"already using the IPv4 address ([\d.]+\d)", 1)
    how = f"takes {taken}, which other nodes have as well" if taken else "finds no address of its own"
    internal = node.addresses.get("InternalIP", "") if node else ""
    wanted = f" ({seen.nodes[0]} has {internal})" if internal and seen.nodes else ""
    yield seen.of_daemonset(
        f"On {seen.where} calico-node {how} (IP_AUTODETECTION_METHOD {method[:60]}): let it take the kubelet's "
        f"address{wanted}",
        seen.kubectl(
            "set", "env", f"daemonset/{seen.names['daemonset']}", "IP_AUTODETECTION_METHOD=kubernetes-internal-ip"
        ),
    )
    yield Step("See which addresses the kubelets have", "kubectl get nodes -o wide")


def ip_pool_config(seen: Seen) -> Iterator[Step]:
    """The pool that calico-node is told to make."""
    pool = seen.quoted(r"CIDR = '?([\d./]+)", 1) or seen.quoted(r"IP pool: ([\d./]+)", 1)
    if not pool:
        return
    small = " is smaller than one block of 64 addresses" if "too small" in seen.said else " is refused"
    yield seen.of_daemonset(
        f"The pool {pool}{small}: set CALICO_IPV4POOL_CIDR to the cluster's pod network (kubeadm: podSubnet)",
        seen.kubectl(
            "set",
            "env",
            f"daemonset/{seen.names['daemonset']}",
            "-c",
            "calico-node",
            "CALICO_IPV4POOL_CIDR=POD_NETWORK",
        ),
    )
    yield Step(
        "The pod network is here, or what the nodes' parts of it lie in",
        "kubectl -n kube-system get configmap kubeadm-config -o yaml | grep podSubnet; kubectl get nodes -o "
        "custom-columns=NODE:.metadata.name,PODS:.spec.podCIDR",
    )


# --- who owns it, and what is left over -------------------------------------------------------------------------------


def operator_managed(seen: Seen) -> Iterator[Step]:
    """What is changed below the operator is gone within minutes."""
    owner = next((one for one in seen.situation.owners if one.kind == "operator"), None)
    name = plain(owner.name, "NAME") if owner else "default"
    yield Step(
        f"Installation/{name} owns {seen.names['daemonset']}, and the operator takes back what is changed below it: "
        "change the Installation",
        f"kubectl edit installation {name}",
    )
    yield Step("See what the operator says, and what it refuses", "kubectl get tigerastatus -o yaml")
    yield Step("If it does nothing, repair it", "kubectl -n tigera-operator logs deploy/tigera-operator --tail=100")


def stale_node_state(seen: Seen) -> Iterator[Step]:
    """The record of a machine's earlier name holds its address."""
    match = _HOLDS.search(seen.said)
    if not match or match["name"] in seen.nodes:
        return
    name, address = plain(match["name"], "NAME"), match["address"]
    yield Step(
        f"The record {name} holds {address}, which is the address of {seen.where} now: delete that record, and only "
        "that. See first that no machine answers by that name any more",
        f"kubectl get node {name} -o wide",
    )
    yield Step("A node that lives would lose its pods' addresses", f"kubectl delete node {name}")
    yield from seen.restart()


STEPS: Mapping[str, Callable[[Seen], Iterator[Step]]] = {
    "rbac-forbidden": rbac_forbidden,
    "serviceaccount-token": serviceaccount_token,
    "tls-certificate": tls_certificate,
    "missing-crds": missing_crds,
    "bad-cni-config": bad_cni_config,
    "ip-autodetection": ip_autodetection,
    "ip-pool-config": ip_pool_config,
    "operator-managed": operator_managed,
    "stale-node-state": stale_node_state,
}
