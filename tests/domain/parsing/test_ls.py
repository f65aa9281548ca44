"""`ls -Z` in its shapes."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnitui.domain.parsing.complaints import missing_paths
from cnitui.domain.parsing.ls import parse_ls
from cnitui.domain.selinux import Label

BIN = "/opt/cni/bin"


def test_the_long_form_names_mode_owner_label_size_and_full_path() -> None:
    # coreutils 9.1 of Debian 12, node with /opt/cni/bin made by hand
    text = "total 2492\n-rwxr-xr-x. 1 root root system_u:object_r:usr_t:s0 846632 Mar  4  2025 bridge\n"
    (entry,) = parse_ls(text, BIN)
    assert (entry.path, entry.kind, entry.mode) == ("/opt/cni/bin/bridge", "-", "rwxr-xr-x")
    assert (entry.owner, entry.group, entry.size, entry.modified) == ("root", "root", 846632, "Mar 4 2025")
    assert entry.label == Label("system_u", "object_r", "usr_t", "s0")


def test_dot_is_the_directory_itself_and_dot_dot_its_parent() -> None:
    lines = "drwxr-xr-x. 2 root root {label} 4096 Nov 23 02:39 {name}"
    text = "\n".join(lines.format(label="system_u:object_r:usr_t:s0", name=name) for name in (".", ".."))
    assert [entry.path for entry in parse_ls(text, "/opt/cni/bin/")] == [BIN, "/opt/cni"]


def test_the_form_of_rhel_7_has_neither_links_nor_size_nor_date() -> None:
    (entry,) = parse_ls("-rwxr-xr-x. root root system_u:object_r:container_file_t:s0   calico", BIN)
    assert entry.path == "/opt/cni/bin/calico"
    assert entry.label is not None
    assert entry.label.type == "container_file_t"
    assert entry.size is None


def test_a_question_mark_is_no_label() -> None:
    # coreutils on a node booted with selinux=0: files made meanwhile have none
    (entry,) = parse_ls("-rwxr-xr-x  1 root root ?                          846632 Nov 23 02:56 calico", BIN)
    assert entry.label is None
    assert entry.size == 846632


def test_categories_are_part_of_the_label() -> None:
    (entry,) = parse_ls(
        "-rw-r--r--. 1 root root system_u:object_r:container_file_t:s0:c123,c456 9 Nov 23 02:52 x.tmp", BIN
    )
    assert entry.label is not None
    assert entry.label.categories == "c123,c456"


def test_without_l_there_is_a_label_and_a_name_and_several_pairs_on_a_terminal() -> None:
    assert [e.path for e in parse_ls("system_u:object_r:usr_t:s0 /opt/cni/bin\n")] == [BIN]
    pairs = "system_u:object_r:bin_t:s0 bandwidth  system_u:object_r:etc_t:s0 calico\n"
    assert [(e.path, str(e.label)) for e in parse_ls(pairs, BIN)] == [
        ("/opt/cni/bin/bandwidth", "system_u:object_r:bin_t:s0"),
        ("/opt/cni/bin/calico", "system_u:object_r:etc_t:s0"),
    ]


def test_headers_say_which_directory_follows() -> None:
    row = "-rwxr-xr-x. 1 root root system_u:object_r:usr_t:s0 8 Mar  4  2025 bridge"
    text = f"/etc/cni/net.d:\ntotal 0\n\n/opt/cni/bin:\ntotal 4\n{row}\n"
    assert [entry.path for entry in parse_ls(text, "/elsewhere")] == ["/opt/cni/bin/bridge"]


def test_a_symbolic_link_keeps_its_target_apart() -> None:
    (entry,) = parse_ls(
        "lrwxrwxrwx. 1 root root system_u:object_r:usr_t:s0 7 Mar  4  2025 my plugins -> ../cni v2", "/opt"
    )
    assert (entry.path, entry.target) == ("/opt/my plugins", "../cni v2")


@pytest.mark.parametrize("name", ["two  blanks", " leading", r"new\nline", "[/brackets]", "naïve", "-rw"])
def test_names_are_taken_as_they_are(name: str) -> None:
    (entry,) = parse_ls(f"-rw-r--r--. 1 root root system_u:object_r:etc_t:s0 1 Nov 23 02:39 {name}", "/etc/cni/net.d")
    assert entry.path == f"/etc/cni/net.d/{name}"


@pytest.mark.parametrize(
    "date", ["Nov 23 02:39", "2026-11-23 02:39", "2026-11-23 02:39:14.559013 +0000", "23. Nov 02:39"]
)
def test_dates_of_several_styles_are_no_part_of_the_name(date: str) -> None:
    (entry,) = parse_ls(f"-rw-r--r--. 1 1000 1000 system_u:object_r:etc_t:s0 1 {date} x", "/d")
    assert (entry.path, entry.owner, entry.modified) == ("/d/x", "1000", date)


def test_busybox_and_plain_ls_without_labels_still_tell_owner_and_mode() -> None:
    (entry,) = parse_ls("drwxr-xr-x    2 root     root          4096 Nov 23 02:39 net.d", "/etc/cni")
    assert (entry.path, entry.mode, entry.label, entry.size) == ("/etc/cni/net.d", "rwxr-xr-x", None, 4096)


def test_prose_and_errors_are_no_entries() -> None:
    text = "ls: cannot access '/opt/cni/bin': No such file or directory\ntotal 8\n\n$ ls -lZ /opt/cni/bin\nhello\n"
    assert parse_ls(text, BIN) == ()
    assert missing_paths(text) == (BIN,)


@pytest.mark.parametrize("name", ["ls-laZ-bin", "ls-laZ-netd", "ls-lZ-both", "ls-dZ", "ls-ldZ-parents"])
def test_every_line_of_every_capture_is_understood(shared: Path, name: str) -> None:
    files = sorted((shared / "captures").glob(f"*/{name}.txt"))
    assert files
    for file in files:
        lines = [
            line for line in file.read_text().splitlines() if line and line[-1] != ":" and not line.startswith("total ")
        ]
        entries = parse_ls(file.read_text(), BIN)
        assert len(entries) == len(lines), file.parent.name
        labelled = [entry for entry in entries if entry.label is not None]
        assert len(labelled) == sum(":" in line.split("Nov")[0] and "_u:" in line for line in lines), file.parent.name
