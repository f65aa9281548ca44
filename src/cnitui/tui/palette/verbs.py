"""The commands that take a name: a node, a step, a theme, and another context or namespace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from cnitui.engine.contexts import Where
from cnitui.engine.state import State
from cnitui.tui.messages import StepOpened
from cnitui.tui.palette.offers import Candidate, Verb
from cnitui.tui.screens.main import MainScreen
from cnitui.tui.screens.work import WorkScreen
from cnitui.tui.sittings import Sittings
from cnitui.tui.text import clean
from cnitui.tui.wording import age

EVERY = "all"
BACK = "-"


def work_verbs(work: MainScreen, front: Callable[[], object]) -> Iterator[Verb]:
    """Commands on what is shown; `front` brings the main screen to the front."""

    def jump(node: str) -> None:
        front()
        if not work.jump(node):
            work.notify(f"No node is named {node}.", severity="warning", markup=False)

    def open_step(number: str) -> None:
        front()
        work.post_message(StepOpened(int(number)))

    yield Verb("node", "Jump to a node, by a part of its name", lambda: _nodes(work.state), jump)
    yield Verb("step", "Open a step of the guide", lambda: _steps(work), open_step)


def _nodes(state: State) -> Iterator[Candidate]:
    for row in state.rows:
        yield Candidate(row.name, row.pod.status if row.pod is not None else "no pod")


def _steps(work: MainScreen) -> Iterator[Candidate]:
    for view in work.steps:
        yield Candidate(str(view.number), f"{view.glyph} {view.title}: {view.summary}")


def theme_verb(names: Sequence[str], put: Callable[[str], None]) -> Verb:
    """Another theme, until the end of this run."""
    return Verb("theme", "Change the colours", lambda: map(Candidate, names), put)


def sitting_verbs(
    work: WorkScreen, sittings: Sittings, go: Callable[[Where], object], now: Callable[[], datetime]
) -> Iterator[Verb]:
    """Another context, another namespace; `go` ends this sitting and begins one there."""
    here = sittings.here(work.state)

    def to_context(name: str) -> None:
        back = sittings.before
        if name == BACK and back is not None:
            go(back)
            return
        visited = (where for where in reversed(sittings.visits) if where.context == name)
        go(here if name == here.context else next(visited, Where(name)))

    def to_namespace(name: str) -> None:
        go(Where(here.context, "" if name == EVERY else name))

    async def learn_namespaces() -> None:
        sittings.learn_namespaces(here.context, await work.namespaces())

    yield Verb(
        "ctx", "Another context of the kubeconfig; :ctx - goes back",
        lambda: _contexts(sittings, here, now()), to_context, sittings.learn, exact=True,
    )  # fmt: skip
    yield Verb(
        "ns", "Another namespace of calico-node; :ns all is every one",
        lambda: _namespaces(sittings, here), to_namespace, learn_namespaces, exact=True, free=True,
    )  # fmt: skip


def _contexts(sittings: Sittings, here: Where, now: datetime) -> Iterator[Candidate]:
    """Each by name, where it leads, whether it is protected, and what was seen there last."""
    if sittings.before is not None:
        yield Candidate(BACK, f"back to {_words(sittings.before)}")
    for known in sittings.known:
        at_last = [visit for where, visit in sittings.visits.items() if where.context == known.name]
        parts = [
            "here" if known.name == here.context else "",
            "read-only" if known.readonly else "",
            f"left {age(at_last[-1].at, now)} ago: {at_last[-1].words}" if at_last else "",
            known.server,
        ]
        yield Candidate(known.name, " · ".join(filter(None, parts)))


def _words(where: Where) -> str:
    return clean(f"{where.context}, namespace {where.namespace}" if where.namespace else where.context)


def _namespaces(sittings: Sittings, here: Where) -> Iterator[Candidate]:
    yield Candidate(EVERY, "every namespace" + ("" if here.namespace else " · here"))
    for name in sittings.namespaces(here.context):
        yield Candidate(name, "here" if name == here.namespace else "")
