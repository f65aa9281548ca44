"""Everything about one node on one page."""

from __future__ import annotations

from dataclasses import replace

from cnitui.domain.evidence import Source
from cnitui.domain.facts import AttemptLogs
from cnitui.engine.guide.blocks import Block, Command, Grid, Heading, Item, Paragraph, Quote
from cnitui.tui.layout import lay_out
from cnitui.tui.node_page import node_blocks, object_blocks, pod_ref
from tests.engine.guide.states import FATAL, cluster, incident, judged, pod, with_nodes, with_pods


def headings(blocks: tuple[Block, ...]) -> list[str]:
    """The page's headings, in order."""
    return [block.text for block in blocks if isinstance(block, Heading)]


def test_a_failing_node_has_pod_causes_log_events_and_the_command() -> None:
    blocks = node_blocks(incident(), "worker-01")
    assert headings(blocks) == [
        "Node",
        "Pod kube-system/calico-node-worker-01: Init:CrashLoopBackOff",
        "Causes",
        "Last attempt of install-cni",
        "Events",
        "By hand",
    ]
    assert Quote(FATAL, "look at worker-01") in blocks
    assert blocks[-1] == Command("kubectl -n kube-system describe pod calico-node-worker-01")


def test_the_failing_container_is_marked_with_its_exit_code() -> None:
    grid = [block for block in node_blocks(incident(), "worker-01") if isinstance(block, Grid)][1]
    assert grid.rows[0][:5] == ("install-cni", "init", "waiting CrashLoopBackOff", "3", "exit 1 at 11:59:00")
    assert grid.roles == ("bad",)


def test_a_healthy_node_has_no_causes() -> None:
    assert "Causes" not in headings(node_blocks(incident(), "master-01"))


def test_a_log_that_may_not_be_read_says_why() -> None:
    state = cluster()
    case = state.case.with_unavailable(AttemptLogs, "you may not get pods/log", Source("kubectl logs"), "worker-01")
    assert Item("no log: you may not get pods/log", "warn") in node_blocks(replace(state, case=case), "worker-01")


def test_a_node_that_is_gone_says_so() -> None:
    assert node_blocks(incident(), "worker-99") == (Paragraph("worker-99 is gone.", "warn"),)


def test_a_pod_whose_node_may_not_be_read_still_has_its_page() -> None:
    state = judged(with_nodes(cluster()))
    assert headings(node_blocks(state, "worker-01"))[0].startswith("Pod ")


def test_hostile_names_make_a_hostile_page_of_plain_lines() -> None:
    state = incident()
    hostile = replace(state.pods[1], name="x\x1b[31m[bold]", status="\x1b]0;t\x07")
    page = lay_out(node_blocks(with_pods(state, state.pods[0], hostile), "worker-01"), 60)
    text = "\n".join("".join(part for part, _ in line) for line in page)
    assert "\x1b" not in text
    assert "[bold]" in text


def test_the_describe_command_quotes_a_hostile_name_for_a_shell() -> None:
    state = incident()
    hostile = replace(state.pods[1], name="x; rm -rf /")
    blocks = node_blocks(with_pods(state, state.pods[0], hostile), "worker-01")
    assert blocks[-1] == Command("kubectl -n kube-system describe pod 'x; rm -rf /'")


def test_an_objects_text_is_quoted_as_it_is() -> None:
    assert object_blocks("kind: Pod\n") == (Quote("kind: Pod\n"),)
    assert pod_ref(pod("w")).words == "Pod kube-system/calico-node-w"
