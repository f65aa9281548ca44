"""The operator owns the object, and reverts or refuses.

What it looks like
A patch of the DaemonSet is gone after seconds; the operator reports a degraded status, refuses the Installation, or a
migration is stuck.

Why it breaks
The tigera-operator writes the whole spec again on every event and every five minutes. What it does not know, it
undoes.

How we know
The operator's own words, or somebody's observation that a change is reverted.

What rules it out
No operator owns the DaemonSet.

Fix and its risk
Change the Installation, not the DaemonSet; repair the operator. Pausing it is for tests only.

References
tigera/operator pkg/controller/utils/component.go@v1.42.4, pkg/controller/migration/convert.
"""

from __future__ import annotations

from cnitui.domain.causes._words import WORDS, judge_words
from cnitui.domain.causes.base import Cause
from cnitui.domain.finding import Judgement, NextEvidence
from cnitui.domain.signs import Signs
from cnitui.domain.view import View

_ASK = (
    NextEvidence(
        "kubectl get tigerastatus; kubectl get installation default -o yaml",
        "whether an operator owns it, and what it complains about",
    ),
)


def judge(view: View) -> Judgement:
    """Words of the operator, and of people about it."""
    return judge_words(view, CAUSE.id, ask=_ASK)


CAUSE = Cause(
    "operator-managed",
    "The operator owns the object, and reverts or refuses",
    judge=judge,
    needs=(Signs,),
    uses=WORDS,
    fix="change the Installation (or repair the operator), not the DaemonSet",
    family="configuration",
)
