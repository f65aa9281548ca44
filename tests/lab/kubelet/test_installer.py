"""install-cni's log and outcome follow from its node; the words are those of a real run of v3.27.0."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cnitui.lab.kubelet.installer import BINARIES, install
from cnitui.lab.kubelet.process import Process
from cnitui.lab.machine.audit import AuditEvent
from cnitui.lab.machine.machines import machine
from cnitui.lab.machine.node import BIN_DIR, CONF_DIR, Node
from cnitui.lab.machine.selinux import context

BORN = datetime(2026, 11, 11, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 14, 9, 8, tzinfo=UTC)
CONFINED = context("container_t", "s0:c215,c393", role="system_r")

NOT_WRITEABLE = [
    "[INFO] Running as a Kubernetes pod",
    "[INFO] /host/opt/cni/bin is not writeable, skipping",
    "[INFO] /host/secondary-bin-dir is not writeable, skipping",
    "[FATAL] found no writeable directory, exiting error=<nil>",
]
"""A real node's log when SELinux, a read-only mount or an immutable flag stops it: always these four lines."""


def worker() -> Node:
    node = machine("worker-01", "10.240.0.21", 1, BORN, BORN, control_plane=False)
    node.network.rules_written = node.born
    return node


def run(node: Node, label: str | None = None) -> tuple[int, list[str]]:
    """Exit code and messages of one run, without stamps and component."""
    process = Process(node, NOW, 555, 434, label)
    steps = install(process)
    said: list[str] = []
    while True:
        process.time += timedelta(milliseconds=5)
        try:
            output = next(steps)
        except StopIteration as end:
            return int(end.value), said
        if not output.silent:
            said.append(output.text.replace("[1] cni-installer/<nil> <nil>:", ""))


def denials(node: Node) -> list[AuditEvent]:
    """Records of the installer; the node has others."""
    return [event for event in node.audit.events if event.comm == "install"]


def labelled(node: Node) -> Node:
    for path in (BIN_DIR, CONF_DIR):
        for entry in node.files.below(path):
            entry.label = context("container_file_t")
    return node


def read_only(node: Node) -> None:
    root = node.root_mount()
    root.options = root.options.replace("rw,", "ro,", 1)


def immutable(node: Node) -> None:
    node.files.entries[BIN_DIR].immutable = True


def no_inodes(node: Node) -> None:
    node.root_mount().inodes_used = node.root_mount().inodes


def missing(node: Node) -> None:
    node.files.remove(BIN_DIR)


def test_a_confined_run_on_the_policys_own_labels_is_denied_with_one_record() -> None:
    node = worker()
    assert run(node, CONFINED) == (1, NOT_WRITEABLE)
    (event,) = denials(node)
    inode = node.files.entries[BIN_DIR].inode
    assert event.body == (
        f'avc:  denied  {{ write }} for  pid=555 comm="install" name="bin" dev="dm-0" ino={inode} '
        f"scontext={CONFINED} tcontext=system_u:object_r:bin_t:s0 tclass=dir permissive=0"
    )
    assert NOW < event.time < NOW + timedelta(seconds=2)


@pytest.mark.parametrize("fault", [read_only, immutable, no_inodes, missing])
def test_other_obstacles_give_the_same_four_lines_and_no_record(fault: Callable[[Node], None]) -> None:
    node = worker()
    fault(node)
    assert run(node, CONFINED if fault is not missing else None)[1] == NOT_WRITEABLE
    if fault in (missing, read_only, immutable):
        assert denials(node) == []


def test_an_unconfined_run_installs_everything_and_says_what_a_real_one_says() -> None:
    node = worker()
    code, said = run(node)
    assert code == 0
    assert [line for line in said if "Installed" in line] == [
        f"[INFO] Installed /host{BIN_DIR}/{name}" for name in BINARIES
    ]
    assert said[-1] == "[INFO] Done configuring CNI.  Sleep= false"
    assert {entry.name for entry in node.files.children(CONF_DIR)} == {"10-calico.conflist", "calico-kubeconfig"}
    assert node.files.entries[f"{BIN_DIR}/calico"].label == context("bin_t")
    assert node.files.entries[f"{CONF_DIR}/10-calico.conflist"].size == 660
    assert node.network_ready


def test_a_second_run_calls_every_file_up_to_date_and_installed() -> None:
    node = worker()
    run(node)
    code, said = run(node)
    assert code == 0
    assert said[1:3] == [
        f'[INFO] File is already up to date, skipping file="/host{BIN_DIR}/bandwidth"',
        f"[INFO] Installed /host{BIN_DIR}/bandwidth",
    ]


def test_with_only_the_binaries_directory_relabelled_it_ends_at_the_kubeconfig() -> None:
    node = worker()
    for entry in node.files.below(BIN_DIR):
        entry.label = context("container_file_t")
    code, said = run(node, CONFINED)
    assert (code, said[-1]) == (1, f"[FATAL] open /host{CONF_DIR}/calico-kubeconfig: permission denied")
    assert node.audit.events[-1].name == "net.d"
    assert not node.network_ready


def test_with_both_directories_relabelled_a_confined_run_succeeds() -> None:
    assert run(labelled(worker()), CONFINED)[0] == 0


def test_foreign_categories_deny_without_a_record() -> None:
    node = labelled(worker())
    node.files.entries[BIN_DIR].label = context("container_file_t", "s0:c1,c2")
    assert run(node, CONFINED) == (1, NOT_WRITEABLE)
    assert denials(node) == []


def test_permissive_mode_lets_it_pass_and_still_records() -> None:
    node = worker()
    node.selinux.mode = "permissive"
    assert run(node, CONFINED)[0] == 0
    assert {event.permissive for event in denials(node)} == {True}


def test_a_permissive_domain_lets_it_pass_in_enforcing_mode() -> None:
    node = worker()
    node.selinux.permissive_domains.add("container_t")
    assert run(node, CONFINED)[0] == 0


@pytest.mark.parametrize("label", [None, context("spc_t", "s0:c1,c2", role="system_r")])
def test_an_unconfined_process_is_not_held_up_by_labels(label: str | None) -> None:
    assert run(worker(), label)[0] == 0


@pytest.mark.parametrize(
    ("reach", "words"),
    [
        ("timeout", "dial tcp 10.96.0.1:443: i/o timeout"),
        ("refused", "dial tcp 10.96.0.1:443: connect: connection refused"),
        ("unreachable", "dial tcp 10.96.0.1:443: connect: network is unreachable"),
    ],
)
def test_an_unreachable_api_server_ends_it_at_the_token(reach: str, words: str) -> None:
    node = worker()
    node.network.service = reach
    code, said = run(node)
    assert code == 1
    assert said[-2].startswith("[ERROR] Unable to create token for CNI kubeconfig error=Post ")
    assert said[-1].startswith("[FATAL] Unable to create token for CNI kubeconfig error=Post ")
    assert said[-1].endswith(words)
    assert f"[INFO] Wrote Calico CNI binaries to /host{BIN_DIR}" in said


def test_a_full_disk_fails_while_copying_and_leaves_a_temporary_file() -> None:
    node = worker()
    node.root_mount().used = node.root_mount().size
    code, said = run(node)
    assert code == 1
    assert said[-1] == (
        f"[ERROR] Failed to install /host{BIN_DIR}/bandwidth error=failed to copy file: write "
        f"/host{BIN_DIR}/bandwidth.tmp: no space left on device"
    )
    assert f"{BIN_DIR}/bandwidth.tmp" in node.files.entries


def test_a_busy_temporary_file_is_named() -> None:
    node = worker()
    node.files.file(f"{BIN_DIR}/calico.tmp", mode=0o755, size=10).busy = 4711
    assert run(node)[1][-1].endswith(f"open /host{BIN_DIR}/calico.tmp: text file busy")


def test_noexec_is_found_when_the_plugin_is_run() -> None:
    node = worker()
    node.root_mount().options += ",noexec"
    assert run(node)[1][-1].endswith(f"error=fork/exec /host{BIN_DIR}/calico: permission denied")


def test_the_real_nodes_log_has_the_same_words(shared: Path) -> None:
    """captures/real-node: broken.txt and healed.txt, install-cni's lines without stamps."""
    for transcript, node, label in (("broken.txt", worker(), CONFINED), ("healed.txt", worker(), None)):
        text = (shared / "captures" / "real-node" / transcript).read_text()
        block = text.split("-c install-cni\n")[1].split("\n\n$")[0]
        real = [line.split("cni-installer/<nil> <nil>: ")[1] for line in block.splitlines() if "cni-installer" in line]
        ours = [line.partition("] ")[2] for line in run(node, label)[1] if line.startswith("[")]
        assert ours == real


def test_the_same_machine_is_made_twice() -> None:
    assert worker().rng.random() == random.Random("worker-01").random()
