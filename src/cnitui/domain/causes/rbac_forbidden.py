"""A role is missing: the API server refuses by RBAC.

What it looks like
`… is forbidden: User "system:serviceaccount:…" cannot create resource …`, often as `Unable to create token for CNI
kubeconfig error=serviceaccounts "calico-cni-plugin" is forbidden`.

Why it breaks
The API server knows who asks, and no role allows it: only the image was upgraded and not the manifest, roles were
trimmed, or they are written for another account (canal against calico-node).

How we know
RBAC names user, verb and resource; admission would name a policy, and a bad token gives Unauthorized.

What rules it out
install-cni stopped before it asked the API server, or the server's answer was another one.

Fix and its risk
Apply the ClusterRole and binding of the same release as the image. Roles wider than the manifest's are not needed.

References
projectcalico/calico#5910, #7584; kubernetes documentation, Using RBAC Authorization.
"""

from __future__ import annotations

from cnitui.domain.causes._words import API_STAGES, WORDS, judge_words
from cnitui.domain.causes.base import Cause
from cnitui.domain.finding import Judgement, NextEvidence
from cnitui.domain.signs import Signs
from cnitui.domain.view import View

_ASK = (
    NextEvidence(
        "kubectl auth can-i create serviceaccounts/token -n {namespace} --as "
        "system:serviceaccount:{namespace}:calico-node",
        "`no` confirms that the role is missing",
    ),
)


def judge(view: View) -> Judgement:
    """Words of the authorizer."""
    return judge_words(view, CAUSE.id, stages=API_STAGES, says_so=True, ask=_ASK)


CAUSE = Cause(
    "rbac-forbidden",
    "A role is missing: the API server refuses by RBAC",
    judge=judge,
    needs=(Signs,),
    uses=WORDS,
    fix="apply the ClusterRole and ClusterRoleBinding of the release whose image is used",
    family="trust",
)
