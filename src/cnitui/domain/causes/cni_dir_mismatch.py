"""Installer and runtime use different CNI directories.

What it looks like
install-cni succeeds and the node stays NotReady; `failed to find plugin … in path [/usr/lib/cni]`, `No CNI
configuration file in /etc/kubernetes/cni/net.d`.

Why it breaks
The hostPaths of the DaemonSet and the directories of kubelet or runtime are not the same (k3s, MicroK8s, OpenShift
and others have their own).

How we know
The path list in the runtime's message against the directory install-cni wrote to.

What rules it out
install-cni itself fails; the runtime names the same directory.

Fix and its risk
Make both sides use one directory. With the operator these are spec.cni.binDir and confDir.

References
projectcalico/calico manifests at v3.27.0, volumes cni-bin-dir and cni-net-dir; containerd CRI configuration.
"""

from __future__ import annotations

from cnitui.domain.causes._words import WORDS, judge_words, stopped_elsewhere
from cnitui.domain.causes.base import Cause, possible, ruled_out
from cnitui.domain.facts import InstallCni, Stage
from cnitui.domain.finding import Judgement, NextEvidence
from cnitui.domain.signs import Signs
from cnitui.domain.view import View

_ASK = (
    NextEvidence(
        "ssh {node} 'sudo crictl info | grep -iE \"bin_?dir|conf_?dir\"; ls -l {bin_dir} {net_dir}'",
        "the runtime's directories, to compare with the DaemonSet's",
    ),
)
_STAGES: frozenset[Stage] = frozenset({"done"})


def judge(view: View) -> Judgement:
    """The runtime's paths against the installer's."""
    elsewhere = stopped_elsewhere(view, _STAGES)
    if elsewhere:
        return elsewhere
    install = view.use(InstallCni)
    paths = view.need(Signs).of("plugin-elsewhere", "config-elsewhere")
    ours = (install.bin_dir, install.net_dir) if install else ()
    same = next((sign for sign in paths if any(directory in sign.text for directory in ours)), None)
    if same is not None:
        return ruled_out("the runtime looks where the installer writes", same.evidence)
    spoken = judge_words(view, CAUSE.id, ask=_ASK)
    missed = view.need(Signs).of("not-initialized")
    present = view.need(Signs).of("config-present")
    if missed and present and not spoken.verdict.confident:
        quotes = (missed[0].evidence, present[0].evidence)
        return possible("the runtime misses a configuration that is there", *quotes, ask=_ASK, weight=1)
    return spoken


CAUSE = Cause(
    "cni-dir-mismatch",
    "Installer and runtime use different CNI directories",
    judge=judge,
    needs=(Signs,),
    uses=WORDS,
    fix="make the DaemonSet's hostPaths and the runtime's CNI directories the same",
    family="configuration",
)
