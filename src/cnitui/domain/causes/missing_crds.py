"""Calico's CRDs are missing or too old.

What it looks like
`the server could not find the requested resource (get ClusterInformations.crd.projectcalico.org …)`, `no matches for
kind`, while the connection to the datastore is fine.

Why it breaks
The CRDs of the release were not applied, could not be (v1beta1 definitions on a current cluster), or are older than
the components.

How we know
The API server's words about a kind it does not serve. `"default" not found` is another thing: the CRD exists and
calico-node has not written its object yet.

What rules it out
The API server answered for those kinds, or install-cni fails, which needs none of them.

Fix and its risk
Apply the CRDs of the same release (`kubectl create` or server-side apply: they are large). Never delete CRDs: that
deletes the pools and allocations.

References
Azure/acs-engine#3393; projectcalico/calico#6146, #10166.
"""

from __future__ import annotations

from cnitui.domain.causes._words import NO_STAGE, WORDS, judge_words
from cnitui.domain.causes.base import Cause
from cnitui.domain.finding import Judgement, NextEvidence
from cnitui.domain.signs import Signs
from cnitui.domain.view import View

_ASK = (
    NextEvidence(
        "kubectl get crd | grep projectcalico.org",
        "which of Calico's CRDs the cluster has",
    ),
)


def judge(view: View) -> Judgement:
    """Words of the API server about kinds."""
    return judge_words(view, CAUSE.id, stages=NO_STAGE, ask=_ASK)


CAUSE = Cause(
    "missing-crds",
    "Calico's CRDs are missing or too old",
    judge=judge,
    needs=(Signs,),
    uses=WORDS,
    fix="apply the CRDs of the release in use; do not delete any",
    family="configuration",
)
