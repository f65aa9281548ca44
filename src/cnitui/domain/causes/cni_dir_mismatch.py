"""Installer and runtime use different CNI directories.

What it looks like
install-cni succeeds and the node stays NotReady; `failed to find plugin … in path [/usr/lib/cni]`, `No CNI
configuration file in /etc/kubernetes/cni/net.d`.

Why it breaks
The hostPaths of the DaemonSet and the directories of kubelet or runtime are not the same (k3s, MicroK8s, OpenShift
and others have their own).

How we know
The path list in the runtime's message, or the directories in its configuration, against those install-cni wrote to.

What rules it out
install-cni itself fails; the runtime names the same directory.

Fix and its risk
Make both sides use one directory. With the operator these are spec.cni.binDir and confDir.

References
projectcalico/calico manifests at v3.27.0, volumes cni-bin-dir and cni-net-dir; containerd CRI configuration.
"""

from __future__ import annotations

from cnitui.domain.causes._words import WORDS, judge_words, stopped_elsewhere
from cnitui.domain.causes.base import Cause, confirmed, likely, possible, ruled_out
from cnitui.domain.facts import INSTALL_CNI, InstallCni, Milestones, PodStatus, RuntimeDirectories, Stage
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
    other = _configured(view, install)
    if other is not None:
        return other
    spoken = judge_words(view, CAUSE.id, ask=_ASK)
    missed = view.need(Signs).of("not-initialized")
    present = view.need(Signs).of("config-present")
    if missed and not present and not spoken.verdict.confident and _installed(view):
        because = "install-cni is done and the runtime sees no configuration"
        return possible(because, missed[0].evidence, ask=_ASK, weight=1)
    if missed and present and not spoken.verdict.confident:
        quotes = (missed[0].evidence, present[0].evidence)
        return possible("the runtime misses a configuration that is there", *quotes, ask=_ASK, weight=1)
    return spoken


def _configured(view: View, install: InstallCni | None) -> Judgement | None:
    """What the runtime's own configuration names, against what install-cni wrote to."""
    runtime = view.use(RuntimeDirectories)
    missed = view.need(Signs).of("not-initialized", "plugin-missing", "plugin-elsewhere")
    if runtime is None or install is None or not missed:
        return None
    quote = view.quote(RuntimeDirectories, runtime.raw)
    elsewhere = runtime.conf_dir and runtime.conf_dir != install.net_dir.rstrip("/")
    if elsewhere or (runtime.bin_dirs and install.bin_dir.rstrip("/") not in runtime.bin_dirs):
        read, written = (runtime.conf_dir, install.net_dir) if elsewhere else (runtime.bin_dirs[0], install.bin_dir)
        because = f"the runtime reads {read}, install-cni writes to {written}"
        return confirmed(because, quote, missed[0].evidence) if _installed(view) else likely(because, quote, ask=_ASK)
    return None


def _installed(view: View) -> bool:
    milestones, pod = view.use(Milestones), view.use(PodStatus)
    done = pod.container(INSTALL_CNI) if pod else None
    return bool(milestones and milestones.done) or bool(done and done.succeeded)


CAUSE = Cause(
    "cni-dir-mismatch",
    "Installer and runtime use different CNI directories",
    judge=judge,
    needs=(Signs,),
    uses=(*WORDS, RuntimeDirectories),
    fix="make the DaemonSet's hostPaths and the runtime's CNI directories the same",
    family="configuration",
)
