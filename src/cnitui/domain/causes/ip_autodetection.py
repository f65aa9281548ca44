"""calico-node picked a wrong address, or none.

What it looks like
`Couldn't autodetect an IPv4 address`, `BGP not established with 172.17.0.1`, two nodes with 10.0.2.15.

Why it breaks
The default takes the first interface that looks usable: a container bridge, a virtual machine's NAT, or a method that
cannot work (an IPv6 peer for an IPv4 address).

How we know
calico-node's words; an address of a container bridge or NAT where a node's own should be.

What rules it out
An init container fails: calico-node has not looked for an address yet.

Fix and its risk
Set IP_AUTODETECTION_METHOD (nodeAddressAutodetectionV4 with the operator), for instance by interface or CIDR. It
restarts calico-node everywhere.

References
projectcalico/calico#8607; canonical/microk8s#3804; node/pkg/lifecycle/startup@v3.27.0.
"""

from __future__ import annotations

from cnitui.domain.causes._words import WORDS, before_calico_node, judge_words
from cnitui.domain.causes.base import Cause
from cnitui.domain.finding import Judgement, NextEvidence
from cnitui.domain.signs import Signs
from cnitui.domain.view import View

_ASK = (
    NextEvidence(
        "kubectl get nodes -o wide; kubectl get node {node} -o yaml | grep projectcalico.org/IPv4",
        "a BGP address that is no INTERNAL-IP was detected wrongly",
    ),
)


def judge(view: View) -> Judgement:
    """Words of calico-node's start-up."""
    return before_calico_node(view) or judge_words(view, CAUSE.id, ask=_ASK)


CAUSE = Cause(
    "ip-autodetection",
    "calico-node picked a wrong address, or none",
    judge=judge,
    needs=(Signs,),
    uses=WORDS,
    fix="set the address autodetection method: interface=…, cidr=… or kubernetes-internal-ip",
    family="network",
)
