"""Each fault as a client of the lab meets it, and as it is once the fault has ended."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import asyncssh
import pytest

from cnitui.lab.faults.standing import write
from cnitui.lab.lab import Lab
from tests.lab.conftest import Api, client
from tests.lab.shell.test_ssh import connect

NODES, PODS = "/api/v1/nodes", "/api/v1/namespaces/kube-system/pods"
SOON = 0.2
"""Seconds after which an answer that should come at once is called silence."""


async def silent(api: Api, path: str) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SOON):
            await api.call("GET", path)
            return False
    return True


async def read_until_it_breaks(answer: aiohttp.ClientResponse) -> tuple[bytes, Exception | None]:
    """What came of it, and how it broke."""
    got = b""
    try:
        async for piece in answer.content.iter_any():
            got += piece
    except aiohttp.ClientError as error:
        return got, error
    return got, None


async def code(api: Api, path: str) -> int:
    return int((await api.call("GET", path))["_code"])


@pytest.fixture
async def machine(lab: Lab) -> AsyncIterator[asyncssh.SSHClientConnection]:
    async with await connect(lab) as connection:
        yield connection


async def hostname(connection: asyncssh.SSHClientConnection) -> object:
    async with asyncio.timeout(SOON):
        return (await connection.run("hostname")).stdout


# --- the API ---------------------------------------------------------------------------------------------------------


async def test_a_status_meets_its_path_only_and_ends_with_its_line(lab: Lab, api: Api) -> None:
    await lab.standing.set("api status=503 /pods", "api status=429 /events")
    assert (await code(api, PODS), await code(api, NODES)) == (503, 200)
    await lab.standing.set("api status=429 /events")
    assert await code(api, PODS) == 200
    async with api.open("GET", "/api/v1/events") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "1")


async def test_a_wrong_line_changes_nothing(lab: Lab, api: Api) -> None:
    await lab.standing.set("api status=503 /pods")
    with pytest.raises(ValueError, match="is no fault"):
        await lab.standing.set("api status=500", "api explode")
    assert (await code(api, PODS), await code(api, NODES)) == (503, 200)


async def test_what_waits_or_stalls_goes_on_where_it_was(lab: Lab, api: Api) -> None:
    await lab.standing.set("api stall /pods", "api latency=9 /nodes")
    assert await silent(api, PODS)
    assert await silent(api, NODES)
    waiting = asyncio.create_task(code(api, PODS))
    while sum(PODS in asked for asked in lab.api.requests) < 2:
        await asyncio.sleep(0)
    await lab.standing.set()
    assert await waiting == 200
    assert await code(api, NODES) == 200


async def test_an_answer_trickles_or_is_cut_in_the_middle(lab: Lab, api: Api) -> None:
    await lab.standing.set("api drip=4000 /nodes", "api cut=1000 /pods")
    async with api.open("GET", NODES) as answer:
        first = await answer.content.readany()
    assert 0 < len(first) <= 400
    async with api.open("GET", PODS) as answer:
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()
    await lab.standing.set()
    assert (await code(api, NODES), await code(api, PODS)) == (200, 200)


async def test_a_watch_is_cut_after_so_many_bytes_of_it(lab: Lab, api: Api) -> None:
    await lab.standing.set("api cut=700 watch")
    async with api.open("GET", PODS, watch="true") as answer:
        got, error = await read_until_it_breaks(answer)
    assert 0 < len(got) <= 700
    assert isinstance(error, aiohttp.ClientError)


async def test_connections_go_dead_and_new_ones_work(lab: Lab, api: Api) -> None:
    async with api.open("GET", PODS, watch="true") as old:
        await old.content.readline()
        await lab.standing.set("api half-open")
        async with client(lab) as another:
            assert await code(another, NODES) == 200
        lab.say("worker-01", "install-cni", "nobody hears")
        await lab.standing.set()
        got, error = await read_until_it_breaks(old)
        assert b"nobody hears" not in got
        assert isinstance(error, aiohttp.ClientError)
    assert await code(api, NODES) == 200


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("expired", "has expired"),
        ("not-yet-valid", "not yet valid"),
        ("foreign", "certificate verify failed"),
        ("other-name", "127.0.0.1"),
    ],
)
async def test_another_certificate_is_shown_to_who_connects(lab: Lab, api: Api, wrong: str, words: str) -> None:
    assert await code(api, NODES) == 200
    await lab.standing.set(f"api certificate={wrong}")
    with pytest.raises(aiohttp.ClientConnectorCertificateError, match=words):
        await code(api, NODES)
    await lab.standing.set()
    assert await code(api, NODES) == 200


async def test_a_token_is_good_again_once_it_was_fetched_anew(lab: Lab, api: Api) -> None:
    def fetched() -> str:
        return str(json.loads((lab.directory / "credential.json").read_text())["status"]["token"])

    old = fetched()
    await lab.standing.set("api new-tokens")
    assert fetched() == api.user.token != old
    assert (lab.directory / "token").read_text().strip() == fetched()
    async with api.session.get(lab.api_url + NODES, headers={"Authorization": f"Bearer {old}"}) as answer:
        assert answer.status == 401
    assert await code(api, NODES) == 200


async def test_the_port_refuses_and_answers_again(lab: Lab, api: Api) -> None:
    await lab.standing.set("api down")
    with pytest.raises(aiohttp.ClientConnectorError):
        await code(api, NODES)
    await lab.standing.set()
    assert await code(api, NODES) == 200


# --- nodes -----------------------------------------------------------------------------------------------------------


async def test_a_fault_meets_the_nodes_it_names(lab: Lab) -> None:
    await lab.standing.set("ssh lie=empty worker-*", "ssh lie=nologin worker-02")
    said = {}
    for node in lab.world.nodes:
        async with await connect(lab, node) as connection:
            result = await connection.run("hostname")
            said[node] = (result.stdout, result.exit_status)
    nobody = "This account is currently not available.\n"
    assert said == {"master-01": ("master-01\n", 0), "worker-01": ("", 0), "worker-02": (nobody, 1)}


async def test_a_lie_is_garbage_or_another_machine(lab: Lab, machine: asyncssh.SSHClientConnection) -> None:
    await lab.standing.set("ssh lie=other worker-01")
    assert await hostname(machine) == "worker-02\n"
    await lab.standing.set("ssh lie=garbage worker-01")
    assert "\x00\x1b[2J" in str(await hostname(machine))
    await lab.standing.set()
    assert await hostname(machine) == "worker-01\n"


@pytest.mark.parametrize("line", ["ssh stall", "ssh latency=9", "ssh half-open", "ssh silent", "ssh drip=1"])
async def test_nothing_comes_over_a_connection(lab: Lab, machine: asyncssh.SSHClientConnection, line: str) -> None:
    await lab.standing.set(line)
    with pytest.raises(TimeoutError):
        await hostname(machine)
    await lab.standing.set()
    async with await connect(lab) as anew:
        assert await hostname(anew) == "worker-01\n"


async def test_new_connections_are_greeted_or_not(lab: Lab, machine: asyncssh.SSHClientConnection) -> None:
    await lab.standing.set("ssh half-open")
    async with await connect(lab) as another:
        assert await hostname(another) == "worker-01\n"
    await lab.standing.set("ssh silent")
    with pytest.raises((TimeoutError, asyncssh.Error)):
        await connect(lab, login_timeout=SOON)


async def test_output_is_cut_with_its_connection(lab: Lab, machine: asyncssh.SSHClientConnection) -> None:
    await lab.standing.set("ssh cut=4")
    assert await hostname(machine) == "work"
    await machine.wait_closed()


async def test_another_key_is_shown_and_then_the_first_one_again(
    lab: Lab, machine: asyncssh.SSHClientConnection
) -> None:
    await lab.standing.set("ssh new-key worker-01")
    await machine.wait_closed()
    with pytest.raises(asyncssh.HostKeyNotVerifiable):
        await connect(lab)
    await lab.standing.set()
    async with await connect(lab) as anew:
        assert await hostname(anew) == "worker-01\n"


async def test_two_lines_for_one_node_end_in_any_order(lab: Lab) -> None:
    await lab.standing.set("ssh latency=1", "ssh latency=2 worker-01", "ssh down", "ssh down worker-01")
    assert (lab.ssh.fault("worker-01").slow, lab.ssh.fault("worker-02").slow) == (2, 1)
    await lab.standing.set("ssh latency=2 worker-01", "ssh down worker-01")
    assert (lab.ssh.fault("worker-01").slow, lab.ssh.fault("worker-02").slow) == (2, 0)
    with pytest.raises(OSError, match=r"refused|111|61"):
        await connect(lab)
    async with await connect(lab, "worker-02") as connection:
        assert await hostname(connection) == "worker-02\n"
    await lab.standing.set()
    assert lab.ssh.fault("worker-01").slow == 0


# --- the control file ------------------------------------------------------------------------------------------------


async def test_a_file_is_followed_and_complained_about(lab: Lab, api: Api, tmp_path: Path) -> None:
    file, said = tmp_path / "faults", asyncio.Queue[str]()
    write(file, ["api status=503 /pods"])
    following = asyncio.create_task(lab.standing.follow(file, said.put_nowait))

    async def comes_to(status: int) -> None:
        async with asyncio.timeout(5):
            while await code(api, PODS) != status:
                await asyncio.sleep(0.01)

    try:
        await comes_to(503)
        file.write_text("api status=500 /pods\nout of order\n")
        await comes_to(500)
        assert "faults, line 2: 'out of order' is no fault" in await said.get()
        file.unlink()
        file.write_text("")
        await comes_to(200)
    finally:
        following.cancel()


async def test_a_lab_that_ends_with_faults_leaves_nothing_open() -> None:
    async with Lab.start("healthy", speed=100, seed=1) as lab:
        await lab.standing.set("api down", "ssh silent", "api stall", "ssh half-open")
        context = ssl.create_default_context(cafile=lab.directory / "ca.crt")
        url, folder = lab.api_url, lab.directory
    assert not folder.exists()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(url)
