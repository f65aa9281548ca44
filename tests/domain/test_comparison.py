"""Healthy beside failing: what folds, what differs, and what nobody knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cnitui.domain.comparison import Comparison, Row, before_and_now, compare
from cnitui.domain.evidence import CaseFile, Source
from cnitui.domain.facts import (
    AvcDenials,
    CniDirectories,
    ContainerLabel,
    ContainerSecurity,
    ContainerStatus,
    DirectoryEntry,
    FileAttributes,
    Filesystem,
    FreeSpace,
    InstallCni,
    Mount,
    Mounts,
    NodeStatus,
    PodStatus,
    Run,
    SelinuxMode,
)
from cnitui.domain.questions import condition_questions, denials_since, machine_questions, selinux_questions
from cnitui.domain.selinux import Avc, Label

BIN, NET = "/opt/cni/bin", "/etc/cni/net.d"
QUESTIONS = selinux_questions(BIN, NET)


def label(text: str) -> Label:
    """A label that is one."""
    parsed = Label.parse(text)
    assert parsed is not None
    return parsed


def observed(case: CaseFile, node: str, *facts: object) -> CaseFile:
    """The case with these facts about the node."""
    for fact in facts:
        case = case.with_observed(fact, Source(f"ssh {node}", node), node)
    return case


def directories(kind: str) -> CniDirectories:
    """The bin directory with this type, one file in it."""
    entry = DirectoryEntry(BIN, "d", "rwxr-xr-x", "root", "root", label(f"system_u:object_r:{kind}:s0"))
    return CniDirectories(BIN, NET, {BIN: entry}, {BIN: (replace(entry, path="calico"),)}, missing=(NET,))


def process(level: str) -> ContainerLabel:
    """A confined process of that level."""
    return ContainerLabel(label(f"system_u:system_r:container_t:{level}"), known=True)


def denial(second: int = 1, *, permissive: bool = False) -> Avc:
    """A refused write by install-cni."""
    confined, target = label("system_u:system_r:container_t:s0:c1,c2"), label("system_u:object_r:bin_t:s0")
    at = datetime(2026, 11, 23, 10, 0, second, tzinfo=UTC)
    return Avc(("write",), "install", confined, target, "dir", permissive, "type=AVC …", time=at)


def row(comparison: Comparison, name: str) -> Row:
    """The row of that label."""
    return next(row for row in comparison.rows if row.label == name)


def test_failing_nodes_with_the_same_answers_share_a_column_behind_the_reference() -> None:
    case = CaseFile()
    for node in ("m", "w1", "w2", "w3"):
        case = observed(case, node, directories("bin_t" if node in ("m", "w3") else "usr_t"))
    comparison = compare(case, "m", ["w1", "w2", "w3"], QUESTIONS)
    assert comparison.columns == (("m",), ("w1", "w2"), ("w3",))
    assert row(comparison, BIN).differs == (False, True, False)


def test_categories_of_pods_neither_split_columns_nor_count_as_a_difference() -> None:
    case = CaseFile()
    for node, level in (("m", "s0:c5,c6"), ("w1", "s0:c1,c2"), ("w2", "s0:c3,c4")):
        case = observed(case, node, process(level))
    comparison = compare(case, "m", ["w1", "w2"], QUESTIONS)
    assert comparison.columns == (("m",), ("w1", "w2"))
    runs_as = row(comparison, "install-cni runs as")
    assert runs_as.cells == ("container_t:s0:c5,c6", "container_t:s0:c…")
    assert not runs_as.any_differs


def test_counts_and_times_of_denials_do_not_split_columns() -> None:
    case = observed(CaseFile(), "m", AvcDenials(()))
    case = observed(case, "w1", AvcDenials((denial(1),)))
    case = observed(case, "w2", AvcDenials((denial(1), denial(2))))
    comparison = compare(case, "m", ["w1", "w2"], QUESTIONS)
    denials = row(comparison, "denials")
    assert comparison.columns == (("m",), ("w1", "w2"))
    assert denials.cells == ("none on record", "container_t → bin_t dir { write }")
    assert denials.differs == (False, True)


def test_one_nodes_denials_tell_how_many_and_when_last() -> None:
    case = observed(CaseFile(), "w1", AvcDenials((denial(1), denial(2, permissive=True))))
    told = row(compare(case, "", ["w1"], QUESTIONS), "denials").cells[0]
    assert told == "2 · container_t → bin_t dir { write } (permissive) · last 10:00:02"


def test_denials_of_other_processes_are_not_the_installers() -> None:
    install = InstallCni("install-cni", "calico/cni:v3.27.0", ContainerSecurity())
    case = observed(CaseFile(), "w1", install, AvcDenials((replace(denial(), comm="chronyd"),)))
    assert row(compare(case, "", ["w1"], QUESTIONS), "denials").cells == ("none on record",)


def test_an_answer_nobody_got_is_never_a_difference() -> None:
    case = observed(CaseFile(), "m", SelinuxMode("Enforcing"))
    case = case.with_unavailable(SelinuxMode, "sudo wants a password", Source("ssh w1"), "w1")
    mode = row(compare(case, "m", ["w1"], QUESTIONS), "mode now")
    assert mode.cells == ("enforcing", "? sudo wants a password")
    assert not mode.any_differs


def test_an_answer_still_awaited_is_no_difference() -> None:
    case = observed(CaseFile(), "m", SelinuxMode("Enforcing"))
    mode = row(compare(case, "m", ["w1"], QUESTIONS), "mode now")
    assert mode.cells == ("enforcing", "")
    assert not mode.any_differs


def test_nodes_that_refuse_in_different_words_still_fold() -> None:
    case = observed(CaseFile(), "m", SelinuxMode("Enforcing"))
    nodes = [f"w{number}" for number in range(200)]
    for node in nodes:
        case = case.with_unavailable(SelinuxMode, f"{node}: connection refused", Source(f"ssh {node}"), node)
    comparison = compare(case, "m", nodes, QUESTIONS)
    assert len(comparison.columns) == 2
    assert row(comparison, "mode now").cells[1] == "? w0: connection refused"


def test_a_question_that_nobody_answered_is_left_out() -> None:
    case = CaseFile().with_unavailable(SelinuxMode, "unreachable", Source("ssh w1"), "w1")
    assert compare(case, "m", ["w1"], QUESTIONS).rows == ()


def test_without_a_reference_nothing_differs_and_the_columns_say_so() -> None:
    case = observed(observed(CaseFile(), "w1", SelinuxMode("Enforcing")), "w2", SelinuxMode("Permissive"))
    comparison = compare(case, "", ["w1", "w2"], QUESTIONS)
    assert not comparison.has_reference
    assert comparison.columns == (("w1",), ("w2",))
    assert comparison.differing.rows == ()


def test_the_reference_is_not_compared_with_itself() -> None:
    case = observed(CaseFile(), "m", SelinuxMode("Enforcing"))
    assert compare(case, "m", ["m"], QUESTIONS).columns == (("m",),)


def test_differing_keeps_the_rows_in_which_something_differs() -> None:
    case = observed(CaseFile(), "m", SelinuxMode("Enforcing", "Enforcing"))
    case = observed(case, "w1", SelinuxMode("Permissive", "Enforcing"))
    differing = compare(case, "m", ["w1"], QUESTIONS).differing
    assert [found.label for found in differing.rows] == ["mode now"]


def test_a_directory_that_does_not_exist_and_one_not_listed_are_not_the_same() -> None:
    comparison = compare(observed(CaseFile(), "w1", directories("bin_t")), "", ["w1"], QUESTIONS)
    assert row(comparison, NET).cells == ("does not exist",)
    assert "/etc/cni" not in {found.label for found in comparison.rows}
    assert row(comparison, f"files in {BIN}").cells == ("1: system_u:object_r:bin_t:s0",)


@pytest.mark.parametrize(
    ("security", "container", "words"),
    [
        (ContainerSecurity(privileged=True), None, "spc_t (privileged)"),
        (ContainerSecurity(), ContainerLabel(None, known=True), "spc_t (no label set)"),
        (ContainerSecurity(), process("s0"), "container_t:s0"),
        (ContainerSecurity(), ContainerLabel(None, known=False), "? not told"),
    ],
)
def test_the_label_of_the_installer_follows_from_the_runtime_or_from_its_privileges(
    security: ContainerSecurity, container: ContainerLabel | None, words: str
) -> None:
    case = observed(CaseFile(), "w1", InstallCni("install-cni", "", security), SelinuxMode("Enforcing"))
    case = observed(case, "w1", container) if container else case
    rows = {found.label: found.cells[0] for found in compare(case, "", ["w1"], QUESTIONS).rows}
    assert rows.get("install-cni runs as", "? not told") == words


def test_only_a_confined_installer_needs_container_file_t() -> None:
    needs = "a confined one needs"
    confined = compare(observed(CaseFile(), "w1", process("s0")), "", ["w1"], QUESTIONS)
    free = compare(observed(CaseFile(), "w1", ContainerLabel(None, known=True)), "", ["w1"], QUESTIONS)
    assert row(confined, needs).cells == ("container_file_t:s0 on both",)
    assert row(free, needs).cells == ("nothing: not confined",)


@pytest.mark.parametrize(
    ("kib", "inodes", "words"),
    [
        (0, 5, "full"),
        (9_000_000, 0, "no inodes left"),
        (100 * 1024, 5, "100 MiB"),
        (9_000_000, 5, "enough"),
        (None, None, "? not told"),
    ],
)
def test_room_is_told_coarsely_so_that_enough_on_both_sides_is_equal(
    kib: int | None, inodes: int | None, words: str
) -> None:
    space = FreeSpace((Filesystem(BIN, "/dev/dm-0", "/", available_kib=kib, inodes_free=inodes),))
    case = observed(CaseFile(), "w1", space, SelinuxMode("Enforcing"))
    rows = {found.label: found.cells[0] for found in compare(case, "", ["w1"], QUESTIONS).rows}
    assert rows.get("free, bin", "? not told") == words


def test_mounts_say_what_matters_and_attributes_name_what_is_immutable() -> None:
    mounts = Mounts((Mount(BIN, "/opt", "/dev/sdb", "xfs", ("ro", "noexec", "relatime", "seclabel")),))
    case = observed(CaseFile(), "w1", mounts, FileAttributes({BIN: "----i---", NET: "--------"}))
    comparison = compare(case, "", ["w1"], QUESTIONS)
    assert row(comparison, "mount, bin").cells == ("/opt xfs ro,noexec",)
    assert row(comparison, "immutable").cells == (BIN,)


def test_status_words_of_a_moment_do_not_set_failing_nodes_apart() -> None:
    failing = ContainerStatus("install-cni", init=True, state="waiting", last=Run("c1", exit_code=1))
    case = CaseFile()
    for node, status in (("w1", "Init:Error"), ("w2", "Init:CrashLoopBackOff")):
        pod = PodStatus("kube-system", f"calico-node-{node}", "u", node, status, containers=(failing,))
        case = observed(case, node, pod)
    case = observed(case, "m", PodStatus("kube-system", "calico-node-m", "u", "m", "Running"))
    comparison = compare(case, "m", ["w1", "w2"], machine_questions())
    assert comparison.columns == (("m",), ("w1", "w2"))
    assert row(comparison, "pod").cells == ("Running", "install-cni fails")


def test_machines_are_compared_by_system_kernel_and_runtime() -> None:
    case = CaseFile()
    for node, kernel in (("m", "5.14"), ("w1", "6.1")):
        case = observed(
            case, node, NodeStatus(node, kernel=kernel, os_image="Rocky Linux 9", runtime="containerd://1.7")
        )
    differing = compare(case, "m", ["w1"], machine_questions()).differing
    assert [(found.label, found.cells) for found in differing.rows] == [("kernel", ("5.14", "6.1"))]


@pytest.mark.parametrize(
    ("security", "words"),
    [
        (ContainerSecurity(privileged=True), "yes"),
        (ContainerSecurity(), "no"),
        (ContainerSecurity(selinux_type="spc_t"), "no, SELinux type spc_t"),
    ],
)
def test_privileges_are_told_with_the_selinux_type_that_was_asked_for(security: ContainerSecurity, words: str) -> None:
    case = observed(CaseFile(), "w1", InstallCni("install-cni", "calico/cni:v3.27.0", security))
    assert row(compare(case, "", ["w1"], machine_questions()), "install-cni privileged").cells == (words,)


def test_custom_directories_are_asked_about_with_their_parents() -> None:
    labels = [name for name, _ in selinux_questions("/usr/libexec/cni", "/etc/cni/net.d")]
    assert labels[2:6] == ["/usr/libexec", "/usr/libexec/cni", "/etc/cni", "/etc/cni/net.d"]
    assert next(name for name, _ in selinux_questions("/cni", "/net")[2:]) == "/"


# --- before and now -------------------------------------------------------------------------------------------------


def test_nodes_that_changed_alike_are_told_once_and_what_nobody_knows_not_at_all() -> None:
    before, now = CaseFile(), CaseFile()
    for place, node in enumerate(("worker-01", "worker-02", "worker-03")):
        before = observed(before, node, directories("usr_t"), process(f"s0:c{place},c9"))
        now = observed(now, node, directories("usr_t" if node == "worker-03" else "bin_t"), process("s0:c7,c8"))
    nodes = ("worker-01", "worker-02", "worker-03")
    first, second = before_and_now(before, now, nodes, [(name, ask, ask) for name, ask in QUESTIONS])
    assert (first.nodes, second.nodes) == (("worker-01", "worker-02"), ("worker-03",))
    assert {row.label: row.cells for row in first.differing.rows} == {
        BIN: ("system_u:object_r:usr_t:s0", "system_u:object_r:bin_t:s0"),
        f"files in {BIN}": ("1: system_u:object_r:usr_t:s0", "1: system_u:object_r:bin_t:s0"),
    }
    assert not second.differing.rows
    assert "mode now" not in {row.label for row in first.rows}, "nobody asked"
    assert first.comparison.columns == (("before",), ("now",))


def test_a_denial_of_the_pod_that_was_replaced_is_none_of_the_new_one() -> None:
    applied = datetime(2026, 11, 23, 12, tzinfo=UTC)
    source, target = label("system_u:system_r:container_t:s0"), label("system_u:object_r:bin_t:s0")
    late = Avc(("write",), "install", source, target, "dir", False, "raw", applied + timedelta(seconds=2))
    made = PodStatus("kube-system", "new", "u", "worker-01", "Running", created_at=applied + timedelta(seconds=3))
    denied = observed(CaseFile(), "worker-01", AvcDenials((late,)))
    well = observed(denied, "worker-01", made)
    waiting = replace(made, containers=(ContainerStatus("install-cni", init=True, last=Run("c", exit_code=1)),))
    failing = observed(denied, "worker-01", waiting)
    since, ever = denials_since(applied), dict(QUESTIONS)["denials"]
    assert since(denied, "worker-01").startswith("1 · ")
    assert since(well, "worker-01") == "none since then"
    assert since(denied, "worker-02") == ""
    assert ever(well, "worker-01") == "none on record since the pod was made"
    assert ever(failing, "worker-01").startswith("1 · "), "a pod that fails is not acquitted by its age"
    quiet = observed(well, "master-01", AvcDenials(()))
    assert not compare(quiet, "master-01", ["worker-01"], [("denials", ever)]).differing.rows


def test_a_condition_is_told_without_its_message() -> None:
    ((name, ask),) = condition_questions(["NetworkUnavailable"])
    node = NodeStatus("worker-01", conditions={"NetworkUnavailable": "True NoRouteCreated: since 12:00:01"})
    assert (name, ask(observed(CaseFile(), "worker-01", node), "worker-01")) == (
        "node NetworkUnavailable",
        "True NoRouteCreated",
    )
