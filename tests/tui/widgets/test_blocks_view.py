"""A page of blocks alone: scrolling, resizing, staying where the reader is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from cnitui.engine.guide.blocks import Block, Grid, Heading, Item, Paragraph, Quote
from cnitui.tui.widgets.blocks_view import ROLES, BlocksView
from tests.tui.widgets.conftest import Alone, lines_of, styled

LONG = tuple(Paragraph(f"paragraph {number}") for number in range(50))


@asynccontextmanager
async def shown(
    blocks: Sequence[Block], size: tuple[int, int] = (60, 10)
) -> AsyncIterator[tuple[BlocksView, Pilot[None]]]:
    """A page with these blocks, focused."""
    widget = BlocksView()
    async with Alone(widget).run_test(size=size) as pilot:
        widget.show(blocks)
        widget.focus()
        await pilot.pause()
        yield widget, pilot


async def test_keys_scroll_by_lines_pages_and_to_the_ends() -> None:
    async with shown(LONG) as (widget, pilot):
        seen = []
        for key in ("j", "down", "k", "up", "space", "pageup", "G", "g"):
            await pilot.press(key)
            await pilot.pause()
            seen.append(widget.scroll_offset.y)
        assert seen[:4] == [1, 2, 1, 0]
        assert seen[4] > 5
        assert seen[5] == 0
        assert seen[6] == widget.max_scroll_y
        assert seen[7] == 0


async def test_a_newer_state_of_the_page_leaves_the_reader_where_they_are() -> None:
    async with shown(LONG) as (widget, pilot):
        widget.scroll_to(y=20, animate=False)
        await pilot.pause()
        widget.show((*LONG, Paragraph("new")))
        await pilot.pause()
        assert widget.scroll_offset.y == 20


async def test_another_page_starts_at_its_top() -> None:
    async with shown(LONG) as (widget, pilot):
        widget.scroll_to(y=20, animate=False)
        await pilot.pause()
        widget.show((Heading("other"), *LONG), from_top=True)
        await pilot.pause()
        assert widget.scroll_offset.y == 0


async def test_a_page_that_got_short_shows_its_lines() -> None:
    async with shown(LONG) as (widget, pilot):
        widget.scroll_to(y=80, animate=False)
        await pilot.pause()
        widget.show((Paragraph("short"),))
        await pilot.pause()
        assert lines_of(widget)[0] == " short"


async def test_text_is_laid_out_anew_for_another_width() -> None:
    async with shown((Paragraph("word " * 20),), size=(60, 10)) as (widget, pilot):
        before = len([line for line in lines_of(widget) if line])
        await pilot.resize_terminal(30, 10)
        await pilot.pause()
        assert len([line for line in lines_of(widget) if line]) > before
        assert all(widget.render_line(y).cell_length == 30 for y in range(3))


@pytest.mark.parametrize("width", [1, 2, 10, 21])
async def test_no_width_is_too_small(width: int) -> None:
    blocks = (Item("漢字 [b]", "bad", "detail"), Grid(("A", "B"), (("x", "y"),)), Quote("\x1b[31m"))
    async with shown(blocks, size=(width, 5)) as (widget, _):
        assert all(widget.render_line(y).cell_length == width for y in range(5))


async def test_the_text_of_the_page_is_what_is_copied() -> None:
    async with shown((Heading("Head"), Item("bad thing", "bad"))) as (widget, _):
        assert widget.text == "Head\n✗ bad thing"
        assert widget.blocks == (Heading("Head"), Item("bad thing", "bad"))


async def test_each_role_has_a_style_of_its_own_beside_its_sign() -> None:
    async with shown((Item("a", "bad"), Item("b", "good"), Item("c", "warn")), size=(20, 5)) as (widget, _):
        signs = [next((text.strip(), style) for text, style in styled(widget, y) if text.strip()) for y in range(3)]
        assert [sign for sign, _ in signs] == ["✗", "✓", "!"]
        assert len({style for _, style in signs}) == 3
        assert {f"blocks--{role}" for role in (*ROLES, "match", "selected", "prompt")} == BlocksView.COMPONENT_CLASSES


async def test_a_page_is_searched_while_typing_and_n_walks_through_what_was_found() -> None:
    blocks = (*LONG[:30], Paragraph("[needle] 宽 one"), *LONG[30:], Paragraph("another Needle"))
    async with shown(blocks) as (widget, pilot):
        await pilot.press("slash", *"needle")
        await pilot.pause()
        assert "/needle▏" in lines_of(widget)[-1]
        assert "2 found" in lines_of(widget)[-1]
        first = widget.scroll_offset.y
        assert " [needle] 宽 one" in lines_of(widget)
        await pilot.press("enter")
        row = lines_of(widget).index(" [needle] 宽 one")
        assert [text for text, style in styled(widget, row) if "underline" in style] == ["needle"]
        for key in ("n", "N", "N"):
            await pilot.press(key)
            await pilot.pause()
        assert widget.scroll_offset.y == widget.max_scroll_y, "from the first one on to the last"
        await pilot.press("n")
        await pilot.pause()
        assert widget.scroll_offset.y == first


async def test_escape_takes_a_search_back_and_keys_are_keys_again() -> None:
    async with shown(LONG) as (widget, pilot):
        await pilot.press("j", "j", "slash", *"paragraph 40", "escape")
        await pilot.pause()
        assert widget.scroll_offset.y == 2
        assert not any("underline" in style for _, style in styled(widget, 0))
        await pilot.press("n", "j")
        await pilot.pause()
        assert widget.scroll_offset.y == 3


async def test_one_key_tells_the_whole_source_of_a_quote_and_tells_it_in_short_again() -> None:
    whole = "for · ssh -F /home/oncall/.ssh/config worker-01 sudo -n ausearch --raw · line 4"
    async with shown((Quote("type=AVC", whole, "for · worker-01: sudo -n ausearch --raw · line 4"),)) as (page, pilot):
        assert lines_of(page)[1].strip() == "for · worker-01: sudo -n ausearch --raw · line 4"
        await pilot.press("w")
        assert "".join(text.strip(" ") for text in lines_of(page)[1:]).replace(" ", "") == whole.replace(" ", "")
        await pilot.press("w")
        assert len(list(filter(None, lines_of(page)))) == 2
        page.show((Quote("type=AVC", "line 4"),))
        assert not page.shortened
        assert not page.check_action("whole", ())
