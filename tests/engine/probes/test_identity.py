"""Another machine that answers for a node: nothing it says is taken, and asking costs no round trip."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from cnitui.domain.evidence import CaseFile, Observed, Unavailable
from cnitui.domain.facts import Identity, NodeStatus, SelinuxMode, Transcript
from cnitui.domain.relabelling import LabelState, Unread
from cnitui.engine.probes.identity import IDENTITY, ask, obstacle
from cnitui.engine.probes.label_state import read_label_state, read_labels
from cnitui.engine.probes.node import probe_node
from cnitui.errors import AnotherMachine
from tests.conftest import PROJECT
from tests.domain.test_identity import B1, B2, B3, M1, M2, M3, node
from tests.engine.probes.test_node import REQUEST, Now, Shell, output
from tests.engine.repair.fake_nodes import BIN, NET, FakeNode, FakeNodes

FIRST, SECOND = node("worker-01"), node("worker-02", M2, B2)
DIRECTORIES = (BIN, NET)


def shell(machine: str, boot: str) -> Shell:
    said = {"identity": output("identity", f"{machine}\n{boot}\n"), "getenforce": output("getenforce", "Enforcing\n")}
    return Shell(said)


async def probed(answering: Shell, own: NodeStatus = FIRST) -> CaseFile:
    readings = await probe_node(answering, own, REQUEST, Now(), lambda: (FIRST, SECOND))
    return CaseFile().with_readings(readings)


async def test_the_node_itself_is_asked_in_the_same_round_trip() -> None:
    answering = shell(M1, B1)
    case = await probed(answering)
    assert IDENTITY in answering.rounds[0]
    assert case.value(SelinuxMode, "worker-01") is not None
    identity = case.reading(Identity, "worker-01")
    assert isinstance(identity, Observed)
    assert identity.value.standing == "same"
    assert identity.source.command == "ssh worker-01 cat /etc/machine-id /proc/sys/kernel/random/boot_id"


async def test_nothing_that_another_machine_says_is_a_fact() -> None:
    answering = shell(M2, B2)
    case = await probed(answering)
    assert len(answering.rounds) == 1, "it is not asked a second time either"
    observed = {fact for fact, _, reading in case if isinstance(reading, Observed)}
    assert observed == {Identity, Transcript}
    mode = case.reading(SelinuxMode, "worker-01")
    assert isinstance(mode, Unavailable)
    assert mode.why.startswith(f"worker-01: another machine answered: its machine-id is {M2}, that of worker-02")
    assert "See where `ssh worker-01` leads" in mode.next_step
    transcript = case.value(Transcript, "worker-01")
    assert transcript is not None
    assert [answered.output for answered in transcript.answers] == [f"{M2}\n{B2}\n"]


async def test_what_was_read_before_it_is_taken_back() -> None:
    case = await probed(shell(M1, B1))
    case = case.with_readings(await probe_node(shell(M3, B3), FIRST, REQUEST, Now()))
    assert case.value(SelinuxMode, "worker-01") is None


@pytest.mark.parametrize(("machine", "boot"), [(M1, B3), (M3, B1), ("uninitialized", B1)])
async def test_a_node_that_may_be_itself_is_believed(machine: str, boot: str) -> None:
    case = await probed(shell(machine, boot))
    assert case.value(SelinuxMode, "worker-01") is not None


class Turned(Shell):
    """Leads to the node once, and to another machine from then on."""

    def _answer(self, command):  # type: ignore[no-untyped-def]
        said = super()._answer(command)
        return replace(said, stdout=f"{M2}\n{B2}\n") if command == IDENTITY and len(self.rounds) > 1 else said


async def test_the_second_look_is_not_taken_from_another_machine_either() -> None:
    said = {"identity": output("identity", f"{M1}\n{B1}\n"), "permissive": output("permissive", "", "not found", 127),
            "permissive-modules": output("permissive-modules", "permissive_container_t\n"),
            "getenforce": output("getenforce", "Enforcing\n")}  # fmt: skip
    for answering, domains in ((Shell(said), ("container_t",)), (Turned(said), ())):
        mode = (await probed(answering)).value(SelinuxMode, "worker-01")
        assert len(answering.rounds) == 2
        assert mode is not None
        assert mode.permissive_domains == domains


async def test_asking_raises_it_and_readings_tell_of_it() -> None:
    with pytest.raises(AnotherMachine, match="another machine answered") as raised:
        await ask(shell(M2, B2), FIRST, (), lambda: (FIRST, SECOND))
    readings = await probe_node(shell(M2, B2), FIRST, REQUEST, Now(), lambda: (FIRST, SECOND))
    told = obstacle(readings, "worker-01", "ssh worker-01")
    assert told is not None
    assert str(told) == str(raised.value)
    assert obstacle(await probe_node(shell(M1, B1), FIRST, REQUEST, Now()), "worker-01", "ssh worker-01") is None


def test_there_is_no_other_way_from_the_engine_to_a_nodes_shell() -> None:
    source = PROJECT / "src" / "cnitui" / "engine"
    asking = {path.name for path in source.rglob("*.py") if re.search(r"shell\.run\(", path.read_text("utf-8"))}
    assert asking == {"identity.py", "subjects.py"}, "subjects.py has a shell that passes on to another"


# --- labels -----------------------------------------------------------------------------------------------------------


def nodes(**ids: tuple[str, str]) -> FakeNodes:
    said = {name: FakeNode(says={"identity": (f"{m}\n{b}\n", "", 0)}) for name, (m, b) in ids.items()}
    return FakeNodes(said)


async def test_labels_of_another_machine_are_no_state_of_the_node() -> None:
    wrong = FakeNodes({"worker-01": FakeNode(says={"identity": (f"{M2}\n{B2}\n", "", 0)})})
    state = await read_label_state(wrong, FIRST, DIRECTORIES)
    assert isinstance(state, Unread)
    assert "another machine answered" in state.why


@pytest.mark.parametrize(
    ("machine", "boot", "doubt"), [(M1, B1, ""), (M1, B3, "was started again"), (M3, B1, "the file was changed")]
)
async def test_a_state_says_of_which_machine_it_is_and_what_is_not_certain(machine: str, boot: str, doubt: str) -> None:
    there = FakeNodes({"worker-01": FakeNode(says={"identity": (f"{machine}\n{boot}\n", "", 0)})})
    state = await read_label_state(there, FIRST, DIRECTORIES)
    assert isinstance(state, LabelState)
    assert state.machine == machine
    assert doubt in state.doubt
    assert bool(doubt) == bool(state.doubt)


async def test_two_names_of_one_machine_are_both_left_alone() -> None:
    there = nodes(a=(M1, B1), b=(M1, B1), c=(M2, B2))
    found = await read_labels(there, [node(name, "", "") for name in "abc"], DIRECTORIES)
    assert {name: type(state) for name, state in found.items()} == {"a": Unread, "b": Unread, "c": LabelState}
    twice = found["a"]
    assert isinstance(twice, Unread)
    assert twice.why == "the same machine answers for b"
