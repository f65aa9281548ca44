"""Who we are: tokens, certificates, impersonation, exec plugins."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cnitui.errors import KubeconfigError
from cnitui.gateways.kubernetes.credentials import Credentials, Identity
from cnitui.gateways.kubernetes.exec_plugin import run_plugin
from cnitui.gateways.kubernetes.kubeconfig import Target, load_target

V1 = "client.authentication.k8s.io/v1"
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "GIVEN": "yes"}


def target_for(folder: Path, user: Mapping[str, object], cluster: Mapping[str, object] | None = None) -> Target:
    document = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "clusters": [{"name": "k", "cluster": {"server": "https://s", **(cluster or {})}}],
        "users": [{"name": "u", "user": user}],
    }
    (folder / "config").write_text(json.dumps(document))
    return load_target([folder / "config"], "", {})


async def identity(folder: Path, user: Mapping[str, object], impersonate: str = "") -> Identity:
    return await Credentials(target_for(folder, user), impersonate, ENVIRONMENT).obtain()


async def test_a_token_becomes_a_header(tmp_path: Path) -> None:
    found = await identity(tmp_path, {"token": " abc.def\n"})
    assert found.headers == (("Authorization", "Bearer abc.def"),)
    assert found.fresh(datetime.now(UTC))


async def test_a_token_file_wins_over_a_token_and_is_read_again_after_a_while(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n")
    found = await identity(tmp_path, {"token": "x", "tokenFile": "token"})
    assert found.headers == (("Authorization", "Bearer from-file"),)
    assert found.fresh(datetime.now(UTC))
    assert not found.fresh(datetime.now(UTC) + timedelta(minutes=2))


async def test_name_and_password_are_basic_authentication(tmp_path: Path) -> None:
    found = await identity(tmp_path, {"username": "jane", "password": "pß"})
    assert found.headers == (("Authorization", f"Basic {base64.b64encode('jane:pß'.encode()).decode()}"),)


async def test_certificate_data_wins_over_files(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(b"key")
    data = base64.b64encode(b"certificate").decode()
    found = await identity(
        tmp_path, {"client-certificate-data": data, "client-certificate": "no", "client-key": "key.pem"}
    )
    assert (found.certificate, found.key) == (b"certificate", b"key")


@pytest.mark.parametrize(
    ("user", "message"),
    [
        ({"token": "with space"}, "characters no token has"),
        ({"token": "smuggled\r\nX-Evil: 1"}, "characters no token has"),
        ({"tokenFile": "missing"}, "token file .*missing.* cannot be read"),
        ({"client-certificate": "missing"}, "client-certificate .*missing.* cannot be read"),
        ({"client-key-data": "§§§"}, "no base64"),
        ({"auth-provider": {"name": "gcp"}}, "was removed"),
        ({"auth-provider": {"name": "oidc", "config": {}}}, "has expired"),
    ],
)
async def test_what_cannot_be_used_says_why(tmp_path: Path, user: dict[str, object], message: str) -> None:
    with pytest.raises(KubeconfigError, match=message):
        await identity(tmp_path, user)


def jwt(expires: datetime) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": expires.timestamp()}).encode()).decode().rstrip("=")
    return f"e30.{claims}.sig"


async def test_an_oidc_token_is_used_until_it_expires(tmp_path: Path) -> None:
    token = jwt(datetime.now(UTC) + timedelta(hours=1))
    found = await identity(tmp_path, {"auth-provider": {"name": "oidc", "config": {"id-token": token}}})
    assert found.headers == (("Authorization", f"Bearer {token}"),)
    old = jwt(datetime.now(UTC) - timedelta(hours=1))
    with pytest.raises(KubeconfigError, match="kubectl command once"):
        await identity(tmp_path, {"auth-provider": {"name": "oidc", "config": {"id-token": old}}})


async def test_impersonating_by_flag_replaces_that_of_the_kubeconfig(tmp_path: Path) -> None:
    user = {"token": "t", "as": "a", "as-uid": "1", "as-groups": ["g"], "as-user-extra": {"k": ["v"]}}
    own = dict((await identity(tmp_path, user)).headers)
    assert own["Impersonate-User"] == "a"
    assert own["Impersonate-Uid"] == "1"
    flag = dict((await identity(tmp_path, user, impersonate="b")).headers)
    assert {k: v for k, v in flag.items() if k.startswith("Imp")} == {"Impersonate-User": "b"}


async def test_a_name_to_impersonate_cannot_smuggle_headers(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match="unprintable"):
        await identity(tmp_path, {"token": "t"}, impersonate="a\r\nX: y")


# --- exec plugins ---------------------------------------------------------------------------------------------------


def plugin(folder: Path, script: str, **more: object) -> dict[str, object]:
    """An exec entry for a shell script."""
    (folder / "plugin").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "plugin").chmod(0o755)
    return {"exec": {"apiVersion": V1, "command": "./plugin", **more}}


def printing(status: Mapping[str, object], version: str = V1) -> str:
    answer = json.dumps({"kind": "ExecCredential", "apiVersion": version, "status": status})
    return f"cat <<'END'\n{answer}\nEND"


async def test_a_plugin_prints_a_token_and_when_it_expires(tmp_path: Path) -> None:
    script = printing({"token": "t", "expirationTimestamp": "2030-01-01T00:00:00Z"})
    found = await identity(tmp_path, plugin(tmp_path, script))
    assert found.headers == (("Authorization", "Bearer t"),)
    assert found.expires_at == datetime(2030, 1, 1, tzinfo=UTC)


async def test_a_plugin_prints_a_certificate(tmp_path: Path) -> None:
    found = await identity(
        tmp_path, plugin(tmp_path, printing({"clientCertificateData": "CERT", "clientKeyData": "KEY"}))
    )
    assert (found.certificate, found.key, found.headers) == (b"CERT", b"KEY", ())


async def test_a_plugin_gets_its_arguments_variables_and_request_but_no_terminal(tmp_path: Path) -> None:
    script = (
        f'printf "%s|" "$@" "$GIVEN" "$EXTRA" "$KUBERNETES_EXEC_INFO" > {tmp_path}/seen\n'
        f"cat >> {tmp_path}/seen\n(: < /dev/tty) 2>/dev/null && echo terminal >> {tmp_path}/seen\n"
    )
    user = plugin(
        tmp_path,
        script + printing({"token": "t"}),
        args=["get", "a b"],
        env=[{"name": "EXTRA", "value": "more"}],
        provideClusterInfo=True,
    )
    await identity(tmp_path, user)
    get, words, given, extra, info, rest = (tmp_path / "seen").read_text().split("|")
    assert [get, words, given, extra, rest] == ["get", "a b", "yes", "more", ""]
    request = json.loads(info)
    assert request["apiVersion"] == V1
    assert request["spec"] == {"interactive": False, "cluster": {"server": "https://s"}}


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo >&2; echo 'please \x1b[31mlog in' >&2; echo more >&2; exit 3", r"exit 3\): please \[31mlog in"),
        ("exit 1", r"failed \(exit 1\)"),
        ("echo hello", "did not print an ExecCredential"),
        (printing({}), "neither a token nor a certificate"),
        (printing({"clientCertificateData": "only"}), "neither a token nor a certificate"),
        (printing({"token": "t"}, "client.authentication.k8s.io/v1beta1"), "speaks client.*v1beta1"),
    ],
)
async def test_a_plugin_that_fails_says_how(tmp_path: Path, script: str, message: str) -> None:
    with pytest.raises(KubeconfigError, match=message) as caught:
        await identity(tmp_path, plugin(tmp_path, script))
    assert "\x1b" not in str(caught.value)
    assert "plugin" in str(caught.value)


async def test_a_missing_plugin_gives_its_installation_hint(tmp_path: Path) -> None:
    user = {"exec": {"apiVersion": V1, "command": "no-such-login", "installHint": "get it at\nthe shop"}}
    with pytest.raises(KubeconfigError, match=r"no-such-login is not installed\. get it at the shop"):
        await identity(tmp_path, user)


async def test_a_plugin_that_is_no_program_says_so(tmp_path: Path) -> None:
    (tmp_path / "plugin").write_text("x")
    with pytest.raises(KubeconfigError, match="cannot be run"):
        await identity(tmp_path, {"exec": {"apiVersion": V1, "command": "./plugin"}})


async def test_a_plugin_that_must_ask_is_not_started(tmp_path: Path) -> None:
    user = plugin(tmp_path, f"touch {tmp_path}/started", interactiveMode="Always")
    with pytest.raises(KubeconfigError, match="wants to ask questions"):
        await identity(tmp_path, user)
    assert not (tmp_path / "started").exists()


async def test_a_plugin_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    entry = plugin(tmp_path, f"echo $$ > {tmp_path}/pid\nsleep 1000 &\nsleep 1000")
    target = target_for(tmp_path, entry)
    assert target.user.exec is not None
    with pytest.raises(KubeconfigError, match="did not answer within"):
        await run_plugin(target.user.exec, target, ENVIRONMENT, patience=0.3)
    group = int((tmp_path / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        _until_gone(group)


def _until_gone(group: int) -> None:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        os.killpg(group, 0)


async def test_a_plugin_that_prints_without_end_is_bounded(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match="did not print an ExecCredential"):
        await identity(tmp_path, plugin(tmp_path, "head -c 20000000 /dev/zero"))


async def test_a_plugin_may_ask_for_the_authority_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(b"CA")
    script = f'printf "%s" "$KUBERNETES_EXEC_INFO" > {tmp_path}/seen\n' + printing({"token": "t"})
    entry = plugin(tmp_path, script, provideClusterInfo=True)
    await Credentials(target_for(tmp_path, entry, {"certificate-authority": "ca.pem"}), "", ENVIRONMENT).obtain()
    given = json.loads((tmp_path / "seen").read_text())["spec"]["cluster"]["certificate-authority-data"]
    assert base64.b64decode(given) == b"CA"


async def test_cancelling_ends_a_plugin_at_once(tmp_path: Path) -> None:
    task = asyncio.create_task(identity(tmp_path, plugin(tmp_path, f"echo $$ > {tmp_path}/pid\nexec sleep 1000")))
    async with asyncio.timeout(5):
        while not ((tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip()):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    with pytest.raises(ProcessLookupError):
        os.killpg(int((tmp_path / "pid").read_text()), 0)


async def test_a_plugin_leaves_what_it_started_when_it_succeeds(tmp_path: Path) -> None:
    """Login agents cache credentials in a process of their own."""
    script = f"(exec >/dev/null 2>&1; sleep 30) & echo $! > {tmp_path}/agent\n"
    await identity(tmp_path, plugin(tmp_path, script + printing({"token": "t"})))
    agent = int((tmp_path / "agent").read_text())
    os.kill(agent, 9)
