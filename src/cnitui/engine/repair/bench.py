"""The second half of the guide: choose, preview, confirm, apply, verify, undo.

Holds the state of it and calls the use cases; every write in them goes through `apply`, with the previewed plan.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal, Protocol

from cnitui.domain.evidence import CaseFile
from cnitui.domain.facts import ApiEndpoints, DaemonSetStatus
from cnitui.domain.finding import Diagnosis
from cnitui.domain.investigation import Investigation
from cnitui.domain.plan import DoesNotFit, NothingToDo, Plan
from cnitui.domain.ranking import claims
from cnitui.domain.redaction import Redactor
from cnitui.domain.remedies import Remedy, Situation, remedy
from cnitui.domain.remedies.situation import SELINUX_CAUSES
from cnitui.domain.report import as_data
from cnitui.engine.repair.apply import Confirmation, NodeWritten, PodDeleted, Recorded, Unrecorded, Written
from cnitui.engine.repair.foresight import NONE_REFUSED
from cnitui.engine.repair.node_rollout import carry_out
from cnitui.engine.repair.outlook import Outlook
from cnitui.engine.repair.preview import Preview, preview
from cnitui.engine.repair.rollout import Rollout
from cnitui.engine.repair.situate import by_way_of, situate, with_labels
from cnitui.engine.repair.state import Action, Phase, RepairState
from cnitui.engine.repair.taking_up import follow_on, taken_up
from cnitui.engine.repair.undo import undo_preview
from cnitui.engine.repair.verify import CHECKS, ReadFiles, Subject, verify
from cnitui.engine.repair.workbench import DIAGNOSIS, Workbench
from cnitui.errors import CnituiError, StateError

UNDER_WAY: tuple[Phase, ...] = ("applying", "verifying")


class Witness(Protocol):
    """Sees how things are before a plan changes them."""

    async def look(self) -> None:
        """Look; never raises."""
        ...

    async def keep(self, plan_id: str) -> str:
        """Keep what was seen beside the plan; answers why that was not possible, "" when it was."""
        ...


class Repair:
    """Intents of the repair; `changed` is called after every step of the state."""

    def __init__(self, bench: Workbench, changed: Callable[[], None], test_pod_image: str = "") -> None:
        self._bench = bench
        self._changed = changed
        self._test_pod_image = test_pod_image
        self._judged: Diagnosis | None = None
        self._refused = NONE_REFUSED
        self._matter: object = None
        self._halt = asyncio.Event()
        self.state = RepairState()

    def _set(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]
        self._changed()

    def _did(self, words: str) -> None:
        self._set(actions=(*self.state.actions, Action(self._bench.clock.now(), words)))

    def judged(self, case: CaseFile, diagnosis: Diagnosis, refused: Mapping[str, str] = NONE_REFUSED) -> None:
        """A new diagnosis: which remedies fit now. Whatever was previewed stays as it is; its guards watch over it.

        That one more node was read which says the same changes nothing about the remedies. `refused` are plans that
        would not be made, and why.
        """
        if diagnosis is self._judged and refused == self._refused:
            return
        self._judged, self._refused = diagnosis, refused
        matter = (_matter_of(case, diagnosis), dict(refused))
        if matter == self._matter:
            return
        self._matter = matter
        self.state = replace(self.state, outlook=Outlook(case, diagnosis, refused))

    def consider(self, name: str) -> None:
        """Show this remedy's trade-offs."""
        self._set(considered=name)

    async def choose(self, name: str, case: CaseFile, diagnosis: Diagnosis) -> None:
        """Plan the remedy on the objects as they are now and preview it; a failure is told in the state.

        While something is being written or verified, nothing else is planned: the state tells that one's progress.
        """
        if self.state.phase in UNDER_WAY:
            return
        self._set(chosen=name, considered=name, phase="planning", preview=None, no_plan="", error=None, undoing=False)
        try:
            suffix = secrets.token_hex(2)
            api, image = self._bench.api, self._test_pod_image
            chosen = remedy(name)
            situation = await situate(api, case, diagnosis, suffix=suffix, test_pod_image=image, chosen=chosen)
            if chosen.reads is not None:
                situation = await with_labels(self._bench, situation, chosen.reads(situation))
            await self._preview(_planned(chosen, situation))
        except CnituiError as error:
            self._set(phase="idle", error=error)
        except asyncio.CancelledError:
            self._set(phase="idle")
            raise

    async def _preview(self, planned: Plan | str) -> None:
        if isinstance(planned, str):
            self._set(phase="idle", no_plan=planned)
            return
        seen = await preview(self._bench, by_way_of(self._bench, planned))
        self._previewed(seen)

    def _previewed(self, seen: Preview) -> None:
        self._did(f"previewed {seen.plan.title}{_how(seen)}")
        self._set(phase="planned", preview=seen)

    async def apply(self, confirmation: Confirmation, witness: Witness | None = None) -> bool:
        """Carry out what is previewed; answers whether the rollout came to its end. Failures are told in the state.

        The witness looks before anything is written.
        """
        seen = self.state.preview
        if seen is None or self.state.busy or self.state.applied is seen:
            return False
        before = self.state.diagnosed if self.state.undoing else self._judged
        self._halt.clear()
        self._set(phase="applying", error=None, rollout=None, notes=(), checks=(), diagnosed=before)
        self._set(override=confirmation.override)
        try:
            if witness is not None:
                await witness.look()
            async for progress in carry_out(self._bench, seen, confirmation, halt=self._halt):
                self._note(seen, progress)
                if isinstance(progress, Recorded) and witness is not None:
                    self._warn(await witness.keep(progress.plan_id))
        except CnituiError as error:
            written = self.state.applied is seen
            self._set(phase="applied" if written else "planned", error=error)
            return False
        except asyncio.CancelledError:
            self._stop_following(seen)
            raise
        done = self.state.rollout is not None and self.state.rollout.outcome == "done"
        self._set(phase="applied", undone=self.state.undoing and (done or not seen.plan.nodes))
        return done

    @property
    def stoppable(self) -> Literal["", "at once", "in time"]:
        """How what is under way may be ended: by a cancellation, by `halt`, or ("") not while it is being written."""
        state = self.state
        if state.phase in ("planning", "verifying"):
            return "at once"
        if state.phase != "applying" or state.rollout is None or state.preview is None:
            return ""
        return "in time" if state.preview.plan.nodes else "at once"

    def halt(self) -> None:
        """Begin no further node; those that are begun come to their end."""
        self._halt.set()

    def _stop_following(self, seen: Preview) -> None:
        """What is written goes on without anybody who looks on."""
        rollout = self.state.rollout
        if self.state.applied is seen and rollout is not None:
            self._did(f"stopped following the rollout: {rollout.words}")
            self._set(phase="applied", rollout=replace(rollout, outcome="stopped"))
        else:
            self._set(phase="applied" if self.state.applied is seen else "planned")

    def _warn(self, words: str) -> None:
        if words:
            self._set(notes=(*self.state.notes, words))

    def _keep_diagnosis(self, plan_id: str) -> None:
        """For the plan's report; what is needed to take the plan back is on disk already."""
        if self.state.diagnosed is not None:
            with contextlib.suppress(StateError):
                clean = Redactor().fact(self.state.diagnosed, DIAGNOSIS)
                self._bench.journal.keep(plan_id, DIAGNOSIS, as_data(clean))

    def _note(self, seen: Preview, progress: object) -> None:
        match progress:
            case Recorded(plan_id):
                before = "the nodes as they were" if seen.plan.nodes else "the object as it was"
                self._did(f"recorded plan {plan_id} and {before}")
                self._keep_diagnosis(plan_id)
            case Written(target, _, warnings, verb):
                self._did(f"{verb} {target.words}")
                self._set(applied=seen, notes=(*self.state.notes, *warnings))
            case NodeWritten(node, _, words):
                self._did(f"{'took back' if self.state.undoing else 'relabelled'} {node}: {words}")
                self._set(applied=seen)
            case PodDeleted(pod, error):
                outcome = f"failed: {error}" if error else "done"
                self._did(f"deleted pod {pod.pod} on {pod.node}: {outcome}")
                self._set(applied=seen)  # a plan may change no object and only delete pods
            case Unrecorded(error):
                self._set(notes=(*self.state.notes, str(error)))
            case Rollout():
                self._set(rollout=progress)

    async def verify(self, repaired: tuple[str, ...], reference: str, read_files: ReadFiles | None) -> None:
        """The guide's four checks, live."""
        seen = self.state.applied
        if seen is None or self.state.busy:
            return
        self._set(phase="verifying", checks=CHECKS, error=None)
        subject = Subject(seen.plan, seen.plan_id, repaired, reference, read_files)
        try:
            async for check in verify(self._bench, subject):
                self._set(checks=tuple(check if one.id == check.id else one for one in self.state.checks))
                if check.ended:
                    self._did(f"verified: {check.title}: {check.state}, {check.words}")
        except asyncio.CancelledError:
            self._set(checks=tuple(one if one.ended else one.stopped for one in self.state.checks))
            self._did("stopped the verification")
            raise
        finally:
            self._set(phase="verified")

    async def go_on(self, kept: Investigation) -> None:
        """Take over what an earlier sitting considered and did, and follow the plan that it applied."""
        done = tuple(Action(one.at, one.words) for one in kept.done)
        self._set(considered=kept.considered, actions=(*done, *self.state.actions))
        if kept.plan:
            await self._take_up(kept.plan)

    async def _take_up(self, plan_id: str) -> None:
        try:
            found = await taken_up(self._bench, plan_id)
        except CnituiError as error:
            self._set(error=error)
            return
        seen = found.preview
        undoing = "undoes" in seen.plan.facts
        self._did(f"went on with plan {plan_id}")
        self._set(chosen=seen.plan.remedy, preview=seen, applied=seen, phase="applying", undoing=undoing, error=None)
        try:
            async for progress in follow_on(self._bench, found):
                self._note(seen, progress)
        finally:
            self._set(phase="applied", undone=undoing)

    async def plan_undo(self, plan_id: str = "") -> None:
        """Preview the change that takes a plan back; without an id the one applied here, else the latest."""
        if self.state.phase in UNDER_WAY:
            return
        applied = self.state.applied.plan_id if self.state.applied and not self.state.undone else ""
        self._set(chosen="undo", phase="planning", preview=None, no_plan="", error=None, undoing=True)
        try:
            seen = await undo_preview(self._bench, plan_id or applied)
        except CnituiError as error:
            self._set(phase="idle", error=error, undoing=False)
            return
        except asyncio.CancelledError:
            self._set(phase="idle", undoing=False)
            raise
        self._previewed(seen)


READ_ENOUGH = 3
"""Nodes of a cohort whose readings the steps quote."""


def _matter_of(case: CaseFile, diagnosis: Diagnosis) -> object:
    """What the remedies rest on: who fails, what is claimed or said of SELinux, and the DaemonSet."""
    told = tuple(
        (finding.cause, finding.verdict, finding.judgement.because, len(finding.nodes) > READ_ENOUGH or finding.nodes)
        for finding in diagnosis.findings
        if claims(finding) or finding.cause in SELINUX_CAUSES
    )
    read = tuple((cohort.id, min(cohort.read, READ_ENOUGH)) for cohort in diagnosis.cohorts)
    return diagnosis.failing_nodes, told, read, case.reading(DaemonSetStatus), case.reading(ApiEndpoints)


def _how(seen: Preview) -> str:
    if seen.plan.nodes:
        return " by reading the nodes"
    return " by server dry run" if seen.diff else ""


def _planned(chosen: Remedy, situation: Situation) -> Plan | str:
    """The plan, or why there is none."""
    if chosen.plan is None:
        return "This is explained, not applied: the steps above are for you or your pipeline to carry out."
    match chosen.plan(situation):
        case Plan() as plan:
            return plan
        case NothingToDo(_, why) | DoesNotFit(_, why):
            return why
