"""`cnitui ansible-role`, and what it writes run by the real ansible-playbook, ansible-lint and kubectl."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from cnitui.gateways.documents import dump_yaml
from cnitui.lab import Lab
from tests.conftest import SHARED
from tests.running import Ended, cnitui, environment

BIN = Path(sys.executable).parent
NAME = "cni_calico"
ANSIBLE = {
    "ANSIBLE_NOCOLOR": "1",
    "ANSIBLE_FORKS": "2",
    "LC_ALL": "C.UTF-8",
    "LANG": "C.UTF-8",
}
INVENTORY = "ansible_connection=local ansible_python_interpreter='{{ ansible_playbook_python }}'"
RECAP = re.compile(r"^(\S+) +: ok=\d+ +changed=(\d+) +unreachable=0 +failed=(\d+)", re.MULTILINE)
OWN = ("calico", "privileged")
REAL = {"v3.10.4/canal": "canal", "v3.27.0/canal-etcd": "canal-node"}
TWICE = 2
"""How often a play runs the role: what is counted as changed then is what the first of them changed."""


@pytest.fixture
async def role(tmp_path: Path) -> Path:
    """A role as the command writes it, of another name than the packaged one."""
    folder = tmp_path / "roles" / NAME
    told = await cnitui(tmp_path, "ansible-role", folder, "--offline")
    assert (told.code, told.out) == (0, "")
    assert f"cnitui: wrote {folder}: role {NAME}, 21 files" in told.err
    (tmp_path / "ansible.cfg").write_text("[defaults]\n")  # not this machine's
    return folder


async def run(home: Path, *command: object, where: Path) -> Ended:
    """A program of Ansible's to its end, without the settings of this machine."""
    kept = environment(home, **ANSIBLE)
    process = await asyncio.create_subprocess_exec(
        str(BIN / str(command[0])),
        *map(str, command[1:]),
        cwd=where,
        env=kept | {"PATH": f"{BIN}:{kept['PATH']}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), err.decode())


def changes(ended: Ended) -> dict[str, int]:
    """How much changed on each host; none may have failed."""
    found = RECAP.findall(ended.out)
    assert (ended.code, {failed for _, _, failed in found}) == (0, {"0"}), ended.out + ended.err
    return {host: int(changed) for host, changed, _ in found}


# --- the role by itself -----------------------------------------------------------------------------------------------


async def test_its_own_tests_pass(role: Path, tmp_path: Path) -> None:
    told = await run(tmp_path, "ansible-playbook", "test.yml", where=role / "tests")
    assert changes(told) == {"localhost": 5}
    assert "rescued=2" in told.out


async def test_ansible_lint_finds_nothing_to_say(role: Path, tmp_path: Path) -> None:
    told = await run(tmp_path, "ansible-lint", "--offline", "--strict", "--profile", "production", role, where=tmp_path)
    assert told.code == 0, told.out + told.err
    assert "Passed: 0 failure(s), 0 warning(s)" in told.err


async def test_a_deployed_file_gets_the_lines_once_and_check_mode_only_tells_them(role: Path, tmp_path: Path) -> None:
    kept = deployed(role, tmp_path)
    before = {path: path.read_text() for path in kept.iterdir()}
    lacking = {name: int("privileged" not in name and "v3.27" not in name) for name in (p.stem for p in before)}
    play = ("ansible-playbook", "-i", "hosts", "site.yml")
    checked = await run(tmp_path, *play, "--check", "--diff", where=tmp_path)
    assert changes(checked) == lacking
    assert {path: path.read_text() for path in kept.iterdir()} == before
    added = re.findall(r"^[+-](?![+-]).*", checked.out, re.MULTILINE)
    assert {line[1:].strip() for line in added} == {"securityContext:", "privileged: true"}
    assert len(added) == 2 * sum(lacking.values())
    assert changes(await run(tmp_path, *play, "-e", f"times={TWICE}", where=tmp_path)) == lacking
    assert all((path.read_text() != text) == lacking[path.stem] for path, text in before.items())


def deployed(role: Path, home: Path) -> Path:
    """Manifests as they lie on hosts, one host each: the role's own, and real ones where they are at hand."""
    kept, sources = home / "kept", {role / "tests" / "manifests" / f"{name}.yaml": "calico-node" for name in OWN}
    real = SHARED / "domain" / "manifests"
    sources |= {real / f"{name}.yaml": daemonset for name, daemonset in REAL.items() if real.is_dir()}
    kept.mkdir()
    hosts = []
    for source, daemonset in sources.items():
        target = kept / f"{source.parent.name}-{source.name}"
        shutil.copy(source, target)
        target.chmod(0o600)
        settings = {"manifest": source, "manifest_dest": target, "daemonset": daemonset}
        words = " ".join(f"{NAME}_{key}={value}" for key, value in settings.items())
        hosts.append(f"{target.stem} {INVENTORY} {words}\n")
    (home / "hosts").write_text("".join(hosts))
    (home / "site.yml").write_text(
        f"- hosts: all\n  gather_facts: false\n  tasks:\n"
        f"    - include_role: {{name: {NAME}, tasks_from: manifest.yml}}\n"
        "      loop: '{{ range(times | default(1) | int) | list }}'\n"
    )
    return kept


# --- on a cluster -----------------------------------------------------------------------------------------------------


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with Lab.start("selinux-denial", speed=50, seed=7) as running:
        yield running


async def kubectl(lab: Lab, *arguments: str) -> dict[str, Any]:
    """What kubectl says, as JSON."""
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed here")
    command = ("kubectl", "--kubeconfig", str(lab.kubeconfig), "-n", "kube-system", *arguments, "-o", "json")
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    answer: dict[str, Any] = json.loads((await process.communicate())[0])
    return answer


@asynccontextmanager
async def served(text: str) -> AsyncIterator[str]:
    """The address at which the text can be downloaded."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text=text)

    application = web.Application()
    application.router.add_get("/calico.yaml", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"{site.name}/calico.yaml"
    finally:
        await runner.cleanup()


async def test_the_role_repairs_a_cluster_once_and_check_mode_only_tells_it(
    lab: Lab, role: Path, tmp_path: Path
) -> None:
    live = await kubectl(lab, "get", "daemonset", "calico-node")
    meta = {key: live["metadata"][key] for key in ("name", "namespace", "labels")}
    manifest = dump_yaml({key: live[key] for key in ("apiVersion", "kind", "spec")} | {"metadata": meta})
    async with served(manifest) as url:
        settings = {
            f"{NAME}_manifest": url,
            f"{NAME}_manifest_sha256": hashlib.sha256(manifest.encode()).hexdigest(),
            f"{NAME}_kubectl": ["kubectl", "--kubeconfig", str(lab.kubeconfig)],
        }
        play = [{"hosts": "all", "gather_facts": False, "roles": [{"role": NAME, "vars": settings}]}]
        (tmp_path / "once.yml").write_text(dump_yaml(play))
        (tmp_path / "twice.yml").write_text(dump_yaml(play * TWICE))
        (tmp_path / "hosts").write_text(f"host {INVENTORY}\n")
        command = ("ansible-playbook", "-i", "hosts")
        checked = await run(tmp_path, *command, "once.yml", "--check", "--diff", where=tmp_path)
        assert changes(checked) == {"host": 1}
        assert '"+          privileged: true"' in checked.out
        assert not writes(lab)
        assert changes(await run(tmp_path, *command, "twice.yml", where=tmp_path)) == {"host": 1}
    assert writes(lab) == ["/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node"]
    pods = (await kubectl(lab, "get", "pods", "-l", "k8s-app=calico-node"))["items"]
    assert [pod["status"]["phase"] for pod in pods] == ["Running"] * 3


def writes(lab: Lab) -> list[str]:
    """Requests that changed something for good."""
    reads = ("GET", "HEAD", "OPTIONS")
    return [entry.path for entry in lab.audit if entry.method not in reads and not entry.dry_run]


# --- the command ------------------------------------------------------------------------------------------------------


def defaults_of(folder: Path) -> str:
    return (folder / "defaults" / "main.yml").read_text()


async def test_the_clusters_names_become_defaults_and_an_owner_is_not_fought(lab: Lab, tmp_path: Path) -> None:
    env = {"KUBECONFIG": str(lab.kubeconfig)}
    told = await cnitui(tmp_path, "ansible-role", tmp_path / "seen", env=env)
    assert (told.code, told.out) == (0, "")
    assert "for DaemonSet kube-system/calico-node v3.27.0\n" in told.err
    assert "the cluster ran Calico v3.27.0" in defaults_of(tmp_path / "seen")
    case = await cnitui(tmp_path, "collect", "-o", tmp_path / "case.tar.gz", "--node-access", "none", env=env)
    assert case.code == 0
    again = await cnitui(tmp_path, "ansible-role", tmp_path / "seen", "--force", "--case", tmp_path / "case.tar.gz")
    assert (again.code, "v3.27.0" in again.err) == (0, True)
    daemonset = lab.world.store.find("daemonsets.apps", "kube-system", "calico-node")
    assert daemonset is not None
    daemonset["metadata"]["annotations"]["meta.helm.sh/release-name"] = "net"
    owned = await cnitui(tmp_path, "ansible-role", tmp_path / "owned", env=env)
    assert owned.code == 1
    assert "Helm release net owns DaemonSet kube-system/calico-node" in owned.err
    assert not (tmp_path / "owned").exists()


async def test_without_a_cluster_the_role_is_that_of_stock_manifests(tmp_path: Path) -> None:
    folder = tmp_path / "calico"
    told = await cnitui(tmp_path, "ansible-role", folder)
    assert told.code == 0
    assert "no cluster was looked at: No kubeconfig found" in told.err
    assert "calico_daemonset: calico-node\n" in defaults_of(folder)
    (folder / "tasks" / "main.yml").write_text("mine")
    refused = await cnitui(tmp_path, "ansible-role", folder)
    assert (refused.code, "--force replaces it" in refused.err) == (1, True)
    assert (folder / "tasks" / "main.yml").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("calico", "--context", "prod"), 2, "No kubeconfig found"),
        (("calico", "--kubeconfig", "nowhere"), 2, "No kubeconfig found"),
        (("calico", "--case", "nowhere"), 2, "nowhere cannot be read"),
        (("calico", "--case", "x", "--offline"), 2, "exclude each other"),
        (("Calico 1", "--offline"), 2, "cannot be the name of a role"),
        ((), 2, "Missing argument 'DIR'"),
    ],
)
async def test_wrong_arguments_write_nothing(arguments: tuple[str, ...], code: int, words: str, tmp_path: Path) -> None:
    told = await cnitui(
        tmp_path, "ansible-role", *(tmp_path / one if one.lower().startswith("calico") else one for one in arguments)
    )
    assert (told.code, told.out) == (code, "")
    assert words in told.err
    assert [path for path in tmp_path.iterdir() if path.name not in ("state", "config")] == []
