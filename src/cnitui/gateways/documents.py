"""YAML in and out, as plain data; the only importer of yaml.

Texts come from people and clusters, so nothing in them may make an object, and dates stay the text they were written
as: Kubernetes and case files know none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from cnitui.errors import ConfigurationError

_BaseLoader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BaseDumper: type[Any] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_ENDLESS = 2**31 - 1
MOST_BYTES = 64 << 20
"""A larger document is refused: no manifest, configuration or case comes near it."""


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


def load_all_yaml(text: str | bytes, name: str = "the document") -> list[object]:
    """All documents of a YAML text; raises ConfigurationError as `load_yaml` does."""
    if len(text) > MOST_BYTES:
        raise ConfigurationError(f"{name}: larger than {MOST_BYTES >> 20} MiB, which no document of this kind is")
    try:
        return list(yaml.load_all(_decoded(text, name), Loader=_Loader))
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{name}: {yaml_problem(error)}", "Correct the YAML there.") from error
    except (RecursionError, ValueError) as error:
        raise ConfigurationError(f"{name}: not usable YAML: {str(error)[:200]}") from error


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


def compose_documents(text: str, name: str = "the document") -> Iterator[yaml.Node]:
    """The documents as nodes with their positions, for edits that keep every other byte.

    By the Python parser: its marks are exact in characters. Raises ConfigurationError as `load_yaml` does.
    """
    try:
        for node in yaml.compose_all(text, Loader=yaml.SafeLoader):
            if node is not None:
                yield node
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{name}: {yaml_problem(error)}", "Correct the YAML there.") from error
    except RecursionError as error:
        raise ConfigurationError(f"{name}: nested too deeply") from error
