"""What mail, forums, browsers and runtimes put around lines is taken off, and nothing else is."""

from __future__ import annotations

import json

import pytest

from cnitui.domain.parsing.framing import unframed

LINE = '2024-03-22 20:01:54.950 [FATAL][1] cni-installer/<nil> <nil>: Unable to "copy" it'


@pytest.mark.parametrize(
    "framed",
    [
        f"> {LINE}",
        f">>> {LINE}",
        f"`{LINE}`",
        f"**{LINE}**",
        LINE.replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;"),
        LINE.replace('"', "&amp;quot;").replace("<", "&amp;lt;").replace(">", "&amp;gt;"),
        LINE.replace('"copy"', "“copy”"),
        LINE.replace(" it", "\u00a0it"),
        f"<pre><code>{LINE}</code></pre>",
        f"{LINE}<br/>",
        f"[31m{LINE}[0m",
        f"2024-03-22T20:01:54.950123456Z stderr F {LINE}",
        f"[pod/calico-node-x7k2p/install-cni] {LINE}",
        json.dumps({"log": LINE + "\n", "stream": "stderr", "time": "2024-03-22T20:01:54.9Z"}, separators=(",", ":")),
    ],
)
def test_a_framed_line_reads_as_it_was_printed(framed: str) -> None:
    assert unframed(framed) == LINE


@pytest.mark.parametrize(
    "line",
    [
        LINE,
        "rate(felix_errors[5m]) > 0",
        '{"level":"error","msg":"a & b"}',
        '{"log":"cut off in the mid',
        "a -> b >> c",
        "- name: calico-node",
        "* only the first line of a list",
        "`calico-node` and `canal`",
        "C:\\temp\\[x]",
        "<none>",
        "12: eth0: <BROADCAST,MULTICAST>",
        "",
    ],
)
def test_a_line_that_is_not_framed_stays(line: str) -> None:
    text = f"{line}\nand another"
    assert unframed(text) == text


@pytest.mark.parametrize("separator", ["  ", ": ", ") ", "| "])
def test_numbers_that_count_the_lines_are_taken_off(separator: str) -> None:
    lines = ["NAME READY", "", "a 0/1", "b 1/1", "c 1/1", "d 1/1"]
    numbered = "\n".join(f"{number:>4}{separator}{line}" if line else line for number, line in enumerate(lines, 1))
    assert unframed(numbered).split("\n") == lines


def test_numbers_that_do_not_count_stay() -> None:
    text = "1 root\n1 root\n24268 containerd\n7 cp"
    assert unframed(text) == text


def test_a_list_loses_its_bullets_and_tabs_become_columns() -> None:
    assert unframed("* $ getenforce\n\n* Enforcing") == "$ getenforce\n\nEnforcing"
    assert unframed("State:\n\tReason: Error") == "State:\n        Reason: Error"


def test_backslashes_of_markdown_are_taken_off_where_there_are_some() -> None:
    assert (
        unframed(r"avc: denied \{ write } tcontext=usr\_t \[x\] \<nil\>")
        == r"avc: denied \{ write } tcontext=usr_t [x] <nil>"
    )


def test_every_line_keeps_its_number() -> None:
    framed = "> a<br>\n> \n> &lt;b&gt;\n```\n> c"
    assert unframed(framed).count("\n") == framed.count("\n")
