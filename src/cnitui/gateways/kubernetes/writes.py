"""Patches, creations, deletions and the question whether we may."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import msgspec

from cnitui.domain.exchange import Answer, Permission
from cnitui.domain.plan import Access, ObjectRef, PatchType
from cnitui.errors import Conflict, Invalid, NotFound
from cnitui.gateways.kubernetes import objects as wire
from cnitui.gateways.kubernetes.asking import Ask, collection, path_of, query_of
from cnitui.gateways.kubernetes.lists import decoded
from cnitui.gateways.kubernetes.plain import one_line
from cnitui.gateways.kubernetes.session import Session


class _Listing(msgspec.Struct):
    items: list[dict[str, object]] | None = None


_CONTENT_TYPES: Mapping[PatchType, str] = {
    "json": "application/json-patch+json",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}
_WARNING = re.compile(r'\d{3} \S+ "((?:[^"\\]|\\.)*)"')
_ANOTHER_UID = re.compile(r"UID in (the )?precondition")
"""Said in two places: apiserver pkg/registry/rest/delete.go and pkg/storage/interfaces.go@v0.35.4."""
_PLAIN: msgspec.json.Decoder[Mapping[str, object]] = msgspec.json.Decoder(dict[str, object])
_LISTING: msgspec.json.Decoder[_Listing] = msgspec.json.Decoder(_Listing)
_REVIEW = msgspec.json.Decoder(wire.AccessReview)
_PATCH_DID_NOT_APPLY = "the server rejected our request due to an error in our request"
"""All the API server says of a JSON patch that does not apply: no cause, no kind.

Source: applyJSPatch, kubernetes/apiserver pkg/endpoints/handlers/patch.go@v0.35.4.
"""


async def get(session: Session, ref: ObjectRef) -> Mapping[str, object]:
    """One object as plain data."""
    body = await session.read(Ask(f"get {ref.words}", object_path(ref)))
    return decoded(_PLAIN, body)


async def patch(
    session: Session, ref: ObjectRef, kind: PatchType, body: object, *, dry_run: bool, manager: str
) -> Answer:
    """Raises Conflict when a guard (`test`) of a JSON patch no longer holds."""
    ask = Ask(
        what=f"patch {ref.words}",
        path=object_path(ref),
        query=_options(dry_run, manager),
        method="PATCH",
        body=body,
        content_type=_CONTENT_TYPES[kind],
    )
    try:
        return await _answer(session, ask)
    except Invalid as error:
        if kind == "json" and _PATCH_DID_NOT_APPLY in error.what:
            raise Conflict(
                f"{ref.words} is no longer as it was seen, so nothing was changed",
                "Look again and make a new plan",
                status=error.status,
                reason=error.reason,
            ) from error
        raise


async def create(
    session: Session, ref: ObjectRef, body: Mapping[str, object], *, dry_run: bool, manager: str
) -> Answer:
    """The object as the server made it."""
    path = collection(ref.group, ref.version, ref.resource, ref.namespace)
    return await _answer(session, Ask(f"create {ref.words}", path, _options(dry_run, manager), "POST", dict(body)))


async def objects(session: Session, ref: ObjectRef, selector: str) -> tuple[Mapping[str, object], ...]:
    """Of the ref's resource in its namespace, in one request: for few objects."""
    path = collection(ref.group, ref.version, ref.resource, ref.namespace)
    asked = Ask(f"list {ref.resource} in {ref.namespace}", path, query_of((("labelSelector", selector),)))
    return tuple(decoded(_LISTING, await session.read(asked)).items or ())


async def delete(
    session: Session, ref: ObjectRef, *, uid: str, grace_seconds: int | None, dependents: bool = False
) -> None:
    """Only the object of that uid; if it is gone, or another has its name by now, there is nothing to do.

    A Job's pods outlive it unless the propagation is named (kubernetes pkg/registry/batch/job/strategy.go).
    """
    options: dict[str, object] = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}}
    if grace_seconds is not None:
        options["gracePeriodSeconds"] = grace_seconds
    if dependents:
        options["propagationPolicy"] = "Background"
    try:
        await session.read(Ask(f"delete {ref.words}", object_path(ref), (), "DELETE", options))
    except NotFound:
        return
    except Conflict as error:
        if not _ANOTHER_UID.search(error.what):
            raise


async def may(session: Session, access: Access) -> Permission:
    """A SelfSubjectAccessReview."""
    attributes = {
        "verb": access.verb,
        "group": access.group,
        "resource": access.resource,
        "subresource": access.subresource,
        "namespace": access.namespace,
        "name": access.name,
    }
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {key: value for key, value in attributes.items() if value}},
    }
    path = collection("authorization.k8s.io", "v1", "selfsubjectaccessreviews")
    review = decoded(_REVIEW, await session.read(Ask(f"ask whether we may {access.words}", path, (), "POST", body)))
    return Permission(access, review.status.allowed, one_line(review.status.reason or ""))


def object_path(ref: ObjectRef) -> str:
    """The path of one object."""
    return collection(ref.group, ref.version, ref.resource, ref.namespace) + path_of(ref.name)


def warnings_of(headers: Iterable[str]) -> tuple[str, ...]:
    """The texts of Warning headers: `299 - "text"`, several in one header possible (RFC 7234 5.5)."""
    texts = (re.sub(r"\\(.)", r"\1", text) for header in headers for text in _WARNING.findall(header))
    return tuple(dict.fromkeys(one_line(text) for text in texts))


def _options(dry_run: bool, manager: str) -> tuple[tuple[str, str], ...]:
    return query_of((("fieldManager", manager), ("dryRun", "All" if dry_run else "")))


async def _answer(session: Session, ask: Ask) -> Answer:
    body, warnings = await session.answer(ask)
    document = decoded(_PLAIN, body)
    return Answer(document, warnings_of(warnings))
