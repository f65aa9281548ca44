"""calico-node cannot reach Typha.

What it looks like
`Failed to connect to Typha`, a timeout of port 5473, no Typha endpoints; calico-node restarts or stays unready while
Typha runs.

Why it breaks
TCP 5473 is closed between the nodes, Typha has no ready pod, or its certificates differ.

How we know
Felix names Typha or port 5473 in its own log.

What rules it out
An init container fails: install-cni does not talk to Typha.

Fix and its risk
Open TCP 5473 between all nodes, restart Typha. A restart disconnects every Felix for a moment.

References
projectcalico/calico documentation, System requirements; felix/daemon/daemon.go@v3.27.0.
"""

from __future__ import annotations

from cnitui.domain.causes._words import WORDS, before_calico_node, judge_words
from cnitui.domain.causes.base import Cause
from cnitui.domain.finding import Judgement, NextEvidence
from cnitui.domain.signs import Signs
from cnitui.domain.view import View

_ASK = (
    NextEvidence(
        "kubectl get pods -A -l k8s-app=calico-typha -o wide",
        "whether Typha runs, and where",
    ),
)


def judge(view: View) -> Judgement:
    """Words of Felix."""
    return before_calico_node(view) or judge_words(view, CAUSE.id, ask=_ASK)


CAUSE = Cause(
    "typha-unreachable",
    "calico-node cannot reach Typha",
    judge=judge,
    needs=(Signs,),
    uses=WORDS,
    fix="open TCP 5473 from {node} to the nodes that run Typha, or restart Typha",
    family="control-plane",
)
