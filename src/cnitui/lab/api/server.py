"""The HTTPS server: who asks, what for, and how the answer is written."""

from __future__ import annotations

import asyncio
import traceback
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from cnitui.lab.api import deleting, discovery, reading, writing
from cnitui.lab.api.admission import WrongType
from cnitui.lab.api.call import Call, is_served, not_served, split_path
from cnitui.lab.api.connections import Connections
from cnitui.lab.api.errors import ApiError, not_acceptable, not_allowed
from cnitui.lab.api.faults import Faults, as_error
from cnitui.lab.api.http import web
from cnitui.lab.api.logs import open_log
from cnitui.lab.api.reviews import review
from cnitui.lab.api.shapes import Renderer, acceptable, answer, failure, listed, one, shaped
from cnitui.lab.api.streams import open_watch
from cnitui.lab.machine.users import User, forbidden
from cnitui.lab.objects.resources import SELF_ACCESS, SELF_RULES, SELF_SUBJECT

if TYPE_CHECKING:
    import ssl

    from cnitui.lab.world import World

WRITES = ("POST", "PUT", "PATCH", "DELETE")
_REVIEWS = (SELF_ACCESS, SELF_RULES, SELF_SUBJECT)


@dataclass(frozen=True)
class AuditEntry:
    """One write request as it was asked; `code` is the answer's."""

    time: datetime
    method: str
    path: str
    query: str
    user: str
    dry_run: bool
    code: int
    body: bytes


@dataclass
class ApiServer:
    """Serves one world on one loopback port; stop and start keep the port."""

    world: World
    users: dict[str, User]
    context: ssl.SSLContext
    port: int = 0
    audit: list[AuditEntry] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    """Method and path of every request, for tests that count."""
    crashes: list[str] = field(default_factory=list)
    """Tracebacks of requests that the lab itself failed on."""
    faults: Faults = field(init=False)
    connections: Connections = field(init=False)
    _runner: web.ServerRunner | None = None

    def __post_init__(self) -> None:
        self.faults = Faults(self.users, self._cut, self.world.store.expire)
        self.connections = Connections(self.faults)

    def _cut(self) -> None:
        self.connections.cut_streams()

    async def start(self) -> None:
        """Listens; on the same port as before when it ran already."""
        server = web.Server(self._handle, handler_cancellation=True)
        self.connections.of(server)
        # no time at all would be for ever: aiohttp takes 0 for "no limit"
        self._runner = web.ServerRunner(server, access_log=None, shutdown_timeout=0.01)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self.context, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Closes the port and drops every connection."""
        if self._runner is None:
            return
        self.connections.cut_streams()
        await self._runner.cleanup()
        self._runner = None

    # --- one request ---------------------------------------------------------------------------------------------

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        target = request.path_qs
        self.requests.append(f"{request.method} {target}")
        code, body, name = 500, b"", ""
        try:
            await self.connections.alive(request)
            await self.faults.thawed(target)
            body = await request.read()
            user = self._impersonated(request, self._authenticate(request))
            name = user.name
            await self._misbehave(request.method, target)
            response = await self._dispatch(request, user, body)
            code = response.status
        except ApiError as error:
            code = error.code
            response = failure(error)
        except _RawFault as fault:
            code = fault.response.status
            response = fault.response
        except Exception:  # noqa: BLE001 - the lab's own mistake: the client gets a 500, tests find it in `crashes`
            self.crashes.append(traceback.format_exc())
            response = failure(ApiError(500, "Internal error occurred: the lab failed on this request"))
        finally:
            if request.method in WRITES:
                dry = "dryRun=All" in request.query_string
                self.audit.append(
                    AuditEntry(
                        self.world.clock.now(),
                        request.method,
                        request.path,
                        request.query_string,
                        name,
                        dry,
                        code,
                        body,
                    )
                )
        return await self.connections.whole(request, response)

    async def _misbehave(self, method: str, target: str) -> None:
        if seconds := self.faults.delay(target):
            await asyncio.sleep(seconds)
        fault = self.faults.error(method, target)
        if fault is None:
            return
        if fault.body is not None:
            raise _RawFault(web.Response(status=fault.status, body=fault.body))
        raise as_error(fault)

    def _authenticate(self, request: web.BaseRequest) -> User:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            for user in self.users.values():
                if user.token and user.token == token and not user.expired:
                    return user
            raise ApiError(401, "Unauthorized")
        transport = request.transport
        certificate = transport.get_extra_info("peercert") if transport else None
        for part in (certificate or {}).get("subject", ()):
            for key, value in part:
                if key == "commonName" and value in self.users and not self.users[value].expired:
                    return self.users[value]
        raise ApiError(401, "Unauthorized")

    def _impersonated(self, request: web.BaseRequest, user: User) -> User:
        """`kubectl --as`: another user's rights for those who may; an unknown name has none."""
        name = request.headers.get("Impersonate-User", "")
        if not name:
            return user
        if not user.may("impersonate", "", "users"):
            raise forbidden(user, "impersonate", "", "users", "", name)
        return self.users.get(name) or User(name, tuple(request.headers.getall("Impersonate-Group", ())), ())

    async def _dispatch(self, request: web.BaseRequest, user: User, body: bytes) -> web.StreamResponse:
        path = request.path.rstrip("/") or "/"
        known = self._unauthorised_paths(request, path)
        if known is not None:
            return known
        if not is_served(path):
            raise not_served(request.method, path, user)
        if not acceptable(request.headers.get("Accept", "")):
            raise not_acceptable()
        call = _authorized(
            Call(request.method, path, *split_path(path), dict(request.query), request.headers, user, body)
        )
        if call.resource in _REVIEWS:
            return answer(review(call), 201)
        if call.subresource == "log":
            lines = open_log(self.world, call)
            return (
                web.Response(status=204)
                if lines is None
                else await self.connections.stream(request, lines, "text/plain")
            )
        if call.watching:
            return await self.connections.stream(
                request, open_watch(self.world, one(call), Renderer(call)), "application/json"
            )
        try:
            response = self._objects(call)
        except WrongType as error:
            raise writing.wrong_type(call, error) from error
        for text in call.warnings:
            quoted = text.replace("\\", "\\\\").replace('"', '\\"')
            response.headers.add("Warning", f'299 - "{quoted}"')
        return response

    def _unauthorised_paths(self, request: web.BaseRequest, path: str) -> web.StreamResponse | None:
        """What any authenticated user may read: health, version, discovery."""
        if path in ("/healthz", "/readyz", "/livez"):
            return web.Response(text="ok")
        if path == "/version":
            return answer(discovery.version(self.world.kubernetes))
        if path.startswith("/openapi/v3"):
            rest = path[len("/openapi/v3") :].strip("/")
            return answer(discovery.openapi_document(rest) if rest else discovery.openapi_index())
        parts = path.strip("/").split("/")
        if parts[0] not in ("api", "apis"):
            return None
        if path in ("/api", "/apis"):
            if "as=APIGroupDiscoveryList" in request.headers.get("Accept", ""):
                content = discovery.aggregated(core=path == "/api")
                return answer(content, kind=discovery.AGGREGATED)
            address = f"127.0.0.1:{self.port}"
            return answer(discovery.legacy_versions(address) if path == "/api" else discovery.groups())
        if parts[0] == "api" and len(parts) == 2:
            return answer(discovery.resource_list("", parts[1]))
        if parts[0] == "apis" and len(parts) == 2:
            return answer(discovery.group(parts[1]))
        if parts[0] == "apis" and len(parts) == 3:
            return answer(discovery.resource_list(parts[1], parts[2]))
        return None

    def _objects(self, call: Call) -> web.StreamResponse:
        match call.verb:
            case "list":
                items, meta = reading.page(self.world, call)
                return answer(listed(call, items, meta))
            case "get":
                return answer(shaped(call, reading.get(self.world, call)))
            case "create":
                return answer(shaped(call, writing.create(self.world, call)), 201)
            case "update":
                return answer(shaped(call, writing.update(self.world, call)))
            case "patch":
                made, code = writing.patch(self.world, call)
                return answer(shaped(call, made), code)
            case "delete":
                return answer(deleting.delete(self.world, call))
            case "deletecollection":
                gone = deleting.delete_collection(self.world, call)
                return answer(listed(call, gone, {"resourceVersion": str(self.world.store.version)}))
        raise not_allowed()


def _authorized(call: Call) -> Call:
    """403 for what the user may not, 405 for what nobody can."""
    resource = call.resource
    if not call.user.may(call.verb, resource.group, call.full_resource):
        raise forbidden(call.user, call.verb, resource.group, call.full_resource, call.namespace, call.name)
    if not call.subresource and call.verb not in resource.verbs:
        raise not_allowed()
    return call


class _RawFault(Exception):
    def __init__(self, response: web.Response) -> None:
        super().__init__()
        self.response = response
