"""Lines that a terminal broke are whole again, and what was not broken stays."""

from __future__ import annotations

import pytest

from cnitui.domain.parsing.wrapping import unwrapped


def whole(text: str) -> str:
    return unwrapped(text, lambda line: line.startswith("$ "))


def test_records_that_a_terminal_wrapped_are_whole_again_and_tables_stay_tables() -> None:
    record = "2024-03-22 20:01:54.950 [FATAL][1] cni-installer/<nil> <nil>: " + "x" * 150
    table = ["a" * 80, "b" * 80]
    wrapped = [record[start : start + 80] for start in range(0, len(record), 80)]
    text = "\n".join([*wrapped, *table, "end"])
    assert whole(text).split("\n") == [record, "", "", *table, "end"]


@pytest.mark.parametrize("width", [80, 120])
def test_one_line_broken_at_a_width_that_terminals_have_is_whole_again(width: int) -> None:
    line = 'avc:  denied  { write } for  pid=3390 comm="cp" name="bin" ' + "tcontext=system_u:object_r:usr_t:s0 " * 3
    broken = "\n".join(line[start : start + width] for start in range(0, len(line), width))
    assert whole(broken).rstrip("\n") == line


def test_a_broken_row_of_pods_is_whole_again_and_the_next_one_is_its_own() -> None:
    row = "calico-node-ctk6l                      0/1     Init:CrashLoopBackOff   5 (62s ago)    3m49s"
    text = f"{row[:80]}\n{row[80:]}\ncoredns-6799fbcd5-x6wc5                   1/1     Running   0    69d"
    assert whole(text).split("\n")[0] == row
    assert whole(text).split("\n")[2].startswith("coredns")


def test_a_whole_row_as_long_as_a_terminal_is_wide_stays_apart_from_what_follows() -> None:
    row = f"{'coredns-6c46d74d64-99pql':<50}0/1     CrashLoopBackOff   12         40m"
    text = f"{row.replace('   12', ' ' * (100 - len(row)) + '   12')}\nsome words"
    assert len(text.split("\n")[0]) == 100
    assert whole(text) == text


def test_text_that_was_not_wrapped_stays_as_it_is() -> None:
    text = "2024-03-22 20:01:54.950 [INFO][1] one\n2024-03-22 20:01:54.951 [INFO][1] two\nplain\n" + "y" * 70
    assert whole(text) == text


def test_a_command_is_continued_only_where_much_was_broken() -> None:
    command = "$ kubectl " + "y" * 70
    assert whole(f"{command}\noutput") == f"{command}\noutput"
    assert whole(f"{command}\nrest\n{command}\nrest\n{command}\nrest").split("\n")[0] == f"{command}rest"
