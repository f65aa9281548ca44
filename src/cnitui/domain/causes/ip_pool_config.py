"""There is no address to give: pools missing, full or overlapping.

What it looks like
`No configured Calico pools`, `pools are likely exhausted`, `Unable to autoassign an address`; pods wait, and
calico-node itself if it needs a tunnel address.

Why it breaks
No pool exists or is enabled, blocks were leaked by nodes that are gone, or the pool overlaps the host's or the
Service network.

How we know
The words of Calico's IPAM.

What rules it out
install-cni fails, which asks for no address.

Fix and its risk
Create or correct the pool; release leaked blocks with `calicoctl ipam check` and `release`. Releasing an address in
use gives it out twice.

References
projectcalico/calico#1607; projectcalico/cni-plugin#920; libcalico-go/lib/ipam@v3.27.0.
"""

from __future__ import annotations

from cnitui.domain.causes._words import NO_STAGE, WORDS, judge_words
from cnitui.domain.causes.base import Cause
from cnitui.domain.finding import Judgement, NextEvidence
from cnitui.domain.signs import Signs
from cnitui.domain.view import View

_ASK = (
    NextEvidence(
        "kubectl get ippools.crd.projectcalico.org -o yaml; calicoctl ipam show --show-blocks",
        "the pools, and how full they are",
    ),
)


def judge(view: View) -> Judgement:
    """Words of IPAM."""
    return judge_words(view, CAUSE.id, stages=NO_STAGE, ask=_ASK)


CAUSE = Cause(
    "ip-pool-config",
    "There is no address to give: pools missing, full or overlapping",
    judge=judge,
    needs=(Signs,),
    uses=WORDS,
    fix="create or correct the IP pool, or release the leaked blocks",
    family="network",
)
