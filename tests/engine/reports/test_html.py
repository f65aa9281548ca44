"""The HTML report: valid, literal whatever a cluster says, complete, the same each time, and in need of nothing."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnitui.domain.facts import Attempt, AttemptLogs, LogLine
from cnitui.engine.repair.state import Action, RepairState
from cnitui.engine.repair.verify import CHECKS
from cnitui.engine.repair.workbench import ACCOUNT, DIAGNOSIS, OUTCOME, PLAN, VERIFICATION
from cnitui.engine.reports.account import account_of, as_document
from cnitui.engine.reports.forms import as_report
from cnitui.engine.reports.html.lanes import GUTTER, WIDTH, picture
from cnitui.engine.reports.html.render import as_html
from cnitui.engine.reports.plan_report import as_plan_markdown, plan_report
from cnitui.engine.state import Before, State
from cnitui.gateways.journal import FileJournal
from tests.engine.guide.states import FAILED, FATAL, NOON, cluster, incident, judged, observed, pod, read, with_pods

XHTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</pre><script>alert(1)</script>{{ 7 * 7 }}\x1b]0;x\x07\u202e<img src=x onerror=y> ' \" & [b]"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQifQ.c2lnbmF0dXJl"
PLAN_ID = "20261123T120000Z-1a2b"


def parsed(page: str) -> ET.Element:
    """The page as a browser would read it; raises at the first thing that is not HTML."""
    root: ET.Element = html5lib.HTMLParser(html5lib.getTreeBuilder("etree"), strict=True).parse(page)
    return root


def words(page: str) -> str:
    """Everything that is read on it."""
    return re.sub(r"\s+", " ", " ".join(parsed(page).find(f"{XHTML}body").itertext()))  # type: ignore[union-attr]


def tags(page: str) -> set[str]:
    return {element.tag.rpartition("}")[2] for element in parsed(page).iter()}


def repaired(line: str = FATAL, name: str = "worker-01") -> State:
    """A failing node whose new pod has done its work."""
    earlier = judged(read(cluster((name,), ("master-01",))))
    logs = AttemptLogs("install-cni", (Attempt(FAILED, (LogLine(line),)),), f"calico-node-{name}")
    earlier = replace(earlier, case=observed(earlier.case, name, logs))
    fresh = replace(pod(name, failing=False), uid="new", name=f"new-{name}")
    now = with_pods(earlier, fresh, pod("master-01", failing=False))
    applied = NOON - timedelta(seconds=30)
    actions = (Action(applied, "patched DaemonSet kube-system/calico-node"),)
    checks = tuple(replace(check, state="pass", words="all well") for check in CHECKS)
    repair = RepairState(actions=actions, checks=checks, phase="verified")
    return replace(now, before=Before(PLAN_ID, applied, earlier), repair=repair)


def test_a_whole_repair_is_on_the_page() -> None:
    page = as_report(repaired(), NOON, "html")
    told = words(page)
    for part in (
        "Calico on worker-01",
        "verified: 4 of 4 pass",
        "Findings",
        "Timeline, a lane per node",
        "worker-01: 1 attempt failed, the last at 11:59:00, 1 attempt completed, the last at 12:00:00, 1 denial.",
        "Last failing attempt before ✗ exit 1 Error install-cni in calico-node-worker-01 2026-11-23 11:58:59 · for 1 s",
        "found no writeable directory, exiting",
        "Newest attempt since ✓ exit 0",
        "calico-node runs on every node ✓ pass all well",
        "patched DaemonSet kube-system/calico-node",
        "Nothing in it looked like a secret.",
    ):
        assert part in told, part
    drawing = parsed(page).find(f".//{XHTML}figure/{SVG}svg")
    assert drawing is not None
    bars = [element.get("class") for element in drawing.iter(f"{SVG}rect") if "bar" in (element.get("class") or "")]
    assert sorted(bars, key=str) == ["bar done", "bar done", "bar failed"]


def test_it_needs_nothing_from_anywhere_and_is_the_same_each_time() -> None:
    page = as_report(repaired(), NOON, "html")
    assert page == as_report(repaired(), NOON, "html")
    assert not tags(page) & {"script", "link", "img", "iframe", "object", "form", "base"}
    assert "@import" not in page
    assert "url(" not in page
    addresses = [
        value
        for element in parsed(page).iter()
        for name, value in element.attrib.items()
        if name in ("href", "src", "srcset", "action", "style") or name.startswith("on")
    ]
    assert addresses == []
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_text_of_a_cluster_stays_text() -> None:
    page = as_report(repaired(HOSTILE, "worker-</title><b>"), NOON, "html")
    assert tags(page).isdisjoint({"script", "img"})
    told = "".join(parsed(page).itertext())
    assert "</pre><script>alert(1)</script>{{ 7 * 7 }}" in told
    assert "worker-</title><b>" in told
    assert not set("\x1b\x07\u202e") & set(page)


def test_what_looks_like_a_secret_is_hidden_and_counted_in_every_form() -> None:
    state = repaired(f"request failed: bearer {TOKEN}")
    for form in ("html", "markdown", "json"):
        text = as_report(state, NOON, form)
        assert TOKEN not in text
        assert "JSON web token" in text
    assert "1 JSON web token" in words(as_report(state, NOON, "html"))


def test_without_a_repair_the_page_tells_what_was_found() -> None:
    told = words(as_report(incident(), NOON, "html"))
    assert "nothing was changed" in told
    assert "SELinux stops install-cni" in told
    assert "Before and after" not in told


def test_a_plan_is_told_from_what_was_kept_of_it_also_when_that_is_little(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path, lambda: NOON)
    journal.keep(PLAN_ID, PLAN, {"at": NOON.isoformat(), "context": HOSTILE, "plan": {"title": "a title"}})
    bare = words(as_html(plan_report(journal)))
    assert "applied: not verified" in bare
    assert "</pre><script>" in bare
    document = as_document(account_of(repaired(), NOON))
    journal.keep(PLAN_ID, ACCOUNT, {**document, "actions": [{"at": NOON.isoformat(), "what": f"token={TOKEN}"}]})
    journal.keep(PLAN_ID, DIAGNOSIS, document["diagnosis"])
    journal.keep(PLAN_ID, OUTCOME, {"state": "done"})
    journal.keep(PLAN_ID, VERIFICATION, {"checks": [{"id": "pods", "state": "pass", "words": "all run"}]})
    report = plan_report(journal)
    told = words(as_html(report))
    for part in (
        "verified: 1 of 1 pass",
        "calico-node runs on every node ✓ pass all run",
        "✗ exit 1 Error",
        "✓ exit 0",
    ):
        assert part in told, part
    markdown = as_plan_markdown(report)
    assert "| worker-01 | exit 1, 11:58:59 to 11:59:00: `" in markdown
    assert TOKEN not in markdown + told


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
DOCUMENT = as_document(account_of(repaired(), NOON))


def spoiled(document: object, replacement: object) -> Iterator[object]:
    """The document with one of its parts replaced, each in turn."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from ({**document, key: one} for one in spoiled(value, replacement))
    if isinstance(document, list) and document:
        yield from ([one, *document[1:]] for one in spoiled(document[0], replacement))
    yield replacement


@given(ANYTHING)
@settings(max_examples=8, deadline=None)
def test_a_document_of_any_shape_gives_a_page(replacement: object) -> None:
    for place, document in enumerate(spoiled(DOCUMENT, replacement)):
        if isinstance(document, dict) and place % 7 == 0:
            assert "</html>" in as_html(document)


def test_a_document_of_nothing_gives_a_valid_page() -> None:
    parsed(as_html({}))


@pytest.mark.parametrize("seconds", [0, 1, 300, 40 * 86400])
def test_a_drawing_keeps_within_its_frame_and_in_the_order_of_time(seconds: int) -> None:
    ends = [NOON + timedelta(seconds=seconds * step) for step in range(4)]
    attempts = [
        {"node": "n", "container": "c", "started": at.isoformat(), "finished": at.isoformat(), "exit_code": 1}
        for at in ends
    ]
    lanes = [{"node": "n", "title": "n" * 90}]
    art = picture({"lanes": lanes, "attempts": attempts}, [{"at": ends[1].isoformat(), "what": "x"}] * 40, ends[2])
    assert art is not None
    (track,) = art.tracks
    places = [bar.x for bar in track.bars]
    assert places == sorted(places)
    assert all(GUTTER <= place <= WIDTH for place in (*places, *(act.x for act in art.acts), art.applied or GUTTER))
    assert len(track.name) <= 24
    assert len(art.acts) == 40
