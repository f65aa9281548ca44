"""Opening, refusing, renewing and closing."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from aiohttp import web

from cnitui.domain.exchange import LogRequest
from cnitui.engine.ports import ClusterApi
from cnitui.errors import ClusterUnreachable, Forbidden, KubeconfigError, ServerFailure, Unauthorized
from cnitui.gateways.kubernetes.cluster import KubernetesCluster
from tests.gateways.kubernetes.conftest import (
    ApiServer,
    Clusters,
    Handler,
    failing,
    listing,
    serve,
    streaming,
    write_kubeconfig,
)

LOG = "/api/v1/namespaces/n/pods/p/log"


def only_for(token: str) -> Handler:
    """Answers the version to one token and 401 to others."""

    async def reply(request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") == f"Bearer {token}":
            return web.json_response({"gitVersion": "v1.31.0"})
        return await failing(401, "Unauthorized", "Unauthorized")(request)

    return reply


async def test_first_contact_tells_the_version_and_whom_we_talk_to(api: ApiServer, clusters: Clusters) -> None:
    url = f"http://127.0.0.1:{api.port}"
    cluster = clusters.at(url, namespace="team")
    api.answer("/version", {"gitVersion": "v1.31.0"})
    assert await cluster.connect() == "v1.31.0"
    known = cluster.connection
    assert (known.context, known.server, known.user, known.namespace) == ("test", url, "tester", "team")
    assert known.kubeconfig == str(clusters.folder / "config-0")
    assert api.requests[0].headers["Authorization"] == "Bearer secret"


async def test_a_user_who_may_not_see_the_version_is_connected_all_the_same(
    api: ApiServer, cluster: KubernetesCluster
) -> None:
    api.answer("/version", failing(403, "Forbidden", "no"))
    assert await cluster.connect() == ""


async def test_a_server_below_a_path_is_asked_below_it(api: ApiServer, clusters: Clusters) -> None:
    cluster = clusters.at(f"http://127.0.0.1:{api.port}/k8s/clusters/c-1/")
    api.answer("/k8s/clusters/c-1/version", {"gitVersion": "v1.31.0"})
    assert await cluster.connect() == "v1.31.0"


async def test_impersonation_is_sent_and_shown(api: ApiServer, clusters: Clusters) -> None:
    cluster = clusters.at(f"http://127.0.0.1:{api.port}", impersonate="jane")
    api.answer("/version", {"gitVersion": "v1"})
    await cluster.connect()
    assert api.requests[0].headers["Impersonate-User"] == "jane"
    assert cluster.connection.user == "tester as jane"


async def test_the_kubeconfigs_own_impersonation_is_sent_with_its_groups(api: ApiServer, clusters: Clusters) -> None:
    user = {"token": "t", "as": "jane", "as-groups": ["a", "b"], "as-user-extra": {"why": ["x"]}}
    cluster = clusters.at(f"http://127.0.0.1:{api.port}", user=user)
    api.answer("/version", {"gitVersion": "v1"})
    await cluster.connect()
    headers = api.requests[0].headers
    assert headers.getall("Impersonate-Group") == ["a", "b"]
    assert headers["Impersonate-Extra-why"] == "x"


async def test_a_refused_connection_says_so(clusters: Clusters, unused_tcp_port: int) -> None:
    cluster = clusters.at(f"http://127.0.0.1:{unused_tcp_port}")
    with pytest.raises(ClusterUnreachable, match="connection refused"):
        await cluster.connect()


async def test_a_server_that_never_answers_is_given_up_in_time(api: ApiServer, clusters: Clusters) -> None:
    cluster = clusters.at(f"http://127.0.0.1:{api.port}", timeout=0.05)

    async def silent(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    api.answer("/version", silent)
    with pytest.raises(ClusterUnreachable, match="in time"):
        await cluster.connect()


async def test_an_answer_that_is_no_json_says_what_it_may_be(api: ApiServer, cluster: KubernetesCluster) -> None:
    async def page(_: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>\x1b[2J", content_type="text/html")

    api.answer("/version", page)
    with pytest.raises(ServerFailure, match="login page") as caught:
        await cluster.connect()
    assert "\x1b" not in str(caught.value)


async def test_a_kubeconfig_written_after_a_failure_is_taken_up(api: ApiServer, tmp_path: Path) -> None:
    cluster = KubernetesCluster([tmp_path / "later"], environment={})
    api.answer("/version", {"gitVersion": "v1.31.0"})
    with pytest.raises(KubeconfigError, match="No kubeconfig found"):
        await cluster.connect()
    write_kubeconfig(tmp_path / "later", f"http://127.0.0.1:{api.port}")
    assert await cluster.connect() == "v1.31.0"
    await cluster.close()


# --- renewing -------------------------------------------------------------------------------------------------------


async def test_a_401_with_a_fixed_token_is_reported(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer("/version", failing(401, "Unauthorized", "Unauthorized"))
    with pytest.raises(Unauthorized, match="expired"):
        await cluster.connect()
    assert len(api.requests) == 1


async def test_a_login_in_another_terminal_is_taken_up_at_the_next_401(
    api: ApiServer, cluster: KubernetesCluster, clusters: Clusters
) -> None:
    url = f"http://127.0.0.1:{api.port}"
    api.answer("/version", only_for("secret"))
    await cluster.connect()
    api.answer("/version", only_for("renewed"))
    write_kubeconfig(clusters.folder / "config-0", url, {"token": "renewed"})
    assert await cluster.connect() == "v1.31.0"


async def test_a_kubeconfig_that_now_names_another_server_is_not_followed(
    api: ApiServer, cluster: KubernetesCluster, clusters: Clusters
) -> None:
    api.answer("/version", {"gitVersion": "v1"}, failing(401, "Unauthorized", "no"))
    await cluster.connect()
    write_kubeconfig(clusters.folder / "config-0", "http://127.0.0.1:1", {"token": "other"})
    with pytest.raises(Unauthorized):
        await cluster.connect()
    assert cluster.connection.server == f"http://127.0.0.1:{api.port}"


async def test_a_token_file_is_read_again_after_a_401(api: ApiServer, clusters: Clusters) -> None:
    token = clusters.folder / "token"
    token.write_text("old\n")
    cluster = clusters.at(f"http://127.0.0.1:{api.port}", user={"tokenFile": "token"})
    api.answer("/version", only_for("old"))
    await cluster.connect()
    token.write_text("new\n")
    api.answer("/version", only_for("new"))
    assert await cluster.connect() == "v1.31.0"


def plugin(folder: Path, name: str = "login") -> dict[str, object]:
    """An exec plugin that prints the token in the file `exec-token` and counts its runs in `runs`."""
    script = folder / name
    script.write_text(
        "#!/bin/sh\necho run >> " + str(folder / "runs") + "\n"
        'printf \'{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"%s"}}\' '
        '"$(cat ' + str(folder / "exec-token") + ')"\n'
    )
    script.chmod(0o755)
    return {
        "exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": f"./{name}", "interactiveMode": "Never"}
    }


async def test_an_exec_plugin_is_run_once_and_again_after_a_401(api: ApiServer, clusters: Clusters) -> None:
    (clusters.folder / "exec-token").write_text("one")
    cluster = clusters.at(f"http://127.0.0.1:{api.port}", user=plugin(clusters.folder))
    api.answer("/version", only_for("one"))
    await asyncio.gather(*(cluster.connect() for _ in range(5)))
    assert (clusters.folder / "runs").read_text().count("run") == 1
    (clusters.folder / "exec-token").write_text("two")
    api.answer("/version", only_for("two"))
    assert await asyncio.gather(*(cluster.connect() for _ in range(5))) == ["v1.31.0"] * 5
    assert (clusters.folder / "runs").read_text().count("run") == 2


async def test_a_plugin_whose_token_is_never_accepted_is_not_run_for_every_request(
    api: ApiServer, clusters: Clusters
) -> None:
    (clusters.folder / "exec-token").write_text("bad")
    cluster = clusters.at(f"http://127.0.0.1:{api.port}", user=plugin(clusters.folder))
    api.answer("/version", only_for("good"))
    for _ in range(5):
        with pytest.raises(Unauthorized):
            await cluster.connect()
    assert (clusters.folder / "runs").read_text().count("run") == 2


async def test_a_login_that_fails_is_not_tried_for_every_watch(clusters: Clusters) -> None:
    script = clusters.folder / "login"
    script.write_text(f"#!/bin/sh\necho run >> {clusters.folder}/runs\necho no browser >&2\nexit 1\n")
    script.chmod(0o755)
    cluster = clusters.at("http://127.0.0.1:1", user={"exec": {"command": "./login"}})
    with pytest.raises(KubeconfigError, match="no browser"):
        await cluster.connect()
    for _ in range(3):
        with pytest.raises(KubeconfigError, match="no browser"):
            await cluster.nodes()
    assert (clusters.folder / "runs").read_text() == "run\n"
    with pytest.raises(KubeconfigError):
        await cluster.connect()
    assert (clusters.folder / "runs").read_text() == "run\nrun\n"


# --- closing --------------------------------------------------------------------------------------------------------


async def test_closing_is_quick_whatever_is_in_flight(api: ApiServer, cluster: KubernetesCluster) -> None:
    async def silent(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    api.answer("/version", silent)
    api.answer(LOG, streaming(b"one\n", hold=True))
    api.answer("/api/v1/nodes", listing())
    api.answer("/api/v1/nodes", streaming(hold=True), method="WATCH")

    async def follow() -> None:
        async for _ in cluster.follow_log(LogRequest("n", "p", "c", follow=True)):
            pass

    async def watch() -> None:
        async for _ in cluster.watch_nodes():
            pass

    tasks = [asyncio.create_task(work) for work in (cluster.connect(), follow(), watch())]
    async with asyncio.timeout(5):
        while not (api.asked("/version") and api.asked(LOG) and api.asked("/api/v1/nodes", "WATCH")):
            await asyncio.sleep(0)
        began = time.monotonic()
        await cluster.close()
        assert time.monotonic() - began < 0.3
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(outcomes[0], ClusterUnreachable)
    assert isinstance(outcomes[1], ClusterUnreachable)
    assert outcomes[2] is None


async def test_after_closing_nothing_is_sent(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer("/version", {"gitVersion": "v1"})
    await cluster.connect()
    await cluster.close()
    await cluster.close()
    with pytest.raises(ClusterUnreachable, match="closed"):
        await cluster.connect()
    assert len(api.requests) == 1


async def test_closing_before_anything_was_asked_is_nothing(cluster: KubernetesCluster) -> None:
    await cluster.close()


# --- lists at once --------------------------------------------------------------------------------------------------


async def test_events_are_asked_for_by_name_and_come_newest_last(api: ApiServer, cluster: KubernetesCluster) -> None:
    old = {"reason": "Old", "lastTimestamp": "2026-01-01T00:00:00Z", "involvedObject": {"kind": "Pod", "name": "p"}}
    new = {"reason": "New", "eventTime": "2026-01-02T00:00:00.5Z", "lastTimestamp": None}
    api.answer("/api/v1/namespaces/n/events", listing(new, old))
    assert [e.reason for e in await cluster.events("n", "p")] == ["Old", "New"]
    assert api.requests[-1].query["fieldSelector"] == "involvedObject.name=p"


SERVICE = {"spec": {"clusterIP": "10.96.0.1", "ports": [{"name": "https", "port": 443}]}}


async def test_the_apis_own_addresses_come_from_slices(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer("/api/v1/namespaces/default/services/kubernetes", SERVICE)
    part = {"endpoints": [{"addresses": ["10.0.0.1"]}, {"addresses": ["fd00::1"]}], "ports": [{"port": 6443}]}
    api.answer("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", listing(part))
    found = await cluster.api_endpoints()
    assert found.service == "10.96.0.1:443"
    assert found.endpoints == ("10.0.0.1:6443", "[fd00::1]:6443")


async def test_the_apis_own_addresses_come_from_endpoints_where_slices_are_refused(
    api: ApiServer, cluster: KubernetesCluster
) -> None:
    api.answer("/api/v1/namespaces/default/services/kubernetes", SERVICE)
    api.answer("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", failing(403, "Forbidden", "no"))
    subset = {"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 6443}]}
    api.answer("/api/v1/namespaces/default/endpoints/kubernetes", {"subsets": [subset]})
    assert (await cluster.api_endpoints()).endpoints == ("10.0.0.1:6443",)


async def test_lists_at_once_raise_our_errors(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer("/api/v1/nodes", failing(403, "Forbidden", "no"))
    with pytest.raises(Forbidden):
        await cluster.nodes()


@pytest.mark.parametrize("item", [{"spec": {"containers": 5}}, {"metadata": []}, {"spec": {"volumes": [1]}}])
async def test_a_list_of_something_else_is_the_servers_failure(
    api: ApiServer, cluster: KubernetesCluster, item: dict[str, object]
) -> None:
    api.answer("/api/v1/pods", listing(item))
    with pytest.raises(ServerFailure):
        await cluster.pods("")


async def test_a_redirect_to_another_host_does_not_get_our_token(api: ApiServer, cluster: KubernetesCluster) -> None:
    seen: list[web.Request] = []

    async def thief(request: web.Request) -> web.StreamResponse:
        seen.append(request)
        return web.json_response({})

    runner, port = await serve(thief)

    async def redirect(_: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": f"http://localhost:{port}/"})

    api.answer("/version", redirect)
    await cluster.connect()
    await runner.cleanup()
    assert "Authorization" not in seen[0].headers
    assert json.dumps(dict(seen[0].headers)).find("secret") < 0


def test_naming_the_gateway_loads_no_client() -> None:
    """First paint comes before it; connecting loads it in a thread."""
    program = (
        "import sys, cnitui.gateways.kubernetes.cluster as c; "
        "print([m for m in ('aiohttp', 'kubernetes', 'pydantic', 'asyncssh', 'textual') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


async def test_connecting_loads_no_typed_api(api: ApiServer, cluster: KubernetesCluster) -> None:
    api.answer("/version", {"gitVersion": "v1"})
    await cluster.connect()
    assert not [name for name in sys.modules if name.startswith("kubernetes.aio.client.api.")]


def test_it_is_what_the_engine_asks_for(cluster: KubernetesCluster) -> None:
    """The type checker holds the two together; at run time every method has to be there."""
    port: ClusterApi = cluster
    asked = {name for name in vars(ClusterApi) if not name.startswith("_")}
    assert not [name for name in asked if not hasattr(port, name)]
