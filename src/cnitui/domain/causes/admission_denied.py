"""The API server does not admit the pod.

What it looks like
There is no pod: the DaemonSet wants more pods than it has, and its events say `FailedCreate … is forbidden: violates
PodSecurity`, `unable to validate against any security context constraint`, or name a webhook.

Why it breaks
A policy of the namespace or cluster (Pod Security, PSP, SCC, a webhook, a quota) refuses host network, host paths or
privilege, which Calico needs.

How we know
The words of the admission plugin; `forbidden` alone is RBAC's word as well, admission names a policy.

What rules it out
The pod exists: what was admitted cannot crash for want of admission.

Fix and its risk
Label the namespace `pod-security.kubernetes.io/enforce=privileged`, or grant the policy. It loosens the rule for the
whole namespace.

References
tigera/operator#2996, #2453; rancher/rke2#3532; kubernetes documentation, Pod Security Admission.
"""

from __future__ import annotations

from cnitui.domain.causes._words import WORDS, judge_words, started
from cnitui.domain.causes.base import Cause, ruled_out
from cnitui.domain.facts import PodStatus
from cnitui.domain.finding import Judgement, NextEvidence
from cnitui.domain.signs import Signs
from cnitui.domain.view import View

_ASK = (
    NextEvidence(
        "kubectl -n {namespace} describe daemonset {daemonset}",
        "its FailedCreate events name the policy",
    ),
)


def judge(view: View) -> Judgement:
    """Words of admission; a pod that exists was admitted."""
    pod = view.use(PodStatus)
    if pod is not None and pod.uid:
        return ruled_out("the pod exists, so it was admitted", view.quote(PodStatus, f"pod {pod.name}"))
    ran = started(view)
    return ran or judge_words(view, CAUSE.id, ask=_ASK)


CAUSE = Cause(
    "admission-denied",
    "The API server does not admit the pod",
    judge=judge,
    needs=(Signs,),
    uses=WORDS,
    fix="allow Calico's pods in their namespace: enforce=privileged, or the matching SCC, PSP or webhook exemption",
    family="pod",
)
