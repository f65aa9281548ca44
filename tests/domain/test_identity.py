"""Who answered: what the two ids prove, and what they leave open."""

from __future__ import annotations

import pytest

from cnitui.domain.evidence import CaseFile, Source
from cnitui.domain.facts import Identity, NodeStatus
from cnitui.domain.identity import OddMachine, doubled, identified, odd_machines
from cnitui.domain.parsing.machine_ids import boot_id, machine_id, parse_machine_ids

M1, M2, M3 = "a" * 32, "b" * 32, "c" * 32
B1, B2, B3 = (f"{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{digit * 12}" for digit in "123")


def node(name: str, machine: str = M1, boot: str = B1) -> NodeStatus:
    return NodeStatus(name, machine_id=machine, boot_id=boot)


FIRST, SECOND = node("worker-01"), node("worker-02", M2, B2)
CLONE = node("worker-02", M1, B2)
BESIDE = node("worker-02", M2, B1)
"""A container on the same host: another machine-id, the same boot."""
SILENT = node("worker-01", "", "")
BOOT_ALONE = node("worker-01", "", B1)

TABLE = {
    "both agree": (FIRST, (M1, B1), SECOND, "same"),
    "both agree, as do those of a clone that is told apart": (FIRST, (M1, B1), CLONE, "same"),
    "another machine, a known one": (FIRST, (M2, B2), SECOND, "other"),
    "another machine, of no node": (FIRST, (M3, B3), SECOND, "other"),
    "another machine-id, and no boot id to be read": (FIRST, (M3, ""), SECOND, "other"),
    "another container of the same host": (FIRST, (M2, B1), BESIDE, "other"),
    "the machine-id was changed while it ran": (FIRST, (M3, B1), SECOND, "unclear"),
    "started again": (FIRST, (M1, B3), SECOND, "rebooted"),
    "a container whose host was started again": (FIRST, (M1, B3), node("worker-02", M2, B3), "rebooted"),
    "machine-id alone, and nobody else's": (FIRST, (M1, ""), SECOND, "same"),
    "a clone, by its boot id": (FIRST, (M1, B2), CLONE, "other"),
    "itself or a clone, started again": (FIRST, (M1, B3), CLONE, "unclear"),
    "itself or a clone, without a boot id": (FIRST, (M1, ""), CLONE, "unclear"),
    "clones in one kernel": (FIRST, (M1, B1), node("worker-02", M1, B1), "same"),
    "boot id alone": (FIRST, ("", B1), SECOND, "same"),
    "boot id alone, of a shared kernel": (FIRST, ("", B1), BESIDE, "unknown"),
    "boot id alone, that of another node": (FIRST, ("", B2), SECOND, "other"),
    "boot id alone, nobody's": (FIRST, ("", B3), SECOND, "unclear"),
    "the kubelet tells the boot alone, and it agrees": (BOOT_ALONE, (M1, B1), SECOND, "same"),
    "one id was read and the other reported": (BOOT_ALONE, (M1, ""), SECOND, "unknown"),
    "nothing was read": (FIRST, ("", ""), SECOND, "unknown"),
    "nothing was reported": (SILENT, (M1, B1), SECOND, "unknown"),
    "neither": (SILENT, ("", ""), SECOND, "unknown"),
}


@pytest.mark.parametrize(("own", "read", "other", "standing"), TABLE.values(), ids=TABLE)
def test_the_ids_tell(own: NodeStatus, read: tuple[str, str], other: NodeStatus, standing: str) -> None:
    found = identified(own, *read, lambda: (own, other))
    assert found.standing == standing, found.because
    assert (found.machine_id, found.boot_id) == read
    assert found.because


def test_of_another_machine_it_is_told_which_node_it_is_and_which_ids_were_compared() -> None:
    found = identified(FIRST, M2, B2, lambda: (FIRST, SECOND))
    assert found.because == f"its machine-id is {M2}, that of worker-02; worker-01 reported {M1}"
    clone = identified(FIRST, M1, B2, lambda: (FIRST, CLONE))
    assert "worker-02 has the same machine-id" in clone.because
    assert f"its boot id {B2} is that of worker-02" in clone.because


def test_where_both_agree_no_other_node_is_looked_at() -> None:
    def never() -> tuple[NodeStatus, ...]:
        raise AssertionError

    assert identified(FIRST, M1, B1, never).standing == "same"


def test_ids_are_the_same_in_whatever_way_they_are_written() -> None:
    reported = node("worker-01", f" {M1.upper()}\n", B1.upper())
    assert identified(reported, M1, B1).standing == "same"
    dashed = f"{M1[:8]}-{M1[8:12]}-{M1[12:16]}-{M1[16:20]}-{M1[20:]}"
    assert machine_id(dashed) == M1


# --- two names ------------------------------------------------------------------------------------------------------


def case_of(**found: Identity) -> CaseFile:
    case = CaseFile()
    for name, one in found.items():
        case = case.with_observed(one, Source(""), name)
    return case


def test_two_names_that_lead_to_one_machine_are_both_told_and_neither_is_written_to() -> None:
    found = {"a": identified(node("a", "", ""), M1, B1), "b": identified(node("b", "", ""), M1, B1)}
    odd = odd_machines(case_of(**found), found)
    assert [one.node for one in odd] == ["a", "b"]
    assert odd[0].because.endswith("; the same machine answered for b")
    assert doubled(found) == {"a": "the same machine answers for b", "b": "the same machine answers for a"}


def test_the_name_that_is_proven_right_is_not_blamed_for_the_other() -> None:
    found = {"a": identified(node("a"), M1, B1), "b": identified(node("b", "", ""), M1, B1)}
    assert set(doubled(found)) == {"b"}
    assert [one.node for one in odd_machines(case_of(**found), found)] == ["b"]


def test_nodes_that_answered_for_themselves_and_those_of_which_nothing_can_be_compared_are_not_odd() -> None:
    found = {
        "a": identified(node("a"), M1, B1),
        "b": identified(node("b", "", ""), M2, B2),
        "c": Identity("unknown", ""),
    }
    assert odd_machines(case_of(**found), (*found, "never-read")) == ()
    again = {"a": identified(node("a"), M1, B3)}
    assert odd_machines(case_of(**again), again) == (OddMachine("a", "rebooted", again["a"].because),)


# --- what nodes print -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (f"{M1}\n{B1}\n", (M1, B1)),
        (f"{B1}\n", ("", B1)),
        (f"{M1}\n", (M1, "")),
        ("", ("", "")),
        (f"uninitialized\n{B1}\n", ("", "")),
        (f"{'0' * 32}\n{B1}\n", ("", "")),
        (f"{M1}\n{M2}\n{B1}\n", ("", "")),
        (f"Welcome!\n{M1}\n{B1}\n", ("", "")),
        ('\x00\x1b[2J{"a": [/x] \ufffd\n' * 40, ("", "")),
        (f"{'a' * 33}\n", ("", "")),
        (f"{M1}\n" * 10_000, ("", "")),
        ("٠" * 32 + "\n", ("", "")),
    ],
)
def test_ids_are_read_or_there_are_none(text: str, read: tuple[str, str]) -> None:
    assert parse_machine_ids(text) == read


def test_what_the_api_says_is_not_believed_to_be_an_id_either() -> None:
    assert machine_id("x" * 100_000) == ""
    assert boot_id("; rm -rf /") == ""
