"""Steps on hundreds of nodes: one node first, then all by a file of names; no line with names that nobody can read."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from cnitui.domain.evidence import Source
from cnitui.domain.facts import FileAttributes
from cnitui.domain.finding import Diagnosis, Evidence, Finding, Judgement, Verdict
from cnitui.domain.remedies import Situation, Step, advice
from cnitui.domain.remedies.by_hand import OBSERVED
from cnitui.domain.report import nodes_of
from tests.domain.remedies.test_remedies import situation
from tests.engine.fake_cluster import diagnosis_of, pod

MANY = tuple(f"worker-{number:03}" for number in range(300))
IMMUTABLE = FileAttributes({"/opt/cni/bin": "----i----------"})


def found(cause: str, nodes: tuple[str, ...] = MANY, *quotes: str, facts: tuple[object, ...] = ()) -> Situation:
    """The cause on these nodes, of which three were read."""
    judgement = Judgement(Verdict.CONFIRMED, "it is so", tuple(Evidence("", one) for one in quotes))
    finding = Finding(cause, "", judgement, nodes[:3], alike=nodes[3:])
    made = situation(pods=tuple(pod(node, failing=True) for node in nodes), diagnosis=diagnosis_of(finding))
    case = made.case
    for fact in facts:
        case = case.with_observed(fact, Source(""), nodes[0])
    return replace(made, case=case)


def steps(cause: str, made: Situation) -> tuple[Step, ...]:
    return advice(cause, made).steps


def test_of_many_nodes_the_first_is_the_trial_and_the_others_follow_by_a_file() -> None:
    told = steps("host-permission", found("host-permission", facts=(IMMUTABLE,)))
    assert [step.command for step in told] == [
        "ssh worker-000 sudo chattr -i /opt/cni/bin",
        "kubectl -n kube-system delete pod calico-node-worker-000-3",
        "cnitui diagnose --nodes-of host-permission > nodes",
        "xargs -P 8 -I{} ssh {} sudo chattr -i /opt/cni/bin < nodes",
        (
            "xargs -P 8 -I{} kubectl -n kube-system delete pod -l k8s-app=calico-node "
            "--field-selector 'spec.nodeName={}' < nodes"
        ),
    ]
    assert told[0].words.endswith(". First on worker-000 alone")
    assert told[2].words == "When worker-000 is well: the names of the 299 others, one a line"


def test_of_a_few_all_stand_in_the_line() -> None:
    told = steps("host-permission", found("host-permission", MANY[:3], facts=(IMMUTABLE,)))
    assert (
        told[0].command
        == "for node in worker-000 worker-001 worker-002; do ssh $node sudo chattr -i /opt/cni/bin; done"
    )
    assert not any("nodes" in step.command for step in told)


def test_what_only_looks_is_looked_at_on_the_first_node_alone() -> None:
    told = [step.command for step in steps("disk-full", found("disk-full"))]
    assert "ssh worker-000 'df -h /opt/cni/bin; df -i /opt/cni/bin'" in told
    assert not any("xargs" in line and ("df -h" in line or "du -x" in line) for line in told)
    assert any(line.startswith("xargs -P 8 -I{} ssh {} 'sudo find ") for line in told)


@pytest.mark.parametrize("cause", sorted(OBSERVED))
def test_no_line_grows_with_the_number_of_nodes(cause: str) -> None:
    for step in steps(cause, found(cause, MANY, "429 Too Many Requests", "OOMKilled", "network is unreachable")):
        assert len([node for node in MANY if node in step.command]) <= 3, step.command
        assert len([node for node in MANY if node in step.words]) <= 5, step.words
        assert step.command.count("{}") in (0, 2), "xargs puts a name into each of them"


@pytest.mark.skipif(shutil.which("xargs") is None, reason="no xargs here")
def test_the_line_for_all_runs_for_every_name(tmp_path: Path) -> None:
    made = found("host-permission", facts=(IMMUTABLE,))
    line = next(
        step.command for step in steps("host-permission", made) if "chattr" in step.command and "xargs" in step.command
    )
    (tmp_path / "nodes").write_text(nodes_of(made.diagnosis, "host-permission"), "utf-8")
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\necho "$*"\n', "utf-8")
    ssh.chmod(0o755)
    ran = subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert sorted(ran.stdout.splitlines()) == [f"{node} sudo chattr -i /opt/cni/bin" for node in MANY]


def test_the_names_for_other_programs_are_names_and_nothing_else() -> None:
    judgement = Judgement(Verdict.CONFIRMED, "")
    evil = Finding(
        "disk-full", "", judgement, ("worker-01", "-oProxyCommand=reboot", "a b", "x\ny"), alike=("w2.example",)
    )
    possible = Finding("mount-failure", "", Judgement(Verdict.POSSIBLE, ""), ("worker-03",))
    diagnosis = Diagnosis("failing", (evil, possible))
    assert nodes_of(diagnosis, "disk-full") == "worker-01\nw2.example\n"
    assert nodes_of(diagnosis, "mount-failure") == ""
