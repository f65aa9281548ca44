"""The nodes' SSH servers, by asyncssh and by OpenSSH."""

from __future__ import annotations

import asyncio

import asyncssh
import pytest

from cnitui.lab.lab import Lab
from tests.lab.conftest import need, run


async def connect(lab: Lab, node: str = "worker-01", **options: object) -> asyncssh.SSHClientConnection:
    async with asyncio.timeout(5):
        return await asyncssh.connect(
            node, config=[str(lab.ssh_config)], known_hosts=str(lab.ssh.known_hosts), **options
        )


async def test_many_commands_go_over_one_connection(lab: Lab) -> None:
    async with await connect(lab) as connection:
        results = await asyncio.gather(*(connection.run(f"hostname; exit {code}") for code in range(5)))
    assert [(r.stdout, r.exit_status) for r in results] == [("worker-01\n", code) for code in range(5)]
    assert len(lab.ssh.commands("worker-01")) == 5


async def test_error_output_is_apart(lab: Lab) -> None:
    async with await connect(lab, "master-01") as connection:
        result = await connection.run("echo out; nosuch")
    assert (result.stdout, result.stderr, result.exit_status) == (
        "out\n",
        "bash: line 1: nosuch: command not found\n",
        127,
    )


async def test_a_script_may_come_on_standard_input(lab: Lab) -> None:
    async with await connect(lab) as connection:
        result = await connection.run("sh -s", input="echo in; hostname")
    assert "worker-01" in str(result.stdout)


async def test_a_changed_host_key_is_refused_by_a_checking_client(lab: Lab) -> None:
    lab.ssh.change_host_key("worker-01")
    with pytest.raises(asyncssh.HostKeyNotVerifiable):
        await connect(lab)
    async with await connect(lab, "worker-02") as connection:
        assert (await connection.run("hostname")).stdout == "worker-02\n"


async def test_a_strangers_key_is_refused(lab: Lab) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    with pytest.raises(asyncssh.PermissionDenied):
        await connect(lab, client_keys=[key])


async def test_each_fault_is_what_it_says(lab: Lab) -> None:
    fault = lab.ssh.fault("worker-01")
    fault.refuse = True
    with pytest.raises((asyncssh.Error, OSError)):
        await connect(lab)
    fault.clear()
    fault.close = True
    async with await connect(lab) as connection:
        assert (await connection.run("hostname")).exit_status is None
    fault.clear()
    fault.banner = "Welcome!\n"
    async with await connect(lab) as connection:
        assert (await connection.run("hostname")).stdout == "Welcome!\nworker-01\n"
    fault.clear()
    fault.truncate = 4
    async with await connect(lab) as connection:
        assert (await connection.run("hostname")).stdout == "work"


async def test_a_hanging_node_says_nothing_and_a_stopped_one_refuses(lab: Lab) -> None:
    lab.ssh.fault("worker-01").hang = True
    with pytest.raises((TimeoutError, asyncssh.Error)):
        await connect(lab, login_timeout=1)
    lab.ssh.fault("worker-01").clear()
    lab.ssh.down("worker-01")
    with pytest.raises(OSError, match=r"refused|111|61"):
        await connect(lab)
    lab.ssh.up("worker-01")
    async with await connect(lab) as connection:
        assert (await connection.run("true")).exit_status == 0


async def test_openssh_reads_the_printed_configuration(lab: Lab) -> None:
    ssh = need("ssh")
    status, out = await run(ssh, "-F", str(lab.ssh_config), "worker-01", "getenforce; ls -ldZ /opt/cni/bin; exit 7")
    assert status == 7
    assert out.splitlines()[0] == "Enforcing"
    assert "system_u:object_r:bin_t:s0" in out
    lab.ssh.forget_host_key("worker-02")
    status, out = await run(ssh, "-F", str(lab.ssh_config), "worker-02", "true")
    assert status == 255
    assert "Host key verification failed" in out
