"""Releases do not fit, or the release has a defect.

What it looks like
A crash (`panic:`), a missing library, an unknown option, an API that this Kubernetes does not serve; it began with an
upgrade or works with the release before.

Why it breaks
Manifest, image and Kubernetes are of releases that do not go together, or one of them has a defect on this platform.

How we know
The program that a manifest starts against those that an image of that release has; words that only a program in
disagreement with its surroundings says; somebody's comparison of two releases.

What rules it out
Another fault is named conclusively by the failing container.

Fix and its risk
Move manifest and images together to one release that fits the cluster. Downgrading across CRD changes needs care.

References
projectcalico/calico#3749, #8542, #8831, #1795; projectcalico/calico documentation, Kubernetes requirements.
"""

from __future__ import annotations

import re

from cnitui.domain.causes._words import WORDS, judge_words
from cnitui.domain.causes.base import Cause, confirmed
from cnitui.domain.derive import image_version
from cnitui.domain.facts import InstallCni
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
    return _other_release(view) or judge_words(view, CAUSE.id, ask=_ASK)


_SCRIPT, _PROGRAM = "/install-cni.sh", "/opt/cni/bin/install"
_PROGRAM_SINCE = (3, 16)
"""The manifests start that program from v3.16.0 on and a shell script before (all tags from v3.4 to v3.32)."""


def _other_release(view: View) -> Judgement | None:
    """The container is to start what only images of another release have."""
    install = view.use(InstallCni)
    missing = view.need(Signs).of("program-missing")
    number = re.match(r"v(\d{1,4})\.(\d{1,4})\.", image_version(install.image)) if install else None
    if install is None or number is None or not missing or not install.command:
        return None
    asked = install.command[0]
    there = _PROGRAM if (int(number[1]), int(number[2])) >= _PROGRAM_SINCE else _SCRIPT
    if asked == there or asked not in (_SCRIPT, _PROGRAM) or not any(asked in sign.text for sign in missing):
        return None
    because = f"the manifest starts {asked}, and images of {number[0]}x have {there}: they are of different releases"
    quote = view.quote(InstallCni, f"{install.image} {' '.join(install.command)}", "install-cni of the pod")
    return confirmed(because, missing[0].evidence, quote)


CAUSE = Cause(
    "version-incompatibility",
    "Releases do not fit, or the release has a defect",
    judge=judge,
    needs=(Signs,),
    uses=WORDS,
    fix="use manifest and images of one release that supports this Kubernetes and platform",
    family="configuration",
)
