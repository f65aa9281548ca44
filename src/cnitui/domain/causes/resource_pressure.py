"""Memory or CPU run short.

What it looks like
`OOMKilled`, exit code 137, probes that time out, `Insufficient cpu`, eviction for memory.

Why it breaks
A limit that is too low for the number of endpoints, or a node that is too small or overloaded.

How we know
The kernel's or the kubelet's words about memory, the exit code, probes that time out without another reason.

What rules it out
The failing container ended with an error of its own.

Fix and its risk
Raise limits or timeouts, reduce load. Higher limits can starve others on a small node.

References
giantswarm/k8scloudconfig#585; kubernetes documentation, Node-pressure eviction.
"""

from __future__ import annotations

from cnitui.domain.causes._words import WORDS, judge_words
from cnitui.domain.causes.base import Cause
from cnitui.domain.finding import Judgement, NextEvidence
from cnitui.domain.signs import Signs
from cnitui.domain.view import View

_ASK = (
    NextEvidence(
        "kubectl -n {namespace} describe pod {pod}",
        "Last State, exit code and limits of the failing container",
    ),
)


def judge(view: View) -> Judgement:
    """Words of kernel and kubelet."""
    return judge_words(view, CAUSE.id, ask=_ASK)


CAUSE = Cause(
    "resource-pressure",
    "Memory or CPU run short",
    judge=judge,
    needs=(Signs,),
    uses=WORDS,
    fix="raise the limits or timeouts of the failing container, or relieve {node}",
    family="pod",
)
