"""The image does not fit the processor.

What it looks like
`exec format error`, `CPU does not support x86-64-v2`, `Illegal instruction`; exit code 132, sometimes 127 or 139, and
no log of the installer at all. Often only some nodes: the ARM ones, or the ones with an old or virtual CPU model.

Why it breaks
The image was built for another architecture, or for a newer level of the instruction set than this processor (or the
hypervisor's model of it) has. A truncated image can say `exec format error` as well.

How we know
The words of kernel, C library or Go runtime, and the exit code.

What rules it out
The failing container printed its own log.

Fix and its risk
An image of the right platform, or another CPU model for the virtual machine (which restarts it).

References
projectcalico/calico#5963, #9738, #11352, #3053.
"""

from __future__ import annotations

from cnitui.domain.causes._words import WORDS, claims, judge_words, started
from cnitui.domain.causes.base import Cause
from cnitui.domain.finding import Judgement, NextEvidence
from cnitui.domain.signs import Signs
from cnitui.domain.view import View

_ASK = (
    NextEvidence(
        "kubectl get node {node} -o wide -L kubernetes.io/arch",
        "the node's architecture, to compare with the image's",
    ),
)


def judge(view: View) -> Judgement:
    """Words of kernel, C library or Go runtime; a container that ran fits."""
    spoken = judge_words(view, CAUSE.id, ask=_ASK)
    return spoken if claims(spoken) else started(view) or spoken


CAUSE = Cause(
    "arch-mismatch",
    "The image does not fit the processor",
    judge=judge,
    needs=(Signs,),
    uses=WORDS,
    fix="use an image for the architecture and CPU level of {node}, or give the virtual machine another CPU model",
    family="pod",
)
