"""A listing as lines: nothing is cut at any width, and what differs is marked by more than colour."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnitui.domain.directories import listed
from cnitui.domain.facts import CniDirectories, DirectoryEntry
from cnitui.tui.listing_lines import SHORT, in_brief, listing_lines
from cnitui.tui.text import width_of
from tests.tui.listings import BIN, directories, file, label

HEADS = ("reference master-01", "worker-02 (fails)")


def text(width: int, *nodes: CniDirectories | None, whole: bool = True) -> list[str]:
    lines = listing_lines(HEADS[-len(nodes) :], listed(nodes), width, whole=whole)
    shown = ["".join(piece for piece, _ in line).rstrip() for line in lines]
    assert all(width_of(line) <= width for line in shown), "no line is wider than the window"
    return shown


def line(lines: list[str], name: str) -> str:
    return next(one for one in lines if one.startswith(f"{name} "))


HEALTHY, FAILING = directories("bin_t"), directories("container_file_t", configured=False)
SETUID = replace(FAILING, files={BIN: (replace(file(f"{BIN}/calico", "bin_t", 7), mode="rwsr-xr-x"),)})


def test_at_80_columns_two_nodes_stand_beside_each_other_one_line_for_each_label() -> None:
    lines = text(77, HEALTHY, FAILING, whole=False)
    assert line(lines, "calico-ipam").split() == ["calico-ipam", "bin_t", "≠", "container_file_t", "!", "bin_t"]
    assert line(lines, "10-calico.conflist").split()[-3:] == ["≠", "not", "there"]
    assert line(lines, "/opt").split() == ["/opt", "usr_t", "usr_t"]
    assert lines[-1] == SHORT


def test_in_brief_everything_else_that_differs_is_told_of_both_nodes() -> None:
    lines = text(77, HEALTHY, SETUID, whole=False)
    calico = line(lines, "calico")
    assert calico.split() == ["calico", "bin_t", "-rwxr-xr-x", "bin_t", "≠", "-rwsr-xr-x"]
    assert lines[lines.index(calico) + 1].split() == ["45346978", "≠", "7"]


@pytest.mark.parametrize("width", [40, 60, 77, 117, 157, 197])
def test_whole_entries_have_mode_owner_label_size_and_time_at_any_width(width: int) -> None:
    told = " ".join("".join(text(width, FAILING)).split())
    for words in ("-rwxr-xr-x", "root:root", "container_file_t", "45346978", "Nov 23 11:58", "policy bin_t"):
        assert told.count(words) >= 8, words
    both = " ".join(" ".join(text(max(width, 60), HEALTHY, FAILING)).split())
    assert both.count("45346978") == 16


def test_where_there_is_room_each_file_is_one_line_and_there_is_nothing_to_unfold() -> None:
    lines = text(197, HEALTHY, FAILING, whole=False)
    assert not in_brief(HEADS, listed([HEALTHY, FAILING]), 197)
    assert in_brief(HEADS, listed([HEALTHY, FAILING]), 77)
    assert line(lines, "calico").count("Nov 23 11:58") == 2
    assert "system_u:object_r:etc_t:s0" in "\n".join(text(117, directories("bin_t")))


def test_a_link_tells_where_it_leads_also_when_that_is_the_only_difference() -> None:
    link = replace(file(f"{BIN}/calico", size=6), kind="l", mode="rwxrwxrwx", target="/usr/libexec/cni/calico")
    nodes = [replace(HEALTHY, files={BIN: (one,)}) for one in (link, replace(link, target="/tmp/x"))]
    for width in (60, 77, 117, 197):
        for whole in (True, False):
            told = " ".join(" ".join(text(width, *nodes, whole=whole)).split())
            assert "/usr/libexec" in told
            assert "≠ → /tmp/x" in told


def test_a_label_that_is_not_the_ordinary_one_is_never_shortened() -> None:
    odd = directories("bin_t", replace(file(f"{BIN}/odd"), label=label("bin_t", "s0:c1,c2")),
                      replace(file(f"{BIN}/none"), label=None))  # fmt: skip
    shown = text(77, HEALTHY, odd, whole=False)
    joined = "".join(line.strip() for line in shown)
    assert "system_u:object_r:bin_t:s0" in joined
    assert ":c1,c2" in joined
    assert "no label" in line(shown, "none")


def test_hostile_names_labels_and_links_are_literal_cleaned_and_wrapped() -> None:
    name = "[bold]\x1b[31m" + "宽" * 60 + "\u202e.conf"
    endless = label("t" * 64, "s0:" + "c1," * 150 + "c2")
    people = ("o" * 60, "g" * 60)
    entry = DirectoryEntry(f"{BIN}/{name}", "l", "rwxrwxrwx", *people, endless, None, "23 Nov 11:58", "/x" * 300)
    for width in (40, 77, 197):
        shown = text(width, HEALTHY, directories("bin_t", entry), whole=False)
        assert "\x1b" not in "".join(shown)
        assert "".join(shown).count("宽") == 60
        assert "<U+202E>" in "".join(part[: width // 4].strip() for part in shown)


def test_what_was_not_read_and_what_was_not_listed_are_questions_and_no_differences() -> None:
    unread = text(77, HEALTHY, None, whole=False)
    assert line(unread, "calico").split()[-3:] == ["?", "not", "read"]
    partial = replace(FAILING, files={}, partial=(BIN,))
    assert line(text(77, HEALTHY, partial, whole=False), "calico").split()[-3:] == ["?", "not", "listed"]
    assert "≠" not in "\n".join(unread)


def test_more_files_than_are_shown_are_counted() -> None:
    many = replace(HEALTHY, files={BIN: tuple(file(f"{BIN}/f{number:05}") for number in range(3000))})
    lines = text(77, many)
    assert "and 2,600 more" in lines
    assert "and 2,600 more, none unlike" in text(77, many, many)
    other = replace(HEALTHY, files={BIN: tuple(replace(one, size=1) for one in many.files[BIN])})
    assert "and 2,600 more, 2,600 unlike" in text(77, many, other)
