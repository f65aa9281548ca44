"""Routes as the user's configuration says, however long it is."""

from __future__ import annotations

from pathlib import Path

import asyncssh
import pytest

from cnitui.gateways.ssh.login import SshLogin
from cnitui.gateways.ssh.route import Route, Routes
from cnitui.gateways.ssh.trust import KnownHosts

MANY = "".join(f"Host worker-{i}\n  HostName 192.0.2.{i}\n  Port {2000 + i}\n" for i in range(100))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config"


def resolved(config: Path, alias: str, text: str, **told: str) -> Route:
    config.write_text(text)
    return Routes(SshLogin(str(config), **told), KnownHosts(config.parent / "own")).resolve(alias)


@pytest.mark.parametrize("extra", ["", "Match host nobody\n  User x\n"])
def test_a_long_configuration_says_the_same_as_a_short_one(config: Path, extra: str) -> None:
    common = "User first\nUserKnownHostsFile /dev/null\n"
    text = f"{common}{MANY}Host worker-4? !worker-43\n  HostKeyAlias forty\nHost *\n  User last\n{extra}"
    routes = {name: resolved(config, name, text) for name in ("worker-42", "worker-43", "other")}
    assert [(r.host, r.port, r.user, r.trust.name) for r in routes.values()] == [
        ("192.0.2.42", 2042, "first", "forty"),
        ("192.0.2.43", 2043, "first", "192.0.2.43"),
        ("other", 22, "first", "other"),
    ]


def test_a_fault_is_told_with_the_lines_of_the_real_file(config: Path) -> None:
    with pytest.raises(ValueError, match=f"{config} line 302"):
        resolved(config, "worker-42", f"{MANY}Host *\n  Port many\n")


def test_a_missing_configuration_is_an_error_only_if_it_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    known = KnownHosts(tmp_path / "own")
    assert Routes(SshLogin(), known).resolve("worker-01").host == "worker-01"
    with pytest.raises(OSError, match="No such file"):
        Routes(SshLogin(str(tmp_path / "none")), known).resolve("worker-01")


def test_identities_are_those_of_the_configuration_else_the_usual_files(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(config.parent))
    usual = config.parent / ".ssh" / "id_ed25519"
    usual.parent.mkdir()
    key = asyncssh.generate_private_key("ssh-ed25519")
    usual.write_bytes(key.export_private_key("openssh"))
    assert [identity.path for identity in resolved(config, "a", "").identities] == [usual]
    named = resolved(config, "a", "IdentityFile ~/other\n")
    assert [identity.path for identity in named.identities] == [config.parent / "other"]
    assert named.agent_keys is None
    told = resolved(config, "a", "IdentityFile ~/other\n", key=str(usual))
    assert [identity.path for identity in told.identities] == [usual]
    assert set(told.agent_keys or ()) == {key.public_data}


def test_what_we_were_told_is_not_for_jump_hosts(config: Path) -> None:
    route = resolved(
        config, "worker-01", "Host worker-01\n  ProxyJump b1,op@b2:2222\nHost b1\n  ProxyJump b0\n", user="me"
    )
    assert route.user == "me"
    assert [hop.alias for hop in route.way] == ["b0", "b1", "b2"]
    assert route.way[0].user != "me"
    assert (route.way[2].user, route.way[2].port) == ("op", 2222)
