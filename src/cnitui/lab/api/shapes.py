"""How answers look: JSON, Status, lists, Tables and metadata only, as the Accept header wants them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from cnitui.lab.api.http import web
from cnitui.lab.api.tables import columns, table

if TYPE_CHECKING:
    from cnitui.lab.api.call import Call
    from cnitui.lab.api.errors import ApiError
    from cnitui.lab.jsontypes import Object


def one(call: Call) -> Call:
    """A watch on a named object is a watch with a field selector."""
    if not call.name:
        return call
    query = {**call.query, "fieldSelector": f"metadata.name={call.name}"}
    return replace(call, name="", subresource="", query=query)


def answer(body: Object, status: int = 200, kind: str = "application/json") -> web.Response:
    """A JSON answer."""
    return web.Response(body=msgspec.json.encode(body), status=status, headers={"Content-Type": kind})


def failure(error: ApiError) -> web.Response:
    """A Status answer."""
    if error.plain:
        response = web.Response(text=f"{error.message}\n", status=error.code)
    else:
        response = answer(error.status(), error.code)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def acceptable(accept: str) -> bool:
    """Whether an Accept header takes JSON, the only thing that the lab writes."""
    takes = ("application/json", "application/*", "*/*")
    return not accept or any(part.partition(";")[0].strip() in takes for part in accept.split(","))


def _wants(call: Call, what: str) -> bool:
    return f"as={what};" in call.headers.get("Accept", "").split(",", 1)[0] + ";"


def _include(call: Call) -> str:
    return call.query.get("includeObject", "Metadata")


def listed(call: Call, items: list[Object], meta: Object) -> Object:
    """A list as its client wants it; items of built-in kinds carry no kind of their own, as on a real server."""
    if _wants(call, "Table"):
        return table(call.resource, items, include=_include(call), meta=meta)
    if _wants(call, "PartialObjectMetadataList"):
        kind, version, items = "PartialObjectMetadataList", "meta.k8s.io/v1", [_partial(obj) for obj in items]
    else:
        kind, version = f"{call.resource.kind}List", call.resource.api_version
        if call.resource.group != "crd.projectcalico.org":
            items = [{key: value for key, value in obj.items() if key not in ("apiVersion", "kind")} for obj in items]
    return {"kind": kind, "apiVersion": version, "metadata": meta, "items": items}


def _partial(obj: Object) -> Object:
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}


def shaped(call: Call, obj: Object) -> Object:
    """One object as its client wants it."""
    if _wants(call, "Table") and obj.get("kind") != "Status":
        version = obj["metadata"].get("resourceVersion", "")
        return table(call.resource, [obj], include=_include(call), meta={"resourceVersion": version})
    return _partial(obj) if _wants(call, "PartialObjectMetadata") else obj


class Renderer:
    """How a watch shows each object; a Table's columns come with the first row only."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._headers = True

    def __call__(self, obj: Object) -> Object:
        if _wants(self._call, "Table"):
            headers, self._headers = self._headers, False
            return table(
                self._call.resource, [obj], include=_include(self._call), headers=headers,
                meta={"resourceVersion": obj["metadata"].get("resourceVersion", "")},
            )  # fmt: skip
        return _partial(obj) if _wants(self._call, "PartialObjectMetadata") else obj

    def bookmark(self, meta: Object) -> Object:
        """A bookmark in the same shape: in a Table a row without words."""
        if _wants(self._call, "Table"):
            cells = ["" for _ in columns(self._call.resource)]
            row = {"cells": [*cells[:-1], "<unknown>"], "object": _partial({"metadata": meta})}
            metadata = {"resourceVersion": meta["resourceVersion"]}
            kind = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}
            return kind | {"columnDefinitions": None, "rows": [row]}
        if _wants(self._call, "PartialObjectMetadata"):
            return _partial({"metadata": meta})
        return {"kind": self._call.resource.kind, "apiVersion": self._call.resource.api_version, "metadata": meta}
