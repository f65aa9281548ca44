"""The service account token is missing or not accepted.

What it looks like
`Unable to create token for CNI kubeconfig error=Unauthorized`, `connection is unauthorized`, or a token file that is
not there.

Why it breaks
The token was signed by another key or issuer (two control planes that differ, a restored cluster), belongs to an
account made anew, expired on a node with a wrong clock, or was not mounted.

How we know
The API server's 401, in its own words.

What rules it out
install-cni stopped before it asked the API server, or the server knew who asked (403).

Fix and its risk
Recreate the pod, and the Secret if it is an old one; make signing key and issuer alike on all control planes.
Changing the key invalidates every token of the cluster.

References
projectcalico/calico#8368; kubernetes documentation, Managing Service Accounts.
"""

from __future__ import annotations

from cnitui.domain.causes._words import API_STAGES, WORDS, judge_words
from cnitui.domain.causes.base import Cause
from cnitui.domain.finding import Judgement, NextEvidence
from cnitui.domain.signs import Signs
from cnitui.domain.view import View

_ASK = (
    NextEvidence(
        "ssh {node} date -u; date -u",
        "tokens are not accepted when the clocks differ",
    ),
)


def judge(view: View) -> Judgement:
    """Words of authentication."""
    return judge_words(view, CAUSE.id, stages=API_STAGES, says_so=True, ask=_ASK)


CAUSE = Cause(
    "serviceaccount-token",
    "The service account token is missing or not accepted",
    judge=judge,
    needs=(Signs,),
    uses=WORDS,
    fix="recreate the pod on {node}; if that does not help, compare signing key and issuer of all API servers",
    family="trust",
)
