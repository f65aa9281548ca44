"""The image cannot be pulled, or is not the right one.

What it looks like
`ErrImagePull` and `ImagePullBackOff` in the pod's status, `Failed to pull image` in its events; or `stat
/opt/cni/bin/…: no such file or directory` at the start of a container, which is about the image and not about the
host.

Why it breaks
The registry is not reachable, wants credentials, limits the rate or does not have the tag; or the image on the node
is incomplete or of another release, so that the program is not in it.

How we know
The kubelet's and the runtime's own words about the pull; the runtime's refusal to find the program in the image.

What rules it out
The failing container was started and printed its own log.

Fix and its risk
Credentials, a mirror, the right tag, or loading the image on the node. Pulling again over a rate limit prolongs it.

References
projectcalico/calico#9884, #852; kubernetes documentation, Images.
"""

from __future__ import annotations

from cnitui.domain.causes._words import WORDS, claims, judge_words, started
from cnitui.domain.causes.base import Cause
from cnitui.domain.finding import Judgement, NextEvidence
from cnitui.domain.signs import Signs
from cnitui.domain.view import View

_ASK = (
    NextEvidence(
        "kubectl -n {namespace} describe pod {pod}",
        "its events hold the registry's answer",
    ),
)


def judge(view: View) -> Judgement:
    """Words of kubelet and runtime; a container that ran had its image."""
    spoken = judge_words(view, CAUSE.id, ask=_ASK)
    return spoken if claims(spoken) else started(view) or spoken


CAUSE = Cause(
    "image-pull",
    "The image cannot be pulled, or is not the right one",
    judge=judge,
    needs=(Signs,),
    uses=WORDS,
    fix="make the image reachable from {node}: credentials, mirror, tag, or load it beforehand",
    family="pod",
)
