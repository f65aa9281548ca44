"""What a node needs to be relabelled, and exactly the way back from it, whatever the node says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnitui.domain.parsing.fcontext import parse_fcontext
from cnitui.domain.relabelling import (
    LabelState,
    Rule,
    concerning,
    relabelling,
    reverting,
    spec,
    undoing,
    why_not,
    why_not_back,
)

BIN, NET = "/opt/cni/bin", "/etc/cni/net.d"
BIN_T, USR_T, ETC_T, FILE_T = (
    f"system_u:object_r:{kind}:s0" for kind in ("bin_t", "usr_t", "etc_t", "container_file_t")
)
FRESH = LabelState({BIN: BIN_T, NET: ETC_T}, {BIN: BIN_T, NET: ETC_T})
RESTORE = f"sudo restorecon -RFv {BIN} {NET}"


def rule(path: str, context: str = FILE_T) -> Rule:
    return Rule(spec(path), "all files", context)


def lines(state: LabelState) -> list[str]:
    return [step.line for step in relabelling(state)]


def back(before: LabelState, now: LabelState) -> list[str]:
    return [step.line for step in reverting(before, now)[0]]


def test_where_no_rule_stands_one_is_added_and_deleted_again() -> None:
    assert lines(FRESH) == [
        "sudo semanage fcontext -a -t container_file_t -r s0 '/opt/cni/bin(/.*)?'",
        r"sudo semanage fcontext -a -t container_file_t -r s0 '/etc/cni/net\.d(/.*)?'",
        RESTORE,
    ]
    assert [step.line for step in undoing(FRESH)] == [
        "sudo semanage fcontext -d '/opt/cni/bin(/.*)?'",
        r"sudo semanage fcontext -d '/etc/cni/net\.d(/.*)?'",
        RESTORE,
    ]


@pytest.mark.parametrize(
    ("context", "options"),
    [
        (USR_T, "-t usr_t -r s0"),
        ("unconfined_u:object_r:bin_t:s0:c1,c2", "-s unconfined_u -t bin_t -r s0:c1,c2"),
        ("system_u:object_r:bin_t", "-t bin_t"),
        ("<<none>>", "-t '<<none>>'"),
    ],
)
def test_a_rule_with_another_context_is_changed_and_gets_its_own_back(context: str, options: str) -> None:
    before = replace(FRESH, rules=(rule(BIN, context),))
    assert lines(before)[0] == "sudo semanage fcontext -m -t container_file_t -r s0 '/opt/cni/bin(/.*)?'"
    assert next(step.line for step in undoing(before)) == f"sudo semanage fcontext -m {options} '/opt/cni/bin(/.*)?'"


def test_what_the_policy_itself_defines_is_overridden_by_m_and_only_our_rule_is_deleted() -> None:
    before = replace(FRESH, defined=(spec(BIN),))
    assert " -m " in lines(before)[0]
    assert next(step.line for step in undoing(before)) == "sudo semanage fcontext -d '/opt/cni/bin(/.*)?'"


def test_where_rules_are_right_labels_alone_are_restored_and_given_back_by_chcon() -> None:
    before = LabelState({BIN: USR_T, NET: FILE_T}, {BIN: FILE_T, NET: FILE_T}, (rule("/opt/cni"),))
    assert lines(before) == [RESTORE]
    assert [step.line for step in undoing(before)] == [RESTORE, f"sudo chcon {USR_T} {BIN}"]


def test_the_way_back_follows_what_is_there_and_not_what_was_planned() -> None:
    done = LabelState({BIN: FILE_T, NET: FILE_T}, rules=(rule(BIN), rule(NET)))
    half = LabelState({BIN: BIN_T, NET: ETC_T}, rules=(rule(BIN),))
    assert len(back(FRESH, done)) == 3
    assert back(FRESH, half) == ["sudo semanage fcontext -d '/opt/cni/bin(/.*)?'", RESTORE]
    assert back(FRESH, FRESH) == []
    assert back(FRESH, replace(FRESH, labels=done.labels)) == [RESTORE]


def test_a_rule_that_somebody_changed_since_is_left_alone() -> None:
    steps, foreign = reverting(FRESH, replace(FRESH, rules=(rule(BIN, USR_T),)))
    assert steps == ()
    assert foreign == (f"the rule for {BIN} is {USR_T}, not the one we recorded",)
    before = replace(FRESH, rules=(rule(BIN, USR_T),))
    assert reverting(before, FRESH)[1] == (f"the rule for {BIN} is gone, not the one we recorded",)


@pytest.mark.parametrize(
    "path",
    ["/", "/etc", "/opt", "/usr/lib/cni", "/usr/bin", "/home/kubernetes/bin", "/var/lib/rancher/k3s/data/current/bin",
     "/opt/cni/../..", "/opt/c ni/bin", "/opt/cni/bin;reboot", "/opt/cni/$(id)", "opt/cni/bin", "/opt/cni\n/bin",
     "/opt/cni/bin/", "/lib/cni/x", "/opt/çni/bin", ""],
)  # fmt: skip
def test_what_is_not_a_directory_of_cni_alone_is_never_relabelled(path: str) -> None:
    assert why_not(path)


@pytest.mark.parametrize("path", [BIN, NET, "/var/lib/cni/bin", "/var/lib/rancher/k3s/agent/etc/cni/net.d"])
def test_directories_of_cni_may_be(path: str) -> None:
    assert not why_not(path)


@pytest.mark.parametrize("label", ["-R:x:y", "?", "$(id):object_r:bin_t:s0", "system_u:object_r:bin_t:SystemLow"])
def test_a_label_that_could_not_be_given_back_is_not_taken(label: str) -> None:
    assert why_not_back(replace(FRESH, labels={BIN: label, NET: ETC_T}))
    assert why_not_back(replace(FRESH, rules=(rule(BIN, label),)))
    assert not why_not_back(replace(FRESH, rules=(rule(BIN, "<<none>>"),)))


def test_rules_are_read_as_semanage_prints_them() -> None:
    """semanage 3.4 with a local equivalence and a rule that leaves files alone."""
    said = (
        "SELinux fcontext                                   type               Context\n\n"
        "/etc/cni/net\\.d(/.*)?                              all files          system_u:object_r:etc_t:s0 \n"
        "/opt/cni/bin(/.*)?                                 all files          <<None>>\n"
        "/opt/cni/tmp                                       directory          unconfined_u:object_r:bin_t:s0:c1,c2 \n"
        "/opt/cni/\x1b[31mred                               all files          system_u:object_r:bin_t:s0 \n"
        "\nSELinux Local fcontext Equivalence \n\n/srv/cni = /opt/cni\n"
    )
    assert parse_fcontext(said) == (
        rule(NET, ETC_T),
        rule(BIN, "<<none>>"),
        Rule("/opt/cni/tmp", "directory", "unconfined_u:object_r:bin_t:s0:c1,c2"),
    )


def test_patterns_of_a_node_are_compared_and_never_run() -> None:
    slow = Rule("/opt/(((a+)+)+)+$", "all files", BIN_T)
    others = (Rule("/.*", "all files", BIN_T), Rule("/var/lib(/.*)?", "all files", BIN_T))
    near = (Rule("/opt(/.*)?", "all files", BIN_T), Rule(r"/etc/cni/net\.d/.*", "all files", BIN_T), slow)
    assert concerning((*others, *near), (BIN, NET)) == near
