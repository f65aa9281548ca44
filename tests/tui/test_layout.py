"""Blocks as lines of any width: never wider than the page, never markup, nothing lost without a sign."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cnitui.domain.comparison import Comparison, Row
from cnitui.engine.guide.blocks import (
    Block,
    Columns,
    Command,
    DiffText,
    Grid,
    Heading,
    Item,
    Paragraph,
    Quote,
    Role,
)
from cnitui.tui.layout import Line, comparison_lines, lay_out, wrap_words
from cnitui.tui.text import clean, width_of

HOSTILE = (
    "[bold]x[/] [/host/opt/cni/bin] \x1b[31mred\x1b]0;title\x07 \u202egnp.exe 漢字漢字 e\u0301\u0301\u0301 \x00\r\t end"
)
TEXT = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [HOSTILE, "", " ", "漢" * 40, "a" * 300, "two\nlines", "\U0001f468\u200d\U0001f469\u200d\U0001f467"]
    ),
)
ROLES: st.SearchStrategy[Role] = st.sampled_from(("normal", "dim", "good", "bad", "warn", "accent"))


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    """Any small table."""
    columns = draw(st.integers(1, 9))
    row = st.tuples(*[TEXT] * columns)
    leaves = draw(st.lists(st.integers(0, columns - 1), unique=True, max_size=columns - 1))
    headers = draw(st.tuples(*[st.sampled_from(["", "NODE", "LONG HEADER"])] * columns))
    rows = tuple(draw(st.lists(row, max_size=4)))
    return Grid(headers, rows, tuple(draw(st.lists(ROLES, max_size=4))), tuple(leaves))


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    """Any comparison of up to nine groups of nodes."""
    count = draw(st.integers(1, 9))
    names = tuple((f"node-{number}",) * draw(st.integers(1, 5)) for number in range(count))
    reference = draw(st.booleans())
    rows = tuple(
        Row(draw(TEXT), draw(st.tuples(*[TEXT] * count)), draw(st.tuples(*[st.booleans()] * count)))
        for _ in range(draw(st.integers(0, 3)))
    )
    return Comparison(names, rows, reference)


BLOCKS: st.SearchStrategy[Block] = st.one_of(
    st.builds(Paragraph, TEXT, ROLES),
    st.builds(Heading, TEXT),
    st.builds(Item, TEXT, ROLES, TEXT),
    st.builds(Quote, TEXT, TEXT),
    st.builds(Command, TEXT, TEXT),
    st.builds(DiffText, st.lists(TEXT, max_size=4).map(tuple)),
    grids(),
    st.builds(Columns, comparisons()),
)


def words_of(line: Line) -> str:
    """The text of a line."""
    return "".join(text for text, _ in line)


def shown(*blocks: Block, width: int = 80) -> list[str]:
    """The lines of a page, without trailing spaces."""
    return [words_of(line).rstrip() for line in lay_out(blocks, width)]


@settings(max_examples=150, deadline=None)
@given(st.lists(BLOCKS, max_size=4), st.integers(20, 200))
def test_no_line_is_wider_than_the_page_and_nothing_raises(blocks: list[Block], width: int) -> None:
    for line in lay_out(blocks, width):
        assert width_of(words_of(line)) <= width
        assert clean(words_of(line)) == words_of(line)


@settings(max_examples=100, deadline=None)
@given(TEXT, st.integers(2, 120))
def test_wrapping_loses_no_word_and_keeps_the_width(text: str, width: int) -> None:
    lines = wrap_words(text, width)
    assert all(width_of(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join("".join(clean(part) for part in text.split("\n")).split())


def test_markup_stays_text() -> None:
    assert shown(Paragraph("[bold]not bold[/] [/host/opt/cni/bin]")) == ["[bold]not bold[/] [/host/opt/cni/bin]"]


def test_escape_sequences_never_reach_the_page() -> None:
    page = "\n".join(shown(Quote(HOSTILE, HOSTILE), Item(HOSTILE, detail=HOSTILE), Command(HOSTILE)))
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "\x07" not in page


def test_every_role_of_an_item_has_its_sign() -> None:
    roles: tuple[Role, ...] = ("good", "bad", "warn", "accent", "dim")
    assert [shown(Item("x", role))[0] for role in roles] == ["✓ x", "✗ x", "! x", "▸ x", "· x"]


def test_headings_stand_apart_and_what_they_head_follows_at_once() -> None:
    assert shown(Paragraph("a"), Heading("Head"), Paragraph("b")) == ["a", "", "Head", "b"]


def test_a_quote_follows_its_item_without_a_gap_and_says_its_source() -> None:
    lines = shown(Item("CONFIRMED", "bad"), Quote("avc: denied", "for · ausearch"))
    assert lines == ["✗ CONFIRMED", "  │ avc: denied", "    for · ausearch"]


def test_prose_wraps_at_a_readable_width_even_on_a_wide_screen() -> None:
    assert max(map(len, shown(Paragraph("word " * 100), width=200))) <= 110


def test_a_command_is_shown_whole_whatever_its_length() -> None:
    line = 'kubectl -n kube-system patch daemonset calico-node --type=json -p \'[{"op":"test"}]\''
    pieces = shown(Command(line), width=30)
    assert pieces[0].startswith("$ ")
    assert "".join(words_of(part)[2:] for part in lay_out([Command(line)], 30)) == line


def test_a_diff_keeps_its_signs_and_roles() -> None:
    lines = lay_out([DiffText(("@@ -1 +1 @@", " same", "+added", "-removed"))], 80)
    assert [role for line in lines for _, role in line] == ["hunk", "dim", "added", "removed"]
    assert [line[0][0][:1] for line in lines] == ["@", " ", "+", "-"]


def test_a_yaml_key_in_a_diff_stands_out_and_the_ground_reaches_the_edge() -> None:
    (line,) = lay_out([DiffText(("+  privileged: true",))], 40)
    assert line == (("+  ", "added"), ("privileged", "added-key"), (": true" + " " * 21, "added"))


# --- tables ---------------------------------------------------------------------------------------------------------

WIDE = Grid(
    ("NODE", "POD", "STATUS"), (("worker-01", "calico-node-x7k2p", "Init:CrashLoopBackOff"),), ("bad",), leaves=(1,)
)


def test_a_table_with_room_shows_every_cell_whole() -> None:
    assert shown(WIDE)[1] == "✗ worker-01  calico-node-x7k2p  Init:CrashLoopBackOff"


def test_the_cheap_column_leaves_before_the_status_is_cut() -> None:
    lines = shown(WIDE, width=40)
    assert lines[0].split() == ["NODE", "STATUS"]
    assert lines[1] == "✗ worker-01  Init:CrashLoopBackOff"


def test_names_lose_their_middle_and_words_their_tail() -> None:
    grid = Grid(("POD", "WHAT"), (("calico-node-x7k2p", "the kubelet said something long"),))
    line = shown(grid, width=30)[1]
    assert "…" in line
    assert line.split()[0].startswith("cal")
    assert line.split()[0].endswith("2p")
    assert line.endswith("…")


def test_a_table_without_headers_has_no_empty_line() -> None:
    assert shown(Grid(("", ""), (("Ready", "True"),))) == ["  Ready  True"]


# --- comparisons ----------------------------------------------------------------------------------------------------


def test_the_reference_comes_first_and_a_difference_carries_its_sign() -> None:
    comparison = Comparison((("master-01",), ("worker-01", "worker-02")), (Row("mode", ("a", "b"), (False, True)),))
    head, line = (words_of(line) for line in comparison_lines(comparison, 80))
    assert head.split() == ["reference", "master-01", "worker-01", "=", "worker-02"]
    assert line.split() == ["mode", "a", "≠", "b"]


def test_equal_answers_are_dim_differing_ones_bright_and_unknown_ones_a_warning() -> None:
    rows = (
        Row("equal", ("a", "a"), (False, False)),
        Row("differs", ("a", "b"), (False, True)),
        Row("unknown", ("a", "? refused"), (False, False)),
    )
    lines = comparison_lines(Comparison((("m",), ("w",)), rows), 80, header=False)
    roles = [[role for text, role in line[1:] if text.strip() and text.strip() != "≠"] for line in lines]
    assert roles == [["dim", "dim"], ["normal", "bad"], ["dim", "warn"]]


def test_columns_that_do_not_fit_go_below_beside_the_reference_again() -> None:
    columns = (("ref",), *((f"w{number}",) for number in range(6)))
    row = Row("mode", tuple(f"answer-{number}" for number in range(7)), (False,) * 7)
    text = [words_of(line) for line in comparison_lines(Comparison(columns, (row,)), 80)]
    page = "\n".join(text)
    assert all(f"answer-{number}" in page for number in range(7))
    assert page.count("reference ref") == 3
    assert all(len(line) <= 80 for line in text)


def test_a_wide_security_context_loses_its_user_and_role_first() -> None:
    context = "system_u:object_r:container_file_t:s0"
    line = words_of(comparison_lines(Comparison((("m",), ("w",)), (Row("x", (context, "b"), (False,) * 2),)), 72)[1])
    assert "…container_file_t:s0" in line


def test_many_nodes_in_one_column_are_named_as_far_as_they_fit() -> None:
    nodes = tuple(f"worker-{number:02}" for number in range(40))
    head = words_of(comparison_lines(Comparison((("m",), nodes), ()), 120)[0])
    assert "worker-00 = worker-01 = worker-02 +37" in head


def test_nothing_to_compare_is_said() -> None:
    assert shown(Columns(Comparison((), ()))) == ["nothing to compare yet"]


def test_a_command_stands_right_below_the_item_it_belongs_to() -> None:
    blocks = (Item("First", "accent"), Command("one"), Item("Then", "accent"), Command("two"), Command("three"))
    assert shown(*blocks, width=40) == ["▸ First", "$ one", "", "▸ Then", "$ two", "$ three"]
