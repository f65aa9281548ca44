"""A running CNI binary stops install-cni: text file busy.

What it looks like
`open /host/opt/cni/bin/portmap: text file busy` as the last line, often as ERROR without a FATAL; the binaries before
it in the alphabet were installed.

Why it breaks
The kernel refuses to open a program for writing while it runs (ETXTBSY). Installers before v3.24 write in place; a
plugin that hangs, for instance waiting for the lock of iptables, keeps its file busy.

How we know
The words `text file busy`, or ETXTBSY.

What rules it out
Another errno, another step, or a whole log without these words: the error is never swallowed.

Fix and its risk
End or wait for the process that runs the file (`fuser -v`), or move the old file away; newer installers write a new
file and rename it. Ending a plugin in the middle of its work may leave one pod without network.

References
projectcalico/calico#8932; open(2), ETXTBSY.
"""

from __future__ import annotations

from cnitui.domain.causes._host import another_errno, refusal
from cnitui.domain.causes._words import WORDS, judge_words
from cnitui.domain.causes.base import Cause
from cnitui.domain.facts import InstallCni, Milestones, Stage
from cnitui.domain.finding import Judgement, NextEvidence
from cnitui.domain.signs import Signs
from cnitui.domain.view import View

_STAGES: frozenset[Stage] = frozenset({"binaries"})
_ASK = (NextEvidence("ssh {node} 'sudo fuser -v {bin_dir}/*'", "names the process that runs the binary"),)


def judge(view: View) -> Judgement:
    """Words only: this errno is always printed."""
    excluded = another_errno(refusal(view), "ETXTBSY")
    return excluded or judge_words(view, CAUSE.id, stages=_STAGES, says_so=True, ask=_ASK)


CAUSE = Cause(
    "text-file-busy",
    "A running CNI binary stops install-cni",
    judge=judge,
    needs=(Signs,),
    uses=(*WORDS, Milestones, InstallCni),
    fix="stop the process that runs the file in {bin_dir} on {node}, or move the file away; use a newer installer",
    family="host",
)
