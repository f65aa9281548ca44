"""BGP sessions are not established.

What it looks like
calico-node runs and is not ready: `BIRD is not ready: BGP not established with 10.0.0.12`.

Why it breaks
TCP 179 is closed between nodes, a router or cloud drops it, or the other node is down. The addresses are right.

How we know
BIRD's words, with peers that are addresses of nodes; the address that calico-node took is the node's InternalIP.

What rules it out
An init container fails; the peer's address is not a node's: then it is ip-autodetection.

Fix and its risk
Allow TCP 179 between all nodes, or use VXLAN without BGP. A change of the encapsulation interrupts traffic.

References
projectcalico/calico documentation, Configure BGP peering; node/pkg/health/health.go@v3.27.0.
"""

from __future__ import annotations

from cnitui.domain.causes._words import WORDS, before_calico_node, judge_words
from cnitui.domain.causes.base import Cause, likely
from cnitui.domain.facts import NodeStatus
from cnitui.domain.finding import Judgement, NextEvidence
from cnitui.domain.signs import Signs
from cnitui.domain.view import View

_ASK = (
    NextEvidence(
        "kubectl get nodes -o wide; ssh {node} 'sudo ss -tn sport = :179 or dport = :179'",
        "whether the peers are addresses of nodes, and whether TCP 179 gets through",
    ),
)


def judge(view: View) -> Judgement:
    """Words of BIRD."""
    before = before_calico_node(view)
    if before is not None:
        return before
    spoken = judge_words(view, CAUSE.id, ask=_ASK)
    down = view.need(Signs).of("bgp-down")
    node = view.use(NodeStatus)
    if not down or node is None or spoken.verdict.confident or view.need(Signs).of("bridge-address"):
        return spoken
    if not node.bgp_address or node.bgp_address != node.addresses.get("InternalIP"):
        return spoken
    quote = view.quote(NodeStatus, f"projectcalico.org/IPv4Address: {node.bgp_address}")
    because = "no session is established, and calico-node took the node's own address"
    return likely(because, down[0].evidence, quote, ask=_ASK)


CAUSE = Cause(
    "bgp-not-ready",
    "BGP sessions are not established",
    judge=judge,
    needs=(Signs,),
    uses=(*WORDS, NodeStatus),
    fix="allow TCP 179 between {node} and its peers, or use another encapsulation",
    family="network",
)
