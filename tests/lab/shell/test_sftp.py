"""Files over sftp and scp, by OpenSSH's own programs."""

from __future__ import annotations

from pathlib import Path

import asyncssh
import pytest

from cnitui.lab.lab import Lab
from tests.lab.conftest import need, run
from tests.lab.shell.test_ssh import connect


async def scp(lab: Lab, *arguments: str) -> tuple[int, str]:
    return await run(need("scp"), "-F", str(lab.ssh_config), *arguments)


@pytest.mark.parametrize("protocol", ["-s", "-O"])
async def test_scp_brings_a_file_there_and_back_by_either_protocol(lab: Lab, tmp_path: Path, protocol: str) -> None:
    data = bytes(range(256)) * 500
    (tmp_path / "here").write_bytes(data)
    assert await scp(lab, "-q", protocol, str(tmp_path / "here"), "worker-01:there") == (0, "")
    entry = lab.world.node("worker-01").files.get("/home/vagrant/there")
    assert entry is not None
    assert (entry.owner, entry.size) == ("vagrant", len(data))
    assert await scp(lab, "-q", protocol, "worker-01:there", str(tmp_path / "back")) == (0, "")
    assert (tmp_path / "back").read_bytes() == data


async def test_what_is_roots_is_read_where_anybody_may_and_written_by_nobody_else(lab: Lab, tmp_path: Path) -> None:
    assert await scp(lab, "-q", "worker-01:/etc/os-release", str(tmp_path)) == (0, "")
    assert 'NAME="Rocky Linux"' in (tmp_path / "os-release").read_text()
    status, said = await scp(lab, "-q", str(tmp_path / "os-release"), "worker-01:/opt/cni/bin/calico")
    assert status != 0
    assert "Permission denied" in said
    for protocol, words in (("-s", "No such file or directory"), ("-O", "No matches found")):
        status, said = await scp(lab, "-q", protocol, "worker-01:/root/nothing", str(tmp_path))
        assert status != 0
        assert words in said


async def test_sftp_lists_makes_and_takes_away(lab: Lab, tmp_path: Path) -> None:
    batch = tmp_path / "batch"
    batch.write_text("pwd\nmkdir one\nls\ncd /opt/cni/bin\nls\ncd\nrmdir one\n-ls one\n")
    status, out = await run(need("sftp"), "-b", str(batch), "-F", str(lab.ssh_config), "worker-01")
    assert status == 0, out
    assert "Remote working directory: /home/vagrant" in out
    assert "bridge" in out
    assert 'Can\'t ls: "/home/vagrant/one" not found' in out


async def test_a_full_or_read_only_volume_says_so(lab: Lab) -> None:
    files = lab.world.node("worker-01").files
    mount = files.mount_of("/home")
    async with await connect(lab) as connection, connection.start_sftp_client() as sftp:
        mount.used = mount.size
        with pytest.raises(asyncssh.SFTPFailure, match="no space left on device"):
            async with sftp.open("big", "w") as file:
                await file.write("x" * 10_000)
        mount.used, mount.options = 0, "ro"
        with pytest.raises(asyncssh.SFTPFailure, match="Read-only file system"):
            await sftp.mkdir("new")
