"""The evidence does not determine a cause.

What it looks like
A pod that crash-loops, and a log that is missing, cut off before its last line, or shows nothing but milestones; or
words such as `cni plugin not initialized` that only follow from the failure.

Why it breaks
Not known. A recommendation without evidence would be a guess, and the wrong guess (to switch SELinux off, above all)
costs more than another look.

How we know
No cause of the catalogue is at least possible.

What rules it out
A line or a fact that speaks for one of the other causes.

Fix and its risk
None: name the next piece of evidence and collect it. First of all the last lines of the failing container's log.

References
projectcalico/calico#2266, which is quoted as the SELinux case and contains no SELinux evidence.
"""

from __future__ import annotations

from cnitui.domain.causes._words import ASK_DESCRIBE, ASK_LOG, WORDS
from cnitui.domain.causes.base import Cause, ruled_out, undetermined
from cnitui.domain.finding import Judgement
from cnitui.domain.parsing.messages import Weight
from cnitui.domain.signs import Signs
from cnitui.domain.view import View


def judge(view: View) -> Judgement:
    """Never more than undetermined: not knowing is no cause that a person may act on."""
    signs = view.need(Signs)
    telling = next((sign for sign in signs.found if sign.strength >= Weight.SPECIFIC), None)
    if telling is not None:
        return ruled_out("the evidence speaks for a cause", telling.evidence)
    ask = (ASK_DESCRIBE,) if signs.log_whole else (ASK_LOG, ASK_DESCRIBE)
    if not signs.heard:
        return undetermined("nothing was said about it that could be read", ask=ask)
    heard = tuple(sign.evidence for sign in signs.found if sign.message.level == "consequence")[:3]
    return undetermined("nothing in the evidence decides", *heard, ask=ask)


CAUSE = Cause(
    "unknown",
    "The evidence does not determine a cause",
    judge=judge,
    needs=(Signs,),
    uses=WORDS,
    fix="collect the next piece of evidence; change nothing yet",
    family="undecided",
)
