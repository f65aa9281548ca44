"""Ansible over the lab's SSH, by the real program: its modules `setup` and `ping`, and a word about every other."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from cnitui.lab.lab import Lab
from tests.lab.conftest import run
from tests.lab.shell.test_ssh import connect

ANSIBLE = str(Path(sys.executable).with_name("ansible"))


async def ansible(lab: Lab, home: Path, *arguments: str) -> tuple[int, str]:
    (home / "hosts").write_text("\n".join(lab.world.nodes))
    (home / "ansible.cfg").write_text("[defaults]\ninterpreter_python = auto_silent\n")
    return await run(
        ANSIBLE, "-i", str(home / "hosts"), "--tree", str(home / "told"), *arguments,
        HOME=str(home), ANSIBLE_CONFIG=str(home / "ansible.cfg"), ANSIBLE_NOCOLOR="1",
        ANSIBLE_SSH_ARGS=f"-F {lab.ssh_config}", ANSIBLE_FORKS="3",
    )  # fmt: skip


def told(home: Path, node: str) -> Any:
    return json.loads((home / "told" / node).read_text())["ansible_facts"]


async def test_setup_tells_of_each_machine_what_it_is(lab: Lab, tmp_path: Path) -> None:
    lab.world.node("worker-01").selinux.mode = "permissive"
    lab.world.node("worker-02").network.default_route = False
    status, out = await ansible(lab, tmp_path, "all", "-m", "setup", "-b")
    assert status == 0, out
    for node in lab.world.nodes:
        found = told(tmp_path, node)
        assert (found["ansible_hostname"], found["ansible_distribution_version"]) == (node, "9.4")
        assert found["ansible_user_id"] == "root"
        assert [mount["mount"] for mount in found["ansible_mounts"]][:2] == ["/", "/boot"]
    modes = {node: told(tmp_path, node)["ansible_selinux"]["mode"] for node in lab.world.nodes}
    assert modes == {"master-01": "enforcing", "worker-01": "permissive", "worker-02": "enforcing"}
    assert told(tmp_path, "worker-02")["ansible_default_ipv4"] == {}
    assert not lab.world.node("worker-01").files.children("/home/vagrant/.ansible/tmp"), "it cleans up after itself"


async def test_a_module_that_is_not_known_fails_and_is_named(lab: Lab, tmp_path: Path) -> None:
    status, out = await ansible(lab, tmp_path, "worker-01", "-m", "file", "-a", "path=/tmp/x state=touch")
    assert status != 0
    assert "the lab has no Python: of Ansible it knows setup and ping, and not the Ansible module file" in out


async def test_users_change_what_is_theirs_and_nothing_else(lab: Lab) -> None:
    async with await connect(lab) as connection:
        for line, status, said in (
            ("mkdir -p ~/a/b && chmod u-w ~/a/b && ls -ld ~/a/b", 0, "dr-xr-xr-x. 2 vagrant vagrant"),
            ("rm -r ~/a && ls ~vagrant", 0, ""),
            ("mkdir /opt/x", 1, "Permission denied"),
            ("rm -f /opt/cni/bin/bridge", 1, "Permission denied"),
            ("chmod 777 /opt", 1, "Operation not permitted"),
            ("command -v /usr/bin/python3; python3 --version", 0, "/usr/bin/python3\nPython 3."),
            ("echo 'print(1)' > /tmp/own.py; python3 /tmp/own.py", 1, "not this program"),
        ):
            result = await connection.run(line)
            assert (result.exit_status, said in f"{result.stdout!s}{result.stderr!s}") == (status, True), (line, result)
