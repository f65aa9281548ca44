"""Text from outside, made fit for a terminal line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from cnitui.tui.text import LIMIT, clean, clip, decode, fit, pad, width_of, wrap

HOSTILE = [
    ("path [/host/opt/cni/bin] denied", "path [/host/opt/cni/bin] denied"),
    ("[red]not red[/red]", "[red]not red[/red]"),
    ("\x1b[31mred\x1b[0m", "red"),
    ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
    ("\x1b]0;title\x1b\\", "␛]0;title␛\\"),
    ("a\x00b", "a␀b"),
    ("a\x7fb", "a␡b"),
    ("admin\u202egpj.exe", "admin<U+202E>gpj.exe"),
    ("a\u2066b\u2069", "a<U+2066>b<U+2069>"),
    ("zero\u200bwidth\ufeff", "zero<U+200B>width<U+FEFF>"),
    ("e\u0301\u0301\u0301", "e\u0301\u0301<U+0301>"),
    ("\u0301start", "<U+0301>start"),
    ("lone \ud800 surrogate", "lone � surrogate"),
    ("one\ttab", "one     tab"),
    ("windows\r\n", "windows"),
    ("over\rwritten", "over␍written"),
    ("line\u2028separator\x85", "line<U+2028>separator<U+0085>"),
    ("日本語", "日本語"),
    ("❤\ufe0f 🇩🇪", "❤ <U+1F1E9><U+1F1EA>"),
    ("a\u00a0b\u3000c", "a b  c"),
]


@pytest.mark.parametrize(("text", "shown"), HOSTILE)
def test_hostile_text_is_shown_literally_and_does_nothing(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_a_megabyte_line_is_cut_and_says_how_much_is_missing() -> None:
    assert decode(b"x" * 1_000_000) == "x" * LIMIT + f"… {1_000_000 - LIMIT:,} more bytes"
    assert clean("x" * 1_000_000).endswith("more characters")


def test_broken_utf8_is_replaced() -> None:
    assert decode(b"caf\xe9 \xff\xfe") == "caf� ��"


@given(st.text(max_size=300))
def test_clean_text_has_no_character_that_a_terminal_acts_on(text: str) -> None:
    shown = clean(text)
    assert all(character.isprintable() for character in shown)
    assert clean(shown) == shown
    assert width_of(shown) == sum(cell_len(character) for character in shown)


@given(st.binary(max_size=300))
def test_any_bytes_can_be_shown(line: bytes) -> None:
    assert decode(line).isprintable()


@given(st.text(max_size=80), st.integers(0, 40), st.integers(0, 40))
def test_a_window_is_never_wider_than_asked(text: str, start: int, width: int) -> None:
    assert width_of(clip(clean(text), start, width)) <= width


@given(st.text(max_size=80), st.integers(2, 40))
def test_wrapping_loses_nothing_and_keeps_the_width(text: str, width: int) -> None:
    shown = clean(text)
    pieces = wrap(shown, width)
    assert "".join(pieces) == shown
    assert all(width_of(piece) <= width for piece in pieces)


@given(st.text(max_size=80), st.integers(1, 40), st.sampled_from(["tail", "middle"]))
def test_a_cut_text_fits(text: str, width: int, cut: str) -> None:
    shown = fit(clean(text), width, "middle" if cut == "middle" else "tail")
    assert width_of(shown) <= width


def test_the_cheap_end_is_cut() -> None:
    assert fit("calico-node-abcde-x7k2p", 15, "middle") == "calico-…e-x7k2p"
    assert fit("a long message", 8) == "a long …"
    assert fit("short", 8) == "short"
    assert pad("12", 4, right=True) == "  12"


def test_half_a_wide_character_becomes_a_space() -> None:
    assert clip("日本語", 1, 4) == " 本 "
