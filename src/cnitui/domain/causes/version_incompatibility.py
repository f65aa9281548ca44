"""Releases do not fit, or the release has a defect.

What it looks like
A crash (`panic:`), a missing library, an unknown option, an API that this Kubernetes does not serve; it began with an
upgrade or works with the release before.

Why it breaks
Manifest, image and Kubernetes are of releases that do not go together, or one of them has a defect on this platform.

How we know
Words that only a program in disagreement with its surroundings says; somebody's comparison of two releases.

What rules it out
Another fault is named conclusively by the failing container.

Fix and its risk
Move manifest and images together to one release that fits the cluster. Downgrading across CRD changes needs care.

References
projectcalico/calico#3749, #8542, #8831, #1795; projectcalico/calico documentation, Kubernetes requirements.
"""

from __future__ import annotations

from cnitui.domain.causes._words import WORDS, judge_words
from cnitui.domain.causes.base import Cause
from cnitui.domain.finding import Judgement, NextEvidence
from cnitui.domain.signs import Signs
from cnitui.domain.view import View

_ASK = (
    NextEvidence(
        "kubectl -n {namespace} get daemonset {daemonset} -o wide; kubectl version",
        "the releases in use, to compare with the support table",
    ),
)


def judge(view: View) -> Judgement:
    """Words of a program in disagreement with its surroundings."""
    return judge_words(view, CAUSE.id, ask=_ASK)


CAUSE = Cause(
    "version-incompatibility",
    "Releases do not fit, or the release has a defect",
    judge=judge,
    needs=(Signs,),
    uses=WORDS,
    fix="use manifest and images of one release that supports this Kubernetes and platform",
    family="configuration",
)
