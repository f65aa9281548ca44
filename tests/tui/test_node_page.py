"""Everything about one node on one page."""

from __future__ import annotations

from dataclasses import replace

from cnitui.domain.evidence import Source
from cnitui.domain.facts import AttemptLogs, CniFiles
from cnitui.domain.finding import Verdict
from cnitui.engine.guide.blocks import Block, Command, Grid, Heading, Item, Paragraph, Quote
from cnitui.engine.probes.calico_objects import CalicoObject, CalicoObjects
from cnitui.tui.layout import lay_out
from cnitui.tui.node_page import node_blocks, objects_of
from tests.engine.guide.states import (
    FATAL,
    WORKERS,
    cluster,
    finding,
    found,
    incident,
    judged,
    with_nodes,
    with_pods,
)
from tests.tui.listings import founding


def headings(blocks: tuple[Block, ...]) -> list[str]:
    """The page's headings, in order."""
    return [block.text for block in blocks if isinstance(block, Heading)]


def test_a_failing_node_has_pod_causes_log_events_and_the_command() -> None:
    blocks = node_blocks(incident(), "worker-01")
    assert headings(blocks) == [
        "Node",
        "Pod kube-system/calico-node-worker-01: Init:CrashLoopBackOff",
        "Causes",
        "Node, from inside",
        "Calico's own objects of this node",
        "Last attempt of install-cni",
        "Events",
        "By hand",
    ]
    assert Quote(FATAL, "look at worker-01") in blocks
    assert blocks[-1] == Command("kubectl -n kube-system describe pod calico-node-worker-01")


def test_the_failing_container_is_marked_with_its_exit_code() -> None:
    grid = [block for block in node_blocks(incident(), "worker-01") if isinstance(block, Grid)][1]
    assert grid.rows[0][:5] == ("install-cni", "init", "CrashLoopBackOff", "3", "exit 1 at 11:59:00")
    assert grid.roles == ("bad",)


def test_causes_stand_by_rank_and_what_was_ruled_out_in_one_line() -> None:
    state = found(
        incident(),
        finding("disk-full", Verdict.RULED_OUT, *WORKERS),
        finding("unknown", Verdict.RULED_OUT, *WORKERS),
        finding("bgp-not-ready", Verdict.UNDETERMINED, *WORKERS),
        finding("selinux-denial", Verdict.CONFIRMED, *WORKERS),
        finding("image-pull", Verdict.CONFIRMED, "worker-02"),
    )
    blocks = node_blocks(state, "worker-01")
    start = blocks.index(Heading("Causes")) + 1
    told = [block.text for block in blocks[start : start + 3] if isinstance(block, Item)]
    assert told == [
        "confirmed: title of selinux-denial",
        "undetermined: title of bgp-not-ready",
        "ruled out: disk-full, unknown",
    ]


def test_what_the_node_told_is_on_its_page_and_nothing_is_cut_at_80_columns() -> None:
    state = founding()
    names = tuple(f"plugin-{number:02}" for number in range(30))
    case = state.case.with_observed(CniFiles(names, ()), Source("ssh"), "worker-01")
    message = "container runtime network not ready: " * 6 + "the end of it"
    master, *others = state.nodes
    nodes = (master, *(replace(node, ready_message=message) for node in others))
    state = with_nodes(replace(state, case=case), *nodes)
    lines = ["".join(text for text, _ in line) for line in lay_out(node_blocks(state, "worker-01"), 77)]
    text = " ".join(" ".join(lines).split())
    assert "…" not in text
    assert "the end of it" in text
    for words in (
        "/opt/cni/bin",
        "8: system_u:object_r:container_file_t:s0",
        "mode now enforcing",
        "CNI configuration none",
    ):
        assert words in text, words
    assert all(name in text for name in names)
    assert "It was not read yet" in " ".join(
        block.text for block in node_blocks(judged(cluster()), "worker-01") if isinstance(block, Item)
    )


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


def test_a_row_stands_for_its_pod_its_node_and_the_daemonset_of_the_pod() -> None:
    words = [ref.words for ref in objects_of(incident(), "worker-01")]
    assert words == [
        "Pod kube-system/calico-node-worker-01",
        "Node worker-01",
        "DaemonSet kube-system/calico-node",
    ]
    assert [ref.kind for ref in objects_of(incident(), "nobody")] == ["DaemonSet"]


def test_calicos_own_objects_are_asked_for_then_told_then_missed_where_they_may_not_be_read() -> None:
    heading = Heading("Calico's own objects of this node")

    def told(calico: CalicoObjects | None) -> tuple[Block, ...]:
        blocks = node_blocks(incident(), "worker-01", calico)
        at = blocks.index(heading) + 1
        return blocks[at : at + 2]

    assert told(None)[0] == Paragraph("◌ asking for them", "dim")
    found = CalicoObjects((CalicoObject("BGPPeer", "tor", "peerIP 10.0.0.1"),), (("IPAMBlock", "may not list"),))
    grid, missing = told(found)
    assert isinstance(grid, Grid)
    assert grid.rows == (("BGPPeer", "tor", "peerIP 10.0.0.1"),)
    assert missing == Item("IPAMBlock: not read", "warn", "may not list")
    assert isinstance(told(CalicoObjects())[0], Item)
