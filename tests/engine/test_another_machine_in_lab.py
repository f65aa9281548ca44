"""SSH that leads to another machine, on a lab: what is said, what is kept, what is refused, and what it costs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from cnitui.domain.facts import Identity, SelinuxMode
from cnitui.domain.report import as_data, as_markdown, as_text
from cnitui.engine.reading import reader
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.session import Session
from cnitui.engine.sitting import sitting
from cnitui.errors import AnotherMachine
from cnitui.gateways.bundle import read_bundle
from cnitui.gateways.replay import ReplayCluster, ReplayShell
from cnitui.lab import Lab
from tests.engine.fake_sitting import running, until
from tests.engine.lab_case import WAIT, collected, connected, still
from tests.running import cnitui
from tests.schemas import objections

YES = Confirmation("kubernetes-admin@lab", "the lab is there to be repaired")
OTHER = "ssh lie=other worker-01"
"""worker-02 answers for worker-01."""


@asynccontextmanager
async def judged(lab: Lab, folder: Path, access: str = "ssh") -> AsyncIterator[Session]:
    async with connected(lab, folder, node_access=access) as (opened, _):
        session = Session(opened)
        async with running(session):
            await until(session, lambda state: state.settled and state.diagnosis)
            yield session


def labels(lab: Lab) -> set[str]:
    paths = ("/opt/cni/bin", "/etc/cni/net.d")
    return {lab.world.node(name).files.entries[path].label for name in lab.world.nodes for path in paths}


async def test_it_is_told_in_text_json_and_markdown_and_is_no_evidence(tmp_path: Path) -> None:
    async with Lab.start("selinux-denial", speed=30, seed=7) as lab:
        await lab.standing.set(OTHER)
        async with judged(lab, tmp_path) as session:
            state = session.state
    assert state.diagnosis is not None
    assert state.case.value(SelinuxMode, "worker-01") is None
    assert [finding.nodes for finding in state.diagnosis.confident] == [("worker-02",)]
    data = as_data(state.diagnosis)
    assert objections(json.loads(json.dumps(data))) == []
    (machine,) = state.diagnosis.machines
    assert (machine.node, machine.standing) == ("worker-01", "other")
    ids = [lab.world.node(name).machine_id for name in ("worker-02", "worker-01")]
    assert machine.because == f"its machine-id is {ids[0]}, that of worker-02; worker-01 reported {ids[1]}"
    assert f"worker-01: another machine; nothing it answered is held against the node: {machine.because}" in as_text(
        state.diagnosis
    )
    assert "## Which machine answered" in as_markdown(state.diagnosis)
    look = state.look("worker-01")
    assert look is not None
    assert isinstance(look.error, AnotherMachine)


@pytest.mark.parametrize("lie", ["empty", "garbage", "nologin", "other"])
async def test_whatever_the_lie_nothing_is_confirmed_by_it_and_no_node_is_planned_for(tmp_path: Path, lie: str) -> None:
    async with Lab.start("selinux-wrong-context", speed=30, seed=7) as lab:
        await lab.standing.set(f"ssh lie={lie}")
        async with judged(lab, tmp_path) as session:
            assert session.state.diagnosis is not None
            assert session.state.diagnosis.confident == ()
            expected = [(node, "other") for node in lab.world.nodes] if lie == "other" else []
            assert [(one.node, one.standing) for one in session.state.diagnosis.machines] == expected
            await session.choose_remedy("relabel")
            assert session.repair.state.preview is None
            assert "worker-01" in session.repair.state.no_plan


async def test_it_is_noticed_when_the_way_leads_elsewhere_later_and_forgotten_when_it_is_put_right(
    tmp_path: Path,
) -> None:
    async with still("selinux-denial") as lab, judged(lab, tmp_path) as session:
        assert session.state.case.value(SelinuxMode, "worker-01") is not None
        await lab.standing.set(OTHER)
        session.look_again("worker-01")
        await until(session, lambda state: state.settled and state.diagnosis and state.diagnosis.machines)
        assert session.state.case.value(SelinuxMode, "worker-01") is None
        await lab.standing.set()
        session.look_again("worker-01")
        await until(session, lambda state: state.settled and state.diagnosis and not state.diagnosis.machines)
        assert session.state.case.value(SelinuxMode, "worker-01") is not None


async def test_of_nodes_that_are_only_read_in_passing_it_is_told_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "EVERYBODY", 1)
    async with Lab.start("selinux-denial", speed=30, seed=7, nodes=9) as lab:
        await lab.standing.set("ssh lie=other worker-07")
        async with judged(lab, tmp_path) as session:
            await until(session, lambda state: state.diagnosis and state.diagnosis.machines)
            assert session.state.diagnosis is not None
            assert [one.node for one in session.state.diagnosis.machines] == ["worker-07"]


async def test_relabel_leaves_the_node_out_at_the_preview(tmp_path: Path) -> None:
    async with Lab.start("selinux-wrong-context", speed=30, seed=7) as lab:
        await lab.standing.set(OTHER)
        async with judged(lab, tmp_path) as session:
            await session.choose_remedy("relabel")
            preview = session.repair.state.preview
            assert preview is not None
            assert [change.node for change in preview.plan.nodes] == ["worker-02"]
            (left,) = [words for words in preview.plan.warnings if words.startswith("worker-01")]
            assert "another machine answered" in left


async def test_relabel_does_nothing_when_the_way_leads_elsewhere_after_the_preview(tmp_path: Path) -> None:
    async with Lab.start("selinux-wrong-context", speed=30, seed=7) as lab, judged(lab, tmp_path) as session:
        before = labels(lab)
        await session.choose_remedy("relabel")
        await lab.standing.set(OTHER)
        await session.apply(YES)
        rollout = session.repair.state.rollout
        assert rollout is not None
        assert rollout.nodes[0].words.startswith("nothing was done: worker-01: another machine answered")
        assert rollout.nodes[1].words.startswith("left alone")
        assert labels(lab) == before


async def test_the_write_itself_is_refused_by_a_machine_of_another_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the connection had been made anew, elsewhere, between the guard and the write."""
    async with Lab.start("selinux-wrong-context", speed=30, seed=7) as lab, judged(lab, tmp_path) as session:
        before = labels(lab)
        await session.choose_remedy("relabel")
        writer = session.repair._bench.writer
        assert writer is not None
        write = writer.write

        async def turned(node: object, order: object) -> object:
            await lab.standing.set(OTHER)
            return await write(node, order)  # type: ignore[arg-type]

        monkeypatch.setattr(writer, "write", turned)
        await session.apply(YES)
        rollout = session.repair.state.rollout
        assert rollout is not None
        assert "another machine answered" in rollout.nodes[0].words
        assert labels(lab) == before


async def test_a_machine_that_was_started_again_is_believed_and_told(tmp_path: Path) -> None:
    async with Lab.start("selinux-denial", speed=30, seed=7) as lab:
        lab.world.node("worker-01").boot_id = "33333333-3333-4333-8333-333333333333"
        async with judged(lab, tmp_path) as session:
            await until(session, lambda state: state.diagnosis and state.diagnosis.confident)
            assert session.state.diagnosis is not None
            assert ("worker-01", "worker-02") in [finding.nodes for finding in session.state.diagnosis.confident]
            assert [(one.node, one.standing) for one in session.state.diagnosis.machines] == [("worker-01", "rebooted")]


async def test_a_job_reads_the_ids_of_its_node(tmp_path: Path) -> None:
    async with Lab.start("selinux-denial", speed=30, seed=7) as lab, judged(lab, tmp_path, "pod") as session:
        seen = await session.preview_jobs()
        assert seen is not None
        await session.confirm_jobs(seen, YES)
        await until(session, lambda state: state.case.value(Identity, "worker-01"))
        identity = session.state.case.value(Identity, "worker-01")
        assert identity is not None
        assert (identity.standing, identity.machine_id) == ("same", lab.world.node("worker-01").machine_id)


async def test_asking_who_answers_costs_no_connection_and_no_request(tmp_path: Path) -> None:
    """What is asked at once is a request; those that wait for the network stand beside it."""
    async with still("selinux-denial") as lab, judged(lab, tmp_path) as session:
        identity = session.state.case.value(Identity, "worker-02")
        assert identity is not None
        requests = len(lab.ssh.commands("worker-02"))
        assert requests == 3, "all that is read, and the API by its Service and by its endpoint"


# --- case files -----------------------------------------------------------------------------------------------------


async def test_a_case_file_tells_it_as_it_was_live(tmp_path: Path) -> None:
    async with still("selinux-denial") as lab:
        await lab.standing.set(OTHER)
        found = await collected(lab, tmp_path)
    replayed = await sitting(found.opened(), WAIT)
    assert replayed.diagnosis is not None
    assert [(one.node, one.standing) for one in replayed.diagnosis.machines] == [("worker-01", "other")]
    assert replayed.diagnosis.machines == found.live.machines
    assert replayed.case.value(SelinuxMode, "worker-01") is None
    told = await cnitui(tmp_path, "diagnose", "--case", found.saved.path)
    assert "Which machine answered:\n  worker-01: another machine" in told.out


async def test_a_case_file_of_an_earlier_version_says_nothing_of_who_answered_and_is_read(tmp_path: Path) -> None:
    async with still("selinux-denial") as lab:
        found = await collected(lab, tmp_path)
    recording = read_bundle(found.saved.path)
    older = tuple(piece for piece in recording.pieces if piece.key[1:2] != ("identity",))
    assert len(older) == len(recording.pieces) - 3
    recording = replace(recording, pieces=older)
    services = replace(found.opened(), cluster=ReplayCluster(recording), shell=ReplayShell(recording))
    state = await sitting(services, WAIT)
    assert state.diagnosis is not None
    assert state.case.subjects(Identity) == ()
    assert state.diagnosis.machines == ()
    assert [finding.cause for finding in state.diagnosis.confident] == [one.cause for one in found.live.confident]
