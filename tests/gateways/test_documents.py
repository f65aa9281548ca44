"""YAML in and out: plain data, clear errors, and nothing that a text can do to the process."""

from __future__ import annotations

from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnitui.errors import ConfigurationError
from cnitui.gateways.documents import compose_documents, dump_yaml, load_all_yaml, load_yaml


def test_dates_stay_the_text_they_were_written_as() -> None:
    assert load_yaml("at: 2025-11-08\nsize: 3\nno: yes\n") == {"at": "2025-11-08", "size": 3, False: True}


def test_an_empty_text_is_none_and_json_is_yaml() -> None:
    assert load_yaml("") is None
    assert load_yaml(b'\xef\xbb\xbf{"a": [1, null]}') == {"a": [1, None]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: b: c", "case.yaml: line 1, column 5"),
        ("a: 1\n---\nb: 2\n", "2 documents"),
        ("a: *nobody", "line 1, column 4: found undefined alias"),
        ("\x00", "control characters"),
        (b"\xff", "not UTF-8"),
        ("!!python/object/apply:os.system [id]", "could not determine a constructor"),
        ("!!timestamp x", "not usable YAML|could not determine"),
        ("a: !!int x", "not usable YAML"),
        ("[" * 100_000, "nested more than 400 levels"),
        ("- " * 100_000, "nested more than 400 levels"),
        ("\n".join(" " * depth + "a:" for depth in range(1000)), "nested more than 400 levels"),
    ],
)
def test_what_is_no_usable_document_is_said_with_its_place(text: str | bytes, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        load_yaml(text, "case.yaml")
    assert str(caught.value).startswith("case.yaml: ")


@given(st.one_of(st.text(max_size=200), st.text("{}[]:-?&*!|>'\"#%@ \n\tab1~<=", max_size=120)))
def test_no_text_raises_anything_but_our_error(text: str) -> None:
    try:
        load_all_yaml(text)
        compose_documents(text, {0})
    except ConfigurationError as error:
        assert str(error)  # noqa: PT017  # either outcome is right, another exception is not


TREES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
)


@given(TREES)
def test_what_is_dumped_reads_back_the_same(tree: object) -> None:
    assert load_yaml(dump_yaml(tree)) == tree


def test_objects_are_dumped_in_their_order_with_long_texts_as_blocks_and_without_aliases() -> None:
    shared = MappingProxyType({"name": "x"})
    text = dump_yaml({"z": (shared, shared), "a": "one\ntwo\n", "on": "yes", "long": "w " * 100})
    assert text == "z:\n- name: x\n- name: x\na: |\n  one\n  two\n'on': 'yes'\nlong: '" + "w " * 100 + "'\n"


def test_positions_are_those_of_the_text() -> None:
    text = "a: 1 # ünï世\r\n---\r\nb: [x, &y 'z', *y]\r\n"
    node = compose_documents(text, {1})[1]
    key, value = node.entries[0]
    assert (text[key.start : key.end], key.line, key.column) == ("b", 3, 0)
    assert [text[item.start : item.end] for item in value.items[:1]] == ["x"]
    assert [item.shared for item in value.items] == [False, True, True]
    assert value.flow
    assert value.items[1].quoted


def bomb(levels: int) -> str:
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize("text", [bomb(12), "a: &a [*a]", "a: &a {b: *a}"], ids=["bomb", "itself", "itself in a map"])
def test_aliases_that_never_end_are_refused_at_once(text: str) -> None:
    with pytest.raises(ConfigurationError, match="aliases stand for more than"):
        load_yaml(text)


def test_ordinary_aliases_are_taken() -> None:
    assert load_yaml("a: &a {x: 1}\nb: *a\nc: [*a, *a]\n") == {"a": {"x": 1}, "b": {"x": 1}, "c": [{"x": 1}] * 2}
    assert isinstance(load_yaml(bomb(4)), dict)
