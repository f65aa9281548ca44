"""A certificate is not trusted, expired or missing.

What it looks like
`x509: certificate has expired or is not yet valid`, `signed by unknown authority`, `is valid for …, not …`, `bad
certificate`; with etcd sometimes only a timeout.

Why it breaks
The certificate expired, the clock of one side is wrong, it comes from another CA, lacks the Service address among its
names, or the file is not where it is looked for.

How we know
The TLS library's words: `current time … is before` is a clock that is behind, `is after` an expired certificate.

What rules it out
install-cni stopped before it asked the API server, or the server answered inside TLS (401, 403).

Fix and its risk
Renew or distribute the certificates, set the clocks. Renewing a control plane's certificates restarts its components.

References
kubernetes-sigs/kubespray#8830; easzlab/kubeasz#922; projectcalico/calico#1659.
"""

from __future__ import annotations

from cnitui.domain.causes._words import API_STAGES, WORDS, judge_words
from cnitui.domain.causes.base import Cause
from cnitui.domain.finding import Judgement, NextEvidence
from cnitui.domain.signs import Signs
from cnitui.domain.view import View

_ASK = (
    NextEvidence(
        "ssh {node} 'date -u; openssl s_client -connect {endpoint} </dev/null 2>/dev/null | openssl x509 -noout "
        "-dates -subject'",
        "dates and names of the certificate against the clock of the node",
    ),
)


def judge(view: View) -> Judgement:
    """Words of TLS."""
    return judge_words(view, CAUSE.id, stages=API_STAGES, says_so=True, ask=_ASK)


CAUSE = Cause(
    "tls-certificate",
    "A certificate is not trusted, expired or missing",
    judge=judge,
    needs=(Signs,),
    uses=WORDS,
    fix="set the clock of {node}; renew or distribute the certificates that are expired or of another CA",
    family="trust",
)
