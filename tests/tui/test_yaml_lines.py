"""YAML on the screen: keys, literals and texts told apart, long values wrapped, nothing lost."""

from __future__ import annotations

import pytest

from cnitui.gateways.documents import dump_yaml
from cnitui.tui.text import width_of
from cnitui.tui.yaml_lines import yaml_lines

OBJECT = {
    "kind": "Pod",
    "metadata": {"name": "calico-node-x7k2p", "labels": {"k8s-app": "calico-node"}, "generation": 3},
    "spec": {
        "hostNetwork": True,
        "containers": [{"name": "install-cni", "args": ["--config", "a: b"], "env": []}],
        "config": '{\n  "name": "k8s",\n  "type: x": true\n}\n',
        "last": "word",
    },
}


def roles(text: str, width: int = 100) -> list[tuple[tuple[str, str], ...]]:
    return [tuple((part, role) for part, role in line if part) for line in yaml_lines(text, width)]


@pytest.mark.parametrize(
    ("line", "spans"),
    [
        ("kind: Pod", (("kind", "key"), (":", "dim"), (" Pod", "normal"))),
        ("  - name: x", (("  - ", "dim"), ("name", "key"), (":", "dim"), (" x", "normal"))),
        ("    - --config", (("    - ", "dim"), ("--config", "normal"))),
        ("  hostNetwork: true", (("  ", "dim"), ("hostNetwork", "key"), (":", "dim"), (" true", "literal"))),
        ("port: 9099", (("port", "key"), (":", "dim"), (" 9099", "literal"))),
        ("env: []", (("env", "key"), (":", "dim"), (" []", "literal"))),
        ('"a: b": c', (('"a: b"', "key"), (":", "dim"), (" c", "normal"))),
        ("server: https://10.96.0.1:443", (("server", "key"), (":", "dim"), (" https://10.96.0.1:443", "normal"))),
        ("- 12:30:01 no key", (("- ", "dim"), ("12:30:01 no key", "normal"))),
    ],
)
def test_keys_values_and_signs(line: str, spans: tuple[tuple[str, str], ...]) -> None:
    assert roles(line) == [spans]


def test_a_text_below_its_key_is_a_text_though_it_looks_like_keys() -> None:
    lines = roles(dump_yaml(OBJECT))
    (inside,) = [line for line in lines if '"type: x"' in line[0][0]]
    assert inside == (('      "type: x": true', "normal"),)
    assert lines[-1] == (("  ", "dim"), ("last", "key"), (":", "dim"), (" word", "normal"))


@pytest.mark.parametrize("width", [12, 40, 80])
def test_nothing_is_lost_or_wider_than_the_page(width: int) -> None:
    text = dump_yaml({**OBJECT, "long": "日本 " * 60, "line": "x" * 300})
    lines = list(yaml_lines(text, width))
    assert max(width_of("".join(part for part, _ in line)) for line in lines) <= width
    shown = "".join(part for line in lines for part, _ in line)
    assert shown.replace(" ", "") == text.replace(" ", "").replace("\n", "")


def test_what_a_cluster_sends_stays_on_its_line() -> None:
    (line,) = roles("note: '\x1b[2J[red]\u202e'")
    assert "".join(part for part, _ in line) == "note: '[red]<U+202E>'"
