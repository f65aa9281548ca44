"""The published schemas, and what a document of ours has against the one that it names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

from tests.conftest import PROJECT

SCHEMAS = {
    path.name: json.loads(path.read_text("utf-8")) for path in sorted((PROJECT / "docs" / "schema").glob("*.json"))
}
"""By the names of their files, by which they refer to each other."""
FORMATS = FormatChecker(())


def _is_moment(value: object) -> bool:
    """Whether it is a time with its zone; what is no text is the matter of `type`."""
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


FORMATS.checks("date-time", ValueError)(_is_moment)


def objections(document: Any) -> list[str]:
    """What speaks against the document, also a key that the schema does not tell of; empty when nothing does."""
    name = f"{document['schema'].removeprefix('cnitui/').replace('/', '-')}.json"
    return [f"{error.json_path}: {error.message[:300]}" for error in _closed(name).iter_errors(document)]


@cache
def _closed(name: str) -> Draft202012Validator:
    """The schema without its leave to add keys, which is for documents of later releases."""
    closed = {of: _without_leave(schema) for of, schema in SCHEMAS.items()}
    resources = [(of, Resource.from_contents(schema)) for of, schema in closed.items()]
    registry: Registry[Any] = Registry().with_resources(resources)
    return Draft202012Validator(closed[name], registry=registry, format_checker=FORMATS)


def _without_leave(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_leave(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inside = {key: _without_leave(value) for key, value in schema.items()}
    return (
        {"additionalProperties": False, **inside}
        if schema.get("type") == "object" and "properties" in schema
        else inside
    )


def keys(name: str, *path: str) -> set[str]:
    """The keys of the object at `path` of a schema: names of properties, references followed, lists entered."""
    found = _entered(name, SCHEMAS[name])
    for step in path:
        found = _entered(found[0], found[1]["properties"][step])
    return set(found[1]["properties"])


def _entered(name: str, schema: Any) -> tuple[str, Any]:
    """The object that a schema is about, and in which file it is."""
    if "$ref" in schema:
        file, _, pointer = schema["$ref"].partition("#")
        name = file or name
        schema = SCHEMAS[name]
        for step in filter(None, pointer.split("/")):
            schema = schema[step]
        return _entered(name, schema)
    for inner in (schema.get("items"), *schema.get("anyOf", ())):
        if inner is not None and inner.get("type") != "null":
            return _entered(name, inner)
    return name, schema


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Every object that a schema describes."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        schema = list(schema.values())
    for inner in schema if isinstance(schema, list) else ():
        yield from objects(inner)
