"""YAML in and out, as plain data; the only importer of yaml.

Texts come from people and clusters, so nothing in them may make an object, and dates stay the text they were written
as: Kubernetes and case files know none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Literal

import yaml

from cnitui.errors import ConfigurationError
from cnitui.late_dataclass import dataclass

_BaseLoader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BaseDumper: type[Any] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_ENDLESS = 2**31 - 1
MOST_BYTES = 64 << 20
"""A larger document is refused: no manifest, configuration or case comes near it."""

MOST_VALUES = 2_000_000
"""Values that a document with aliases may have once they are written out."""
DEEPEST = 400
"""Levels of nesting a document may have: the C parser recurses without a bound of its own and would end the process."""
_DEEP_BLOCKS = re.compile(rf"^[ \-?:]{{{DEEPEST}}}", re.MULTILINE)


class _Loader(_BaseLoader):  # type: ignore[misc]  # the C class exists only where libyaml does
    """Safe, and without dates."""

    yaml_implicit_resolvers = {  # noqa: RUF012  # the name and shape are yaml's
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


class _Dumper(_BaseDumper):  # type: ignore[misc]  # the C class exists only where libyaml does
    """Plain data as kubectl prints it: texts of several lines as blocks, no aliases."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def _text(dumper: Any, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    node: yaml.ScalarNode = dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)
    return node


_Dumper.add_representer(str, _text)


def load_yaml(text: str | bytes, name: str = "the document") -> object:
    """The one document of a YAML (or JSON) text, None when it is empty.

    Raises ConfigurationError naming `name`, line and column when it is not YAML, too large or holds several documents.
    """
    documents = load_all_yaml(text, name)
    if len(documents) > 1:
        raise ConfigurationError(f"{name}: holds {len(documents)} documents where one was expected")
    return documents[0] if documents else None


def load_own_yaml(text: str | bytes, name: str) -> object:
    """As `load_yaml`, for a file that a person writes for us: a key that stands twice is refused, not overruled."""
    document = load_yaml(text, name)
    placed = compose_documents(_decoded(text, name), (0,), name)
    for key, first, second in (repeat for root in placed.values() for repeat in _repeated(root)):
        raise ConfigurationError(
            f"{name}: line {second}: {key!r} stands in line {first} already", "Remove one of them."
        )
    return document


def _repeated(node: Node) -> Iterator[tuple[str, int, int]]:
    """Keys that stand twice in one mapping, with both lines."""
    seen: dict[str, int] = {}
    for key, value in node.entries:
        if key.kind == "scalar" and key.text in seen:
            yield key.text[:60], seen[key.text], key.line
        seen.setdefault(key.text, key.line)
        yield from _repeated(value)
    for item in node.items:
        yield from _repeated(item)


def load_all_yaml(text: str | bytes, name: str = "the document") -> list[object]:
    """All documents of a YAML text; raises ConfigurationError as `load_yaml` does."""
    if len(text) > MOST_BYTES:
        raise ConfigurationError(f"{name}: larger than {MOST_BYTES >> 20} MiB, which no document of this kind is")
    decoded = _decoded(text, name)
    try:
        _refuse_depth(decoded, name)
        documents = list(yaml.load_all(decoded, Loader=_Loader))
        if "&" in decoded and "*" in decoded:
            _refuse_expansion(documents, name)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{name}: {yaml_problem(error)}", "Correct the YAML there.") from error
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise ConfigurationError(f"{name}: not usable YAML: {str(error)[:200]}") from error
    return documents


def _refuse_depth(text: str, name: str) -> None:
    """Refuse what is nested too deeply; each level takes a bracket or a column, so few texts need to be counted."""
    if text.count("[") + text.count("{") < DEEPEST and not _DEEP_BLOCKS.search(text):
        return
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise ConfigurationError(f"{name}: nested more than {DEEPEST} levels deep")


def _refuse_expansion(documents: list[object], name: str) -> None:
    """Refuse aliases that stand for more than a document may hold, or for themselves: whoever walks them never ends."""
    sizes: dict[int, int] = {}

    def size_of(value: object) -> int:
        if not isinstance(value, dict | list):
            return 1
        key = id(value)
        if key not in sizes:
            sizes[key] = MOST_VALUES + 1  # until it is known, for what is met again inside of itself
            children = [*value, *value.values()] if isinstance(value, dict) else value
            sizes[key] = min(1 + sum(map(size_of, children)), MOST_VALUES + 1)
        return sizes[key]

    if sum(map(size_of, documents)) > MOST_VALUES:
        raise ConfigurationError(f"{name}: its aliases stand for more than {MOST_VALUES:,} values")


def _decoded(text: str | bytes, name: str) -> str:
    if isinstance(text, str):
        return text
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{name}: not UTF-8 text (byte {error.start})") from error


def yaml_problem(error: yaml.YAMLError) -> str:
    """`line 3, column 7: mapping values are not allowed here`, without quoting the text itself."""
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML")[:200]
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}" if mark else problem


def dump_yaml(document: object) -> str:
    """Plain data as YAML text in the order it has; mappings and sequences of any class are taken."""
    dumped = yaml.dump(
        _plain(document),
        Dumper=_Dumper,
        default_flow_style=False,
        sort_keys=False,
        allow_unicode=True,
        width=_ENDLESS,
    )
    return str(dumped)


def _plain(value: object) -> object:
    if isinstance(value, str | bytes):
        return value
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    return value


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a YAML text and where it stands: `start` and `end` in characters, `line` from 1, `column` from 0.

    `shared` marks a part that an alias names again, so that its position may be elsewhere and a change of it changes
    several places. `entries` are a mapping's keys and values, `items` a sequence's.
    """

    kind: Literal["mapping", "sequence", "scalar"]
    start: int
    end: int
    line: int
    column: int
    flow: bool = False
    quoted: bool = False
    text: str = ""
    entries: tuple[tuple[Node, Node], ...] = ()
    items: tuple[Node, ...] = ()
    shared: bool = False

    def values(self, key: str) -> tuple[Node, ...]:
        """The values of a key: more than one when the key is there twice."""
        return tuple(value for name, value in self.entries if name.kind == "scalar" and name.text == key)


def compose_documents(text: str, wanted: Collection[int], name: str = "the document") -> dict[int, Node]:
    """The documents of those numbers (from 0) with their positions, for edits that keep every other byte.

    A byte order mark has to be taken off before. Raises ConfigurationError as `load_yaml` does.
    """
    try:
        _refuse_depth(text, name)
        nodes = enumerate(yaml.compose_all(text, Loader=_Loader))
        return {number: _placed(node) for number, node in nodes if number in wanted}
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{name}: {yaml_problem(error)}", "Correct the YAML there.") from error


def _placed(root: yaml.Node) -> Node:
    """The tree of one document; each part is converted once, however many aliases name it."""
    uses: dict[int, int] = {}
    _count(root, uses)
    made: dict[int, Node] = {}
    return _node(root, uses, made)


def _count(node: yaml.Node, uses: dict[int, int]) -> None:
    uses[id(node)] = uses.get(id(node), 0) + 1
    if uses[id(node)] == 1:
        for child in _children(node):
            _count(child, uses)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _node(node: yaml.Node, uses: dict[int, int], made: dict[int, Node]) -> Node:
    found = made.get(id(node))
    if found is not None:
        return found
    parts = [_node(child, uses, made) for child in _children(node)]
    mapping, sequence = isinstance(node, yaml.MappingNode), isinstance(node, yaml.SequenceNode)
    start, end = node.start_mark, node.end_mark
    result = Node(
        kind="mapping" if mapping else "sequence" if sequence else "scalar",
        start=start.index,
        end=end.index,
        line=start.line + 1,
        column=start.column,
        flow=bool(getattr(node, "flow_style", False)),
        quoted=not (mapping or sequence) and getattr(node, "style", None) in ("'", '"'),
        text="" if mapping or sequence else str(node.value),
        entries=tuple(zip(parts[::2], parts[1::2], strict=True)) if mapping else (),
        items=tuple(parts) if sequence else (),
        shared=uses[id(node)] > 1,
    )
    made[id(node)] = result
    return result
