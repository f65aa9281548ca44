"""The CNI directories file by file: aligned by name, what differs, what the policy would say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnitui.domain.directories import ATTRIBUTES, MOST_ROWS, Row, Section, listed
from cnitui.domain.facts import CniDirectories, DirectoryEntry
from cnitui.domain.selinux import Label

BIN, NET = "/opt/cni/bin", "/etc/cni/net.d"
BIN_T, FILE_T = (Label("system_u", "object_r", kind, "s0") for kind in ("bin_t", "container_file_t"))


def entry(path: str, label: Label | None = BIN_T, **more: object) -> DirectoryEntry:
    made = DirectoryEntry(path, "-", "rwxr-xr-x", "root", "root", label, 10, "Nov 23 02:39")
    return replace(made, **more)  # type: ignore[arg-type]


def node(*files: DirectoryEntry, **more: object) -> CniDirectories:
    """A node with these files in its bin directory and nothing in the other one."""
    directories = {path: entry(path, kind="d", size=None) for path in ("/", "/opt", "/opt/cni", BIN, NET)}
    made = CniDirectories(BIN, NET, directories, {BIN: files, NET: ()}, missing=("/etc/cni",))
    return replace(made, **more)  # type: ignore[arg-type]


def binaries(*nodes: CniDirectories | None) -> Section:
    return listed(nodes)[0]


def row(section: Section, name: str) -> Row:
    return next(row for row in section.rows if row.name == name)


def test_one_node_is_listed_whole_directories_files_and_parents() -> None:
    first, second, above = listed([node(entry(f"{BIN}/calico"))])
    assert (first.title, [one.name for one in first.rows]) == (BIN, [".", "calico"])
    assert (second.title, [one.name for one in second.rows]) == (NET, ["."])
    assert [(one.name, one.cells[0].presence) for one in above.rows] == [
        ("/", "there"), ("/etc", "unlisted"), ("/etc/cni", "missing"), ("/opt", "there"), ("/opt/cni", "there"),
    ]  # fmt: skip
    assert listed([None]) == ()


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        (entry(f"{BIN}/calico", FILE_T), {"label"}),
        (entry(f"{BIN}/calico", None), {"label"}),
        (entry(f"{BIN}/calico", mode="rwsr-xr-x"), {"mode"}),
        (entry(f"{BIN}/calico", group="kube"), {"owner"}),
        (entry(f"{BIN}/calico", size=11), {"size"}),
        (entry(f"{BIN}/calico", kind="l", size=None, target="/bin/true"), {"mode", "size", "target"}),
        (entry(f"{BIN}/calico", modified="Jan 1 2020"), set()),
    ],
)
def test_what_differs_from_the_first_node_is_named_and_the_time_is_no_difference(
    other: DirectoryEntry, differs: set[str]
) -> None:
    first, second = row(binaries(node(entry(f"{BIN}/calico")), node(other)), "calico").cells
    assert not first.differs
    assert second.differs == differs


def test_a_file_that_only_one_node_has_differs_and_one_nobody_could_list_does_not() -> None:
    here = node(entry(f"{BIN}/calico"))
    gone, cut, refused = node(), node(partial=(BIN,)), node(files={})
    cells = {name: row(binaries(here, other), "calico").cells[1] for name, other in
             (("gone", gone), ("cut", cut), ("refused", refused), ("unread", None))}  # fmt: skip
    assert {name: cell.presence for name, cell in cells.items()} == {
        "gone": "missing", "cut": "unlisted", "refused": "unlisted", "unread": "unread",
    }  # fmt: skip
    assert {name for name, cell in cells.items() if cell.differs} == {"gone"}
    assert row(binaries(gone, here), "calico").cells[1].differs == set(ATTRIBUTES)


def test_what_the_policy_would_say_is_told_where_it_is_something_else() -> None:
    around = {f"{BIN}/calico": BIN_T, f"{BIN}/odd": BIN_T}
    section = binaries(
        node(entry(f"{BIN}/calico"), entry(f"{BIN}/odd", FILE_T), entry(f"{BIN}/new", FILE_T), defaults_around=around)
    )
    assert {one.name: one.cells[0].misplaced for one in section.rows} == {
        ".": "",
        "calico": "",
        "odd": "bin_t",
        "new": "",
    }


def test_nodes_that_have_the_directory_elsewhere_are_aligned_by_name() -> None:
    elsewhere = CniDirectories("/home/cni", NET, {}, {"/home/cni": (entry("/home/cni/calico", FILE_T),)})
    section = binaries(node(entry(f"{BIN}/calico")), elsewhere)
    assert section.title == f"{BIN} · /home/cni"
    assert row(section, "calico").cells[1].differs == {"label"}


def test_of_thousands_of_files_those_that_differ_are_kept_and_the_rest_is_counted() -> None:
    files = tuple(entry(f"{BIN}/f{number:05}") for number in range(5000))
    odd = (*files[:-1], entry(f"{BIN}/f04999", FILE_T))
    section = binaries(node(*files), node(*odd))
    assert len(section.rows) == MOST_ROWS + 1
    assert section.more == 5000 - MOST_ROWS
    assert section.differing == 1
    assert [one.name for one in section.rows] == sorted(one.name for one in section.rows)
