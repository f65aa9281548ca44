"""Judging by what was said: shared by every cause that shows itself in words.

Not a cause. A cause adds the facts that only it understands, before or after these rules.
"""

from __future__ import annotations

from cnitui.domain.causes.base import confirmed, likely, possible, ruled_out, undetermined
from cnitui.domain.facts import AttemptLogs, InstallCni, Milestones, PodStatus, Stage
from cnitui.domain.finding import Evidence, Judgement, NextEvidence, Verdict
from cnitui.domain.parsing.messages import Weight
from cnitui.domain.signs import REPORTED, Sign, Signs
from cnitui.domain.view import View

WORDS: tuple[type[object], ...] = (AttemptLogs, Milestones, PodStatus, InstallCni)
"""What every cause that is judged by words uses, besides its need of `Signs`."""

HOST_STAGES: frozenset[Stage] = frozenset({"prepare", "binaries", "kubeconfig", "configuration"})
API_STAGES: frozenset[Stage] = frozenset({"prepare", "token"})
NO_STAGE: frozenset[Stage] = frozenset()

STAGE_WORDS: dict[Stage, str] = {
    "prepare": "before it wrote anything",
    "binaries": "while writing the binaries",
    "token": "while asking the API server for a token",
    "kubeconfig": "while writing its kubeconfig",
    "configuration": "while writing the CNI configuration",
    "done": "after its work was done",
}

ASK_LOG = NextEvidence(
    "kubectl -n {namespace} logs {pod} -c {container} --previous",
    "the last line of the failing container's log names the step and usually the reason",
)
ASK_DESCRIBE = NextEvidence(
    "kubectl -n {namespace} describe pod {pod}", "exit code, reason and events of the failing container"
)


def judge_words(
    view: View,
    cause: str,
    *,
    stages: frozenset[Stage] | None = None,
    says_so: bool = False,
    ask: tuple[NextEvidence, ...] = (),
) -> Judgement:
    """The verdict that the signs alone support.

    `stages` are the steps of install-cni that this cause can stop (None: any). `says_so` tells that this cause never
    stops a container without a message of its own, so that a whole log without one rules it out.
    """
    if stages is not None and (elsewhere := stopped_elsewhere(view, stages)):
        return elsewhere
    signs = view.need(Signs)
    supporting = signs.supporting(cause)
    decisive = signs.decisive
    if decisive is not None and cause not in decisive.message.causes:
        return _another_fault(decisive, supporting, cause)
    if supporting:
        return _supported(signs, supporting, cause, ask)
    return _unsaid(view, signs, cause, ask, says_so=says_so)


def stopped_elsewhere(view: View, stages: frozenset[Stage]) -> Judgement | None:
    """Ruled out, when install-cni's own log shows that it stopped at a step this cause has no part in."""
    milestones = view.use(Milestones)
    if milestones is None:
        return None
    if _finished(milestones) and "done" not in stages:
        return ruled_out(
            "install-cni did its work in this attempt", view.quote(Milestones, _last_milestone(milestones))
        )
    if not milestones.failed_at or milestones.failed_at in stages:
        return None
    where = STAGE_WORDS[milestones.failed_at]
    quote = view.quote(Milestones, milestones.first_error, _line(milestones.error_line))
    return ruled_out(f"install-cni stopped {where}, a step this cause has no part in", quote)


def _finished(milestones: Milestones) -> bool:
    return not milestones.first_error and not milestones.not_writeable and (milestones.done or milestones.wrote_config)


def _last_milestone(milestones: Milestones) -> str:
    return f"reached: {', '.join(milestones.reached)}"


def never_started(view: View) -> Judgement | None:
    """Ruled out, when no container of the pod has ever been started: then none of them was stopped by anything."""
    pod = view.use(PodStatus)
    if pod is None or pod.phase != "Pending" or not pod.containers:
        return None
    if any(one.current or one.last or one.restart_count for one in pod.containers):
        return None
    return ruled_out("no container of the pod has been started", view.quote(PodStatus, f"{pod.name}: {pod.status}"))


def started(view: View) -> Judgement | None:
    """Ruled out, when the failing container was started: then its image, volumes and admission were in order."""
    logs = view.use(AttemptLogs)
    pod = view.use(PodStatus)
    failing = pod.failing if pod else None
    run = failing.last_failure if failing else None
    if run is not None and run.reason != "StartError" and run.exit_code not in (126, 127, 128):
        quote = f"{failing.name if failing else ''}: {run.reason} exit code {run.exit_code}"
        return ruled_out("the failing container was started and ran", view.quote(PodStatus, quote))
    latest = logs.latest if logs else None
    milestones = view.use(Milestones)
    if milestones is not None and milestones.reached and latest is not None:
        quote = latest.lines[0].text
        return ruled_out("the failing container was started and ran", view.quote(AttemptLogs, quote, _line(1)))
    return None


def _line(number: int) -> str:
    return f"line {number}" if number else ""


def _another_fault(decisive: Sign, supporting: tuple[Sign, ...], cause: str) -> Judgement:
    apart = tuple(sign for sign in supporting if sign.origin != decisive.origin and _weight(sign, cause) > Weight.FITS)
    if apart:
        because = "something else speaks for it, but the failing container ended for another reason"
        return possible(because, *_quotes(apart), against=(decisive.evidence,))
    return ruled_out("the failing container's last words name another fault", decisive.evidence)


def _supported(signs: Signs, supporting: tuple[Sign, ...], cause: str, ask: tuple[NextEvidence, ...]) -> Judgement:
    """Among the possible a program's hint stands before a person's, and what a person names before what merely fits."""
    strongest = supporting[0]
    weight = _weight(strongest, cause)
    because = _first_sentence(strongest.message.meaning)
    equals = tuple(sign for sign in supporting if _weight(sign, cause) == weight)
    if weight is Weight.CONCLUSIVE:
        return confirmed(because, *_quotes(equals))
    if weight is Weight.SPECIFIC and not _rival_stronger(signs, cause):
        return likely(because, *_quotes(equals), ask=ask)
    named = signs.named_for(cause)[:1]
    if weight is Weight.FITS:
        return possible(because, *_quotes(equals), *named, ask=ask, weight=len(named))
    by_people = all(sign.origin == REPORTED for sign in equals)
    return possible(because, *_quotes(equals), ask=ask, weight=1 if by_people else 2)


def _rival_stronger(signs: Signs, cause: str) -> bool:
    """Whether another cause has a conclusive sign where this one has not."""
    return any(
        weight is Weight.CONCLUSIVE and rival != cause
        for sign in signs.found
        for rival, weight in ((name, sign.weight(name)) for name in sign.message.causes)
    )


def _unsaid(view: View, signs: Signs, cause: str, ask: tuple[NextEvidence, ...], *, says_so: bool) -> Judgement:
    why = view.why_missing(AttemptLogs)
    if says_so and not why and _understood(view, signs):
        quote = view.quote(AttemptLogs, "no message of it in the whole log of the newest attempt")
        return ruled_out("it would have said so in the failing container's log, which is whole", quote)
    if why and not signs.heard:
        return undetermined(f"the failing container's log is not there ({why})", ask=(ASK_LOG,))
    named = signs.named_for(cause)
    if named:
        because = "somebody names it, and no program's message speaks for it or against it"
        return undetermined(because, *named[:3], ask=ask, weight=len(named))
    return undetermined("nothing in the evidence speaks for it or against it")


def _understood(view: View, signs: Signs) -> bool:
    """Whether install-cni's newest log is whole and its last words are known: then silence says something."""
    milestones = view.use(Milestones)
    if milestones is None or not signs.log_whole:
        return False
    return milestones.done or any(sign.ended for sign in signs.found)


def before_calico_node(view: View) -> Judgement | None:
    """Ruled out, when an init container fails: calico-node, whose fault this is, has not been started."""
    pod = view.use(PodStatus)
    failing = pod.failing if pod else None
    if failing is not None and failing.init:
        quote = view.quote(PodStatus, f"{failing.name} fails, an init container")
        return ruled_out("calico-node itself has not been started yet", quote)
    milestones = view.use(Milestones)
    if milestones is not None and milestones.failed_at:
        quote = view.quote(Milestones, milestones.first_error, _line(milestones.error_line))
        return ruled_out("install-cni fails, so calico-node itself has not been started yet", quote)
    return None


def _weight(sign: Sign, cause: str) -> Weight:
    return sign.weight(cause) or Weight.FITS


def _quotes(signs: tuple[Sign, ...]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(sign.evidence for sign in signs[:5]))


def _first_sentence(text: str) -> str:
    head, stop, _ = text.partition(". ")
    sentence = (head if stop else text).rstrip(".")
    return sentence[:1].lower() + sentence[1:] if sentence[1:2].islower() else sentence


def claims(judgement: Judgement) -> bool:
    """Whether a judgement claims anything: possible or stronger."""
    return judgement.verdict.rank <= Verdict.POSSIBLE.rank
