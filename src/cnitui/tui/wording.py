"""Words and figures for the screens: ages as kubectl prints them, fixed-width countdowns, the header, the banner."""

from __future__ import annotations

from datetime import UTC, datetime

from cnitui.domain.finding import Diagnosis, Finding, Verdict
from cnitui.domain.likeness import Cohort
from cnitui.domain.recording import Recorded
from cnitui.engine.guide.blocks import Role
from cnitui.engine.state import State, View
from cnitui.errors import ClusterError, NodeUnconfirmed
from cnitui.late_dataclass import dataclass
from cnitui.tui.brief import brief

SPIN = "◌"


def age(since: datetime | None, now: datetime) -> str:
    """How long ago, as kubectl prints it (k8s.io/apimachinery pkg/util/duration HumanDuration)."""
    return duration((now - since).total_seconds()) if since is not None else "–"


def duration(total: float) -> str:
    """`85s`, `5m30s`, `17h`, `3d4h`, `2y30d`."""
    seconds = max(0, int(total))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 120:
        return f"{seconds}s"
    if minutes < 10:
        return f"{minutes}m{seconds % 60}s" if seconds % 60 else f"{minutes}m"
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h{minutes % 60}m" if minutes % 60 else f"{hours}h"
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return f"{days}d{hours % 24}h" if hours % 24 else f"{days}d"
    if days < 730:
        return f"{days}d"
    years = days // 365
    return f"{years}y{days % 365}d" if years < 8 and days % 365 else f"{years}y"


def countdown(at: datetime | None, now: datetime) -> str:
    """`02:13` until then, `now` once it is due, `–` when nothing is scheduled; always at most five wide."""
    if at is None:
        return "–"
    left = (at - now).total_seconds()
    if left <= 0:
        return "now"
    return f"{int(left) // 60:02d}:{int(left) % 60:02d}"


def names(items: tuple[str, ...], most: int = 3) -> str:
    """`a, b, c +4`."""
    shown = ", ".join(items[:most])
    return shown if len(items) <= most else f"{shown} +{len(items) - most}"


def counted(nodes: int) -> str:
    """`1 node`, `1,998 nodes`."""
    return f"{nodes:,} node" if nodes == 1 else f"{nodes:,} nodes"


def cohort_line(cohort: Cohort, state: State) -> str:
    """`1,998 nodes · CONFIRMED selinux-denial, 3 read, all agree · pool blue · install-cni exit 1`.

    What matters most comes first: on a narrow screen the end is cut off.
    """
    likeness = cohort.likeness
    pool = f"pool {likeness.pool}" if likeness.pool else ""
    return " · ".join(filter(None, (counted(len(cohort.members)), verdict_on(cohort, state), pool, likeness.failure)))


def verdict_on(cohort: Cohort, state: State) -> str:
    """What reading some members came to, and how many those are: nothing is claimed of the others."""
    leading = leading_of(cohort, state)
    claimed = f"{leading.verdict.words.upper()} {leading.cause}, " if leading is not None else ""
    agree = ", all agree" if len(cohort.agreeing) > 1 else ""
    unclear = f", {len(cohort.unclear):,} not readable" if cohort.unclear else ""
    apart = f", unlike {cohort.apart_from}" if cohort.apart_from else ""
    return f"{claimed}{len(cohort.agreeing):,} read{agree}{unclear}{apart}"


def leading_of(cohort: Cohort, state: State) -> Finding | None:
    """The strongest claim about the members that were read, as far as a person may act on it."""
    findings = state.diagnosis.confident if state.diagnosis is not None else ()
    read = next(iter(cohort.agreeing), None)
    return next((finding for finding in findings if finding.cause in cohort.causes and read in finding.nodes), None)


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence with its sign and role."""

    glyph: str
    text: str
    role: Role


def extent(state: State, now: datetime) -> Line:
    """How bad it is, in five words."""
    if state.fatal is not None:
        return Line("✗", "not connected", "bad")
    if state.pods_link.phase == "asking" and not state.pods:
        return Line(SPIN, "asking", "dim")
    if state.pods_link.phase == "asking":
        return Line(SPIN, f"{len(state.failing):,} of {len(state.pods):,} pods listed so far failing", "warn")
    if state.unlisted:
        return Line("✗", "pods not listed", "bad")
    failing, total = len(state.failing), len(state.rows)
    if failing:
        since = age(state.failing_since, now)
        return Line("✗", f"{failing:,} of {total:,} nodes failing for {since}", "bad")
    if not state.pods:
        return Line("?", "no Calico pods", "warn")
    ready = state.roster.ready
    if ready < total:
        return Line("!", f"{total - ready:,} of {total:,} nodes not ready", "warn")
    return Line("✓", f"all {total:,} nodes healthy", "good")


def moment(state: State) -> datetime:
    """What ages and countdowns are counted from: now, or when the case file was collected."""
    return state.recorded.at if state.recorded else present()


def present() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def liveness(state: State, now: datetime, width: int = 200) -> Line:
    """Whether what is on the screen is current, or which case file it is of."""
    link = state.pods_link
    if state.recorded is not None:
        return Line("■", _collected(state.recorded, width), "accent")
    if state.fatal is not None:
        by_itself = isinstance(state.fatal, ClusterError)
        return Line("!", "trying again by itself" if by_itself else "r tries again", "warn")
    if link.phase in ("stale", "refused"):
        word = "refused" if link.phase == "refused" else "stale"
        why = f": {brief(link.error)}" if link.error is not None else ""
        return Line("!", f"{word} {age(link.since or state.started_at, now)}{why}", "warn")
    if link.phase == "asking":
        return Line(SPIN, "listing" if state.pods else "connecting", "dim")
    if state.silent_since is not None:
        return Line("!", f"no answer for {age(state.silent_since, now)}", "warn")
    return Line("●", f"live {now:%H:%M:%S}", "good")


def _collected(case: Recorded, width: int) -> str:
    """`case FILE, collected TIME`; on a narrow screen the file's name gives way."""
    if width < 100:
        return f"case, collected {case.at:%m-%d %H:%M}"
    name = case.name if len(case.name) <= width // 4 else f"{case.name[: width // 4 - 1]}…"
    return f"case {name}, collected {case.at:%Y-%m-%d %H:%M}Z"


def banner(state: State) -> Line:
    """What it is and how sure, or what we are doing about not knowing yet."""
    trouble = _trouble(state)
    if trouble is not None:
        return trouble
    if state.diagnosis is None:
        return Line(SPIN, f"asking {state.connection.server or 'the API server'} for {_awaited(state)}", "dim")
    if not state.failing and state.diagnosis.confident:
        return _verdict(state, state.diagnosis)  # of pods that are missing
    if not state.pods:
        return Line("?", "no calico-node pods in any namespace you may read; is Calico installed here?", "warn")
    if not state.failing:
        return _quiet(state)
    return _verdict(state, state.diagnosis)


def _awaited(state: State) -> str:
    """What the first judgement waits for."""
    listed = bool(state.rows) and state.pods_link.phase != "asking"
    return "the nodes" if listed and state.nodes_link.phase == "asking" else "the calico-node pods"


def _trouble(state: State) -> Line | None:
    if state.fatal is not None:
        return Line("✗", str(state.fatal), "bad")
    error = state.pods_link.error
    if error is not None and (state.pods_link.phase == "refused" or state.unlisted):
        return Line("✗", str(error), "bad")
    return None


def _quiet(state: State) -> Line:
    waiting = [row for row in state.rows if not row.healthy]
    if waiting:
        told = tuple(f"{row.name} ({row.pod.status if row.pod else 'no pod'})" for row in waiting)
        return Line("!", f"nothing has failed, but not ready yet: {names(told)}", "warn")
    return Line("✓", "Calico runs on every node; nothing to do", "good")


def _verdict(state: State, diagnosis: Diagnosis) -> Line:
    leading = diagnosis.leading
    if leading is not None and leading.verdict.confident:
        role: Role = "bad" if leading.verdict is Verdict.CONFIRMED else "warn"
        return Line("▸", claim(leading, diagnosis), role)
    if not state.settled and not _enough_read(state):
        done = sum(look.phase != "asking" for _, look in state.looks)
        alike = f", of {counted(len(state.failing))} that fail" if len(state.failing) > len(state.looks) else ""
        return Line(SPIN, f"investigating: {done} of {len(state.looks)} subjects read{alike}", "accent")
    if state.reading_stopped:
        return Line("?", "NOT PROVEN  reading the nodes was stopped: r reads on", "warn")
    unread = _unread(state)
    candidates = [f.cause for f in diagnosis.findings if f.verdict is Verdict.POSSIBLE and f.cause != "unknown"]
    if candidates:
        return Line("?", f"NOT PROVEN  {unread}could be: {names(tuple(dict.fromkeys(candidates)), 5)}", "warn")
    return Line("?", f"UNDETERMINED  {unread}the evidence does not decide; step 6 names what to collect next", "warn")


def _unread(state: State) -> str:
    """`worker-01, worker-02: not reachable · `: why nodes that fail have not told more; "" when all did."""
    failing = {pod.node for pod in state.failing}
    errors = {node: look.error for node, look in state.looks if node in failing and look.error is not None}
    told = {node: brief(error) for node, error in errors.items() if not isinstance(error, NodeUnconfirmed)}
    why = dict.fromkeys(told.values())
    return f"{names(tuple(told), 2)}: {', '.join(why)} · " if told else ""


def _enough_read(state: State) -> bool:
    """Whether some of every group have been read and nobody is being read, though the lists go on coming."""
    asking = any(look.phase == "asking" for _, look in state.looks)
    return not asking and bool(state.cohorts) and all(cohort.read for cohort in state.cohorts)


def claim(finding: Finding, diagnosis: Diagnosis) -> str:
    """`CONFIRMED  SELinux stops install-cni on worker-01, worker-02 · because …`, and that there is more.

    Of nodes that were not read only that they are alike is said: `· 1,998 nodes alike, 3 read, all agree`. So it is of
    those whose traces tell nothing, where an experiment on one node does.
    """
    where = f" on {names(finding.nodes)}" if finding.nodes else ""
    if finding.alike:
        agree = ", all agree" if len(finding.nodes) > 1 else ""
        where = f" · {counted(len(finding.nodes) + len(finding.alike))} alike, {len(finding.nodes):,} read{agree}"
    spoken = sum(len(cohort.spoken_for((finding.cause,))) for cohort in diagnosis.cohorts)
    where += f" · {counted(spoken)} alike" if spoken else ""
    others: dict[str, int] = {}
    for other in diagnosis.confident:
        if other is not finding:
            which = f"{other.verdict.words} {other.cause}" if other.cause == finding.cause else other.cause
            others[which] = len(other.nodes) + len(other.alike)
    more = "".join(f" · +{cause} on {nodes:,}" for cause, nodes in list(others.items())[:2])
    more += f" · +{len(others) - 2} more" if len(others) > 2 else ""
    return f"{finding.verdict.words.upper()}  {finding.title}{where}{more} · {finding.judgement.because}"


def moment_words(state: State, view: View) -> str:
    """What a pane's title says about the moment it shows: nothing while there is but one."""
    before = state.before
    if before is None:
        return ""
    told = {"now": "now", "before": f"BEFORE, at {before.at:%H:%M:%S}", "both": "before and now"}
    return f" ── {told[view]}"
