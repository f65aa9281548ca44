"""Left-overs of an earlier installation or identity.

What it looks like
`already using the IPv4 address` by the same machine under another name; calls to the socket of a CNI that is gone;
interfaces or routes that already exist.

Why it breaks
A reset does not clean /etc/cni/net.d, interfaces, iptables and IPAM; a changed hostname leaves the old node record
behind.

How we know
The foreign name or socket in the message; an address that is part of the conflicting name.

What rules it out
Another fault is named conclusively by the failing container.

Fix and its risk
Delete the stale record or file, and only that: deleting the record of a live node takes its addresses away.

References
projectcalico/calico#1867; kubernetes/kubernetes#107127.
"""

from __future__ import annotations

import re

from cnitui.domain.causes._words import WORDS, judge_words
from cnitui.domain.causes.base import Cause, likely
from cnitui.domain.facts import PodRows
from cnitui.domain.finding import Judgement, NextEvidence
from cnitui.domain.signs import Signs
from cnitui.domain.view import View

_CALICO_POD = re.compile(r"(?:rke2-)?(?:calico|canal)")
_OTHER_NETWORK = re.compile(
    r"(?:kube-)?(?:kube-router|kuberouter|flannel|cilium|weave-net|antrea|kindnet|ovn|ovs|aws-node|azure-cni|romana)"
)
_CONFLICT = re.compile(r"node '(?P<name>[\w.-]{1,253})' is already using the IPv[46] address (?P<address>[\w.:]{2,45})")
_ASK = (
    NextEvidence(
        "ssh {node} 'ls -l {net_dir}; ip -br link'; kubectl get nodes -o wide",
        "foreign files, interfaces and names",
    ),
)


def judge(view: View) -> Judgement:
    """Words about what should not be there any more; a conflict of a machine with its own earlier name."""
    return _own_earlier_name(view) or _network_that_is_gone(view) or judge_words(view, CAUSE.id, ask=_ASK)


def _network_that_is_gone(view: View) -> Judgement | None:
    """Calico's configuration lies on the node, and the pods of another network run instead of Calico's."""
    table = view.use(PodRows)
    listed = view.need(Signs).of("config-listed")
    names = [row.name for row in table.rows] if table else []
    others = [name for name in names if _OTHER_NETWORK.match(name)]
    if not listed or not others or any(_CALICO_POD.match(name) for name in names):
        return None
    quotes = (listed[0].evidence, view.quote(PodRows, ", ".join(others[:3])))
    return likely("Calico's configuration is there, but another network's pods run", *quotes, ask=_ASK)


def _own_earlier_name(view: View) -> Judgement | None:
    for sign in view.need(Signs).of("same-address"):
        conflict = _CONFLICT.search(sign.text)
        if conflict and conflict["address"].rstrip(".:").replace(".", "-") in conflict["name"]:
            because = "the conflicting node's name contains this very address: the same machine under an earlier name"
            return likely(because, sign.evidence, ask=_ASK)
    return None


CAUSE = Cause(
    "stale-node-state",
    "Left-overs of an earlier installation or identity",
    judge=judge,
    needs=(Signs,),
    uses=(*WORDS, PodRows),
    fix="remove the left-over on {node} (old CNI files, interfaces) or the stale node record",
    family="configuration",
)
