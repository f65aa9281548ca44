"""Steps against what does not get through: the API server, Typha, BGP."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from cnitui.domain.facts import ApiReach, NodeStatus
from cnitui.domain.listing import listed
from cnitui.domain.plan import Step
from cnitui.domain.remedies.by_hand.seen import Seen, plain


def apiserver_unreachable(seen: Seen) -> Iterator[Step]:
    """No route is another matter than packets that are dropped on their way."""
    reach = seen.one(ApiReach)
    tried = [one for one in (reach.endpoint, reach.service) if one is not None] if reach else []
    if "network is unreachable" in seen.said.lower() or any(one.outcome == "unreachable" for one in tried):
        yield Step(
            f"{seen.where} have no route to {seen.names['service_host']}: give them their default route again",
            seen.ssh("ip route; sudo ip route add default via GATEWAY"),
        )
        yield Step(
            "See that it is kept over a reboot", seen.ssh("nmcli -f ipv4.gateway,ipv4.routes connection show --active")
        )
    elif reach is not None and reach.endpoint is not None and reach.endpoint.outcome in ("timeout", "refused"):
        yield from _dropped(seen, plain(reach.endpoint.address, "ENDPOINT"), reach.endpoint.outcome)
    else:
        return
    yield from seen.restart()


def _dropped(seen: Seen, endpoint: str, outcome: str) -> Iterator[Step]:
    host, _, port = endpoint.rpartition(":")
    if outcome == "refused":
        yield Step(
            f"Nothing listens at {endpoint}: see to the API server there", "sudo crictl ps -a --name kube-apiserver"
        )
        return
    yield Step(
        f"Open TCP {port} from {seen.where} to {host}: packets to {endpoint} are dropped. See first who drops them on "
        "the nodes themselves (rules named cali- are Calico's own policies)",
        seen.ssh(f'sudo iptables-save -c | grep -E "DROP|REJECT"; ip route get {host}'),
    )
    yield Step(
        "A host's policy of Calico that forgot the API server is corrected there",
        "kubectl get globalnetworkpolicies.crd.projectcalico.org,hostendpoints.crd.projectcalico.org",
    )
    yield Step("See that it gets through", seen.ssh(f"curl -ksS --max-time 5 https://{endpoint}/livez"))


def typha_unreachable(seen: Seen) -> Iterator[Step]:
    """Typha runs on some node, and nothing else of Calico's listens at its port."""
    address = seen.quoted(r"typha endpoint ([\d.]+:\d+)", 1) or seen.quoted(r"\{([\d.]+:\d+) ", 1)
    if not address:
        return
    host, _, port = address.rpartition(":")
    yield Step(
        f"Open TCP {port} from {seen.where} to {host}, where Typha runs: on the nodes and on what lies between",
        seen.ssh(f'timeout 5 bash -c "</dev/tcp/{host}/{port}" && echo open || echo closed'),
    )
    yield Step("See that it runs there", seen.kubectl("get", "pods", "-l", "k8s-app=calico-typha", "-o", "wide"))
    yield Step(
        "Only where it hangs: start it afresh; every calico-node connects anew",
        seen.kubectl("rollout", "restart", "deployment/calico-typha"),
    )


def bgp_not_ready(seen: Seen) -> Iterator[Step]:
    """Peers that do not answer are named by the readiness probe."""
    match = re.search(r"BGP not established with ([\d.,]+)", seen.said)
    if not match:
        return
    peers = [peer for peer in match[1].strip(",").split(",") if re.fullmatch(r"[\d.]{7,15}", peer)]
    own = seen.one(NodeStatus)
    first = own.bgp_address if own else ""
    tries = [f'timeout 3 bash -c "</dev/tcp/{peer}/179" || echo {peer} is closed' for peer in peers[:5]]
    yield Step(
        "Open TCP 179 between the nodes, in both directions: "
        f"{plain(first, 'the node')} has no session with {listed(peers)}",
        seen.ssh("; ".join(tries), seen.nodes[:1]),
    )
    yield Step(
        "A firewall on the node itself (firewalld)",
        seen.ssh("sudo firewall-cmd --permanent --add-port=179/tcp && sudo firewall-cmd --reload"),
    )
    yield Step(
        "Where 179 may not be opened, use VXLAN, which needs no BGP: encapsulation is the pools' to say",
        "kubectl get ippools.crd.projectcalico.org -o yaml",
    )


STEPS: Mapping[str, Callable[[Seen], Iterator[Step]]] = {
    "apiserver-unreachable": apiserver_unreachable,
    "typha-unreachable": typha_unreachable,
    "bgp-not-ready": bgp_not_ready,
}
