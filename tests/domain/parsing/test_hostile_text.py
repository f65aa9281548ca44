"""No parser of node output raises or stalls, whatever a node sends."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnitui.domain.parsing import complaints, selinux_mode, space
from cnitui.domain.parsing.attributes import parse_lsattr
from cnitui.domain.parsing.avc import parse_avc
from cnitui.domain.parsing.changes import parse_boot, parse_packages, parse_units
from cnitui.domain.parsing.clock import parse_http_date, parse_stamp
from cnitui.domain.parsing.lines import MAX_LINE, numbered
from cnitui.domain.parsing.ls import parse_ls
from cnitui.domain.parsing.matchpathcon import parse_matchpathcon
from cnitui.domain.parsing.mounts import parse_findmnt, parse_mount_table
from cnitui.domain.parsing.os_release import parse_os_release
from cnitui.domain.parsing.reach import parse_reach, parse_service_rules
from cnitui.domain.parsing.runtime import parse_inspect, parse_labelling

PARSERS: tuple[Callable[[str], object], ...] = (
    complaints.missing_paths,
    complaints.refused_paths,
    parse_avc,
    parse_boot,
    parse_packages,
    parse_units,
    parse_findmnt,
    parse_http_date,
    parse_stamp,
    parse_inspect,
    parse_labelling,
    parse_ls,
    parse_lsattr,
    lambda text: parse_lsattr("", text),
    parse_matchpathcon,
    lambda text: parse_mount_table(text, "/opt/cni/bin"),
    parse_os_release,
    lambda text: parse_reach("10.96.0.1:443", text),
    lambda text: parse_service_rules("10.96.0.1:443", text, readable=True),
    selinux_mode.parse_config,
    selinux_mode.parse_filesystems,
    selinux_mode.parse_getenforce,
    selinux_mode.parse_permissive_domains,
    selinux_mode.parse_permissive_modules,
    selinux_mode.parse_sestatus,
    space.parse_df,
)

WORDS = st.sampled_from(
    [
        "type=AVC", "msg=audit(", "1795401560.131:215", "):", "99999999999.9:1):", "avc:  denied  { ", "}", "scontext=",
        "a_u:b_r:c_t:s0", "permissive=", "comm=", "414G", "41", '"', "'", "=", '{"MESSAGE":', "[1]",
        '"filesystems":[', "]}",
        "drwxr-xr-x.", "?", "4096", "Nov 23 02:39", "2026-13-45T25:61:61+9959", "audit[1]: AVC", "/opt/cni/bin:",
        "/", "..",
        ":", "->", "\\x4", "\\777", "-", "100%", "1024-blocks", "Filesystem", "9" * 400,
        "\x00", "\u2028", "😀", "\t", "\n", " ",
    ]
)  # fmt: skip


@given(text=st.one_of(st.text(), st.lists(WORDS, max_size=40).map("".join), st.lists(WORDS, max_size=40).map(" ".join)))
def test_no_parser_raises_on_arbitrary_text(text: str) -> None:
    for parse in PARSERS:
        parse(text)


@pytest.mark.parametrize(
    "unit",
    [
        "drwxr-xr-x. 1 ",
        "a:b:c:s0 ",
        "/opt ",
        "type=AVC msg=audit(",
        "key=",
        "{",
        "avc: denied { ",
        "  ",
        "\\x20",
        "9 ",
        "i",
        '"',
    ],
)
def test_a_line_of_megabytes_is_read_only_as_far_as_its_bound(unit: str) -> None:
    line = unit * (2_000_000 // len(unit))
    assert max(len(text) for _, text in numbered(line)) <= MAX_LINE
    for parse in PARSERS:
        parse(line)
