"""The SSH gateway against real servers: what works, and what every kind of trouble is called."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from time import monotonic

import asyncssh
import pytest

from cnitui.domain.exchange import NodeCommand
from cnitui.domain.facts import NodeStatus
from cnitui.errors import HostKeyChanged, HostKeyUnknown, NodeError, NodeLoginFailed, NodeUnreachable
from cnitui.gateways.ssh.login import SshLogin
from cnitui.gateways.ssh.session import Limits
from cnitui.gateways.ssh.shell import SshNodeShell
from tests.gateways.ssh.servers import (
    Home,
    Process,
    Talk,
    jump_host,
    login_shell,
    raw_host,
    run_locally,
    ssh_host,
)

ECHO = NodeCommand("echo", ("echo", "hello there"))
FOREVER = 3600


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def no_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


async def failure(shell: SshNodeShell, node: NodeStatus) -> NodeError:
    with pytest.raises(NodeError) as caught:
        await shell.run(node, [ECHO])
    assert caught.value.node == node.name
    assert node.name in caught.value.what
    return caught.value


# --- what works -----------------------------------------------------------------------------------------------------


async def test_many_commands_go_in_one_request_and_come_apart_again(home: Home) -> None:
    commands = [
        NodeCommand("both", ("sh", "-c", "printf out; printf err >&2; exit 3")),
        NodeCommand("stdin", ("cat",)),
        NodeCommand("absent", ("no-such-program",)),
        NodeCommand("words", ("printf", "%s|", "two words", "$HOME", "it's", ";id")),
        NodeCommand("locale", ("sh", "-c", "echo $LC_ALL")),
    ]
    async with ssh_host(home.key) as host:
        node = home.add("worker-01", host.port, known=host)
        async with home.shell() as shell:
            outputs = await shell.run(node, commands)
    both, stdin, absent, words, locale = outputs
    assert (both.stdout, both.stderr, both.status) == ("out", "err", 3)
    assert (stdin.stdout, stdin.status) == ("", 0)
    assert absent.status == 127
    assert words.stdout == "two words|$HOME|it's|;id|"
    assert locale.stdout == "C\n"
    assert [output.name for output in outputs] == [command.name for command in commands]
    assert host.commands == ["sh"]


async def test_a_connection_is_kept_and_used_again(home: Home) -> None:
    async with ssh_host(home.key) as host:
        node = home.add("worker-01", host.port, known=host)
        async with home.shell() as shell:
            await asyncio.gather(*(shell.run(node, [ECHO]) for _ in range(3)))
            await shell.run(node, [ECHO])
    assert host.logins == 1
    assert len(host.commands) == 4


async def test_a_kept_connection_that_died_is_replaced(home: Home) -> None:
    async with ssh_host(home.key) as host:
        node = home.add("worker-01", host.port, known=host)
        async with home.shell() as shell:
            await shell.run(node, [ECHO])
            host.connections[0].abort()
            (output,) = await shell.run(node, [ECHO])
    assert output.stdout == "hello there\n"
    assert host.logins == 2


async def test_profile_noise_and_message_of_the_day_are_no_output(home: Home) -> None:
    async def noisy(process: Process) -> None:
        process.stdout.write(b"\x1b[31mWelcome to worker-01!\r\nLast login: today\nno newline at the end")
        process.stderr.write(b"bash: warning: setlocale\n")
        await login_shell(process)

    async with ssh_host(home.key, noisy) as host:
        node = home.add("worker-01", host.port, known=host)
        async with home.shell() as shell:
            (output,) = await shell.run(node, [ECHO])
    assert (output.stdout, output.stderr) == ("hello there\n", "")


async def test_a_login_shell_that_is_no_sh_still_works(home: Home) -> None:
    async def fish(process: Process) -> None:
        """It knows how to start a program by its bare name and chokes on everything of sh's own."""
        command = process.command or ""
        if not command.isalnum():
            process.stderr.write(b"fish: Unknown command\n")
            process.exit(127)
            return
        await run_locally(process, command)

    async with ssh_host(home.key, fish) as host:
        node = home.add("worker-01", host.port, known=host)
        async with home.shell() as shell:
            (output,) = await shell.run(node, [ECHO])
    assert output.stdout == "hello there\n"


@pytest.fixture
def not_root(tmp_path: Path) -> str:
    """A PATH with an `id` that says we are no root, and a sudo that wants a password for all but one program."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "id").write_text("#!/bin/sh\necho 1000\n")
    (folder / "sudo").write_text(
        '#!/bin/sh\nshift\n[ "$1" = printf ] && exec "$@"\necho \'sudo: a password is required\' >&2\nexit 1\n'
    )
    for file in folder.iterdir():
        file.chmod(0o755)
    return str(folder)


async def test_sudo_is_asked_only_where_root_is_needed_and_its_refusal_is_an_output(home: Home, not_root: str) -> None:
    async def ordinary(process: Process) -> None:
        await run_locally(process, "sh", "-c", process.command or "", path=not_root)

    commands = [
        NodeCommand("plain", ("printf", "plain")),
        NodeCommand("allowed", ("printf", "allowed"), root=True),
        NodeCommand("refused", ("ausearch", "-m", "AVC"), root=True),
    ]
    async with ssh_host(home.key, ordinary) as host:
        node = home.add("worker-01", host.port, known=host)
        async with home.shell() as shell:
            plain, allowed, refused = await shell.run(node, commands)
    assert (plain.command, plain.stdout) == ("printf plain", "plain")
    assert (allowed.command, allowed.stdout) == ("sudo -n printf allowed", "allowed")
    assert (refused.command, refused.status) == ("sudo -n ausearch -m AVC", 1)
    assert refused.stderr == "sudo: a password is required\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a server that runs as root")
async def test_root_needs_no_sudo(home: Home) -> None:
    async with ssh_host(home.key) as host:
        node = home.add("worker-01", host.port, known=host)
        async with home.shell() as shell:
            (output,) = await shell.run(node, [NodeCommand("root", ("echo", "x"), root=True)])
    assert (output.command, output.stdout) == ("echo x", "x\n")


# --- bounds ---------------------------------------------------------------------------------------------------------


async def test_a_flood_is_cut_flagged_and_does_not_take_the_others_with_it(home: Home) -> None:
    limits = Limits(kept_bytes=10_000, flood_bytes=300_000)
    commands = [ECHO, NodeCommand("flood", ("yes", "x" * 100)), NodeCommand("long", ("seq", "1", "20000")), ECHO]
    async with ssh_host(home.key) as host:
        node = home.add("worker-01", host.port, known=host)
        async with home.shell(limits=limits) as shell:
            first, flood, long, last = await shell.run(node, commands)
    assert first.stdout == last.stdout == "hello there\n"
    assert flood.truncated
    assert len(flood.stdout) <= 10_000
    assert long.truncated
    assert long.status == 0
    assert long.stdout.startswith("1\n2\n")
    assert long.stdout.endswith("\n19999\n20000\n")


async def test_a_command_that_hangs_is_ended_by_the_nodes_own_timeout(home: Home) -> None:
    async with ssh_host(home.key) as host:
        node = home.add("worker-01", host.port, known=host)
        async with home.shell(limits=Limits(command_seconds=1)) as shell:
            hung, after = await shell.run(node, [NodeCommand("hang", ("sleep", str(FOREVER))), ECHO])
    assert hung.status == 124
    assert after.stdout == "hello there\n"


async def test_a_command_that_nothing_can_end_is_given_up_and_the_rest_still_runs(home: Home) -> None:
    async def stubborn(process: Process) -> None:
        """A node without timeout(1)."""
        await run_locally(process, "sh", prelude=b"timeout() { return 1; }\n")

    async with ssh_host(home.key, stubborn) as host:
        node = home.add("worker-01", host.port, known=host)
        async with home.shell(limits=Limits(command_seconds=1, grace_seconds=0.2)) as shell:
            hung, after = await shell.run(node, [NodeCommand("hang", ("sleep", str(FOREVER))), ECHO])
    assert hung.status == 124
    assert "gave up" in hung.stderr
    assert after.stdout == "hello there\n"
    assert len(host.commands) == 2


async def test_what_the_total_time_does_not_allow_is_accounted_for(home: Home) -> None:
    limits = Limits(command_seconds=1, total_seconds=0.5, grace_seconds=0)
    async with ssh_host(home.key) as host:
        node = home.add("worker-01", host.port, known=host)
        async with home.shell(limits=limits) as shell:
            hung, after = await shell.run(node, [NodeCommand("hang", ("sleep", str(FOREVER))), ECHO])
    assert hung.status == after.status == 124
    assert "not run" in after.stderr


# --- host keys ------------------------------------------------------------------------------------------------------


async def test_an_unknown_key_is_refused_with_its_fingerprint_until_it_is_accepted(home: Home) -> None:
    async with ssh_host(home.key) as host:
        node = home.add("worker-01", host.port)
        async with home.shell() as shell:
            error = await failure(shell, node)
            assert isinstance(error, HostKeyUnknown)
            assert error.fingerprint == f"{host.key.get_fingerprint()} (ED25519)"
            assert error.fingerprint.startswith("SHA256:")
            assert error.host == "127.0.0.1"
            await shell.accept_host_key(node, error.fingerprint)
            assert (await shell.run(node, [ECHO]))[0].stdout == "hello there\n"
        async with home.shell() as another:
            assert (await another.run(node, [ECHO]))[0].stdout == "hello there\n"
    assert home.known_hosts.read_text() == ""
    assert home.own_known_hosts.read_text() == host.known_hosts_line
    assert home.own_known_hosts.stat().st_mode & 0o777 == 0o600


async def test_only_the_fingerprint_that_was_shown_can_be_accepted(home: Home) -> None:
    async with ssh_host(home.key) as host:
        node = home.add("worker-01", host.port)
        async with home.shell() as shell:
            await failure(shell, node)
            with pytest.raises(HostKeyChanged):
                await shell.accept_host_key(node, "SHA256:other (ED25519)")
            assert isinstance(await failure(shell, node), HostKeyUnknown)


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp256"])
async def test_a_changed_key_is_refused_whatever_its_type(home: Home, kind: str) -> None:
    async with ssh_host(home.key, key=asyncssh.generate_private_key(kind)) as host:
        node = home.add("worker-01", host.port)
        other = asyncssh.generate_private_key("ssh-ed25519")
        line = f"[127.0.0.1]:{host.port} {other.export_public_key('openssh').decode()}"
        home.known_hosts.write_text(f"a broken line\n{line}")
        async with home.shell() as shell:
            error = await failure(shell, node)
    assert isinstance(error, HostKeyChanged)
    assert other.get_fingerprint() in error.what
    assert host.key.get_fingerprint() in error.what
    assert host.logins == 0


async def test_no_known_hosts_file_does_not_mean_no_check(home: Home) -> None:
    async with ssh_host(home.key) as host:
        node = home.add("worker-01", host.port)
        home.config.write_text(home.config.read_text().replace(str(home.known_hosts), "none"))
        async with home.shell() as shell:
            assert isinstance(await failure(shell, node), HostKeyUnknown)


async def test_a_revoked_key_is_refused(home: Home) -> None:
    async with ssh_host(home.key) as host:
        node = home.add("worker-01", host.port, known=host)
        home.known_hosts.write_text(home.known_hosts.read_text() + f"@revoked {host.known_hosts_line}")
        async with home.shell() as shell:
            error = await failure(shell, node)
    assert isinstance(error, HostKeyChanged)
    assert "revoked" in error.what


async def test_a_host_key_alias_and_a_hashed_name_are_honoured(home: Home) -> None:
    async with ssh_host(home.key) as host:
        node = home.add("worker-01", host.port, "HostKeyAlias my-worker")
        home.known_hosts.write_text(f"my-worker {host.key.export_public_key('openssh').decode()}")
        async with home.shell() as shell:
            assert (await shell.run(node, [ECHO]))[0].status == 0


# --- who we are -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_agent")
async def test_a_key_that_is_not_accepted_says_who_tried_with_what(home: Home) -> None:
    async with ssh_host(asyncssh.generate_private_key("ssh-ed25519")) as host:
        node = home.add("worker-01", host.port, known=host)
        async with home.shell() as shell:
            error = await failure(shell, node)
    assert isinstance(error, NodeLoginFailed)
    assert "does not let ops in with id_test" in error.what
    assert "ssh-add" in error.next_step


@pytest.mark.usefixtures("no_agent")
async def test_an_encrypted_key_is_named_as_the_reason(home: Home) -> None:
    written = home.key.export_private_key("openssh", passphrase="secret", rounds=1, ignore_few_rounds=True)
    home.key_file.write_bytes(written)  # in many rounds, as usual, it takes a second
    async with ssh_host(home.key) as host:
        node = home.add("worker-01", host.port, known=host)
        async with home.shell() as shell:
            error = await failure(shell, node)
    assert isinstance(error, NodeLoginFailed)
    assert "is encrypted" in error.what


async def test_user_and_key_from_the_command_line_win(home: Home, tmp_path: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    key_file = tmp_path / "other key"
    key_file.write_bytes(key.export_private_key("openssh"))
    async with ssh_host(key) as host:
        node = home.add("worker-01", host.port, known=host)
        login = SshLogin(str(home.config), "root", str(key_file))
        async with home.shell(login=login) as shell:
            assert (await shell.run(node, [ECHO]))[0].status == 0
            assert shell.by_hand(node) == f"ssh -F {home.config} -l root -i '{key_file}' worker-01"
    assert host.users == ["root"]


async def test_a_user_certificate_beside_the_key_is_used(home: Home) -> None:
    authority = asyncssh.generate_private_key("ssh-ed25519")
    certificate = authority.generate_user_certificate(home.key, "ops", principals=["ops"])
    Path(f"{home.key_file}-cert.pub").write_bytes(certificate.export_certificate("openssh"))
    trusted = f"cert-authority {authority.export_public_key('openssh').decode()}"
    acceptor = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[host_key := asyncssh.generate_private_key("ssh-ed25519")],
        authorized_client_keys=asyncssh.import_authorized_keys(trusted),
        process_factory=login_shell,
        encoding=None,
        config=None,
    )
    async with acceptor:
        node = home.add("worker-01", acceptor.get_port())
        home.known_hosts.write_text(f"* {host_key.export_public_key('openssh').decode()}")
        async with home.shell() as shell:
            assert (await shell.run(node, [ECHO]))[0].status == 0


async def test_a_jump_host_is_logged_in_to_once_for_all(home: Home) -> None:
    async with AsyncExitStack() as stack:
        hosts = [await stack.enter_async_context(ssh_host(home.key)) for _ in range(3)]
        jump = await stack.enter_async_context(jump_host(home.key))
        home.add("bastion", jump.port, known=jump)
        nodes = [home.add(f"w{i}", host.port, "ProxyJump bastion", known=host) for i, host in enumerate(hosts)]
        shell = await stack.enter_async_context(home.shell())
        outputs = await asyncio.gather(*(shell.run(node, [ECHO]) for node in nodes))
        assert [output[0].stdout for output in outputs] == ["hello there\n"] * 3
        assert jump.logins == 1
        await shell.close()


async def test_the_unknown_key_of_a_jump_host_can_be_accepted_for_the_node_behind_it(home: Home) -> None:
    async with AsyncExitStack() as stack:
        host = await stack.enter_async_context(ssh_host(home.key))
        jump = await stack.enter_async_context(jump_host(home.key))
        home.add("bastion", jump.port)
        node = home.add("worker-01", host.port, "ProxyJump bastion", known=host)
        shell = await stack.enter_async_context(home.shell())
        error = await failure(shell, node)
        assert isinstance(error, HostKeyUnknown)
        assert jump.key.get_fingerprint() in error.fingerprint
        await shell.accept_host_key(node, error.fingerprint)
        assert (await shell.run(node, [ECHO]))[0].stdout == "hello there\n"
        await shell.close()


async def test_a_jump_in_a_circle_is_an_error(home: Home) -> None:
    node = home.add("worker-01", 22, "ProxyJump worker-01")
    async with home.shell() as shell:
        error = await failure(shell, node)
    assert "circle" in error.what


# --- trouble on the way ---------------------------------------------------------------------------------------------


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def hang_after_banner(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    await asyncio.Event().wait()


async def close_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    return


async def speak_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 100)
    await writer.drain()


@pytest.mark.parametrize(
    ("talk", "words"),
    [
        (hang, "did not answer within 0.3 s"),
        (close_at_once, "broke the connection off"),
        (speak_http, "broke the connection off"),
    ],
)
async def test_servers_that_are_none(home: Home, talk: Talk, words: str) -> None:
    async with raw_host(talk) as port:
        node = home.add("worker-01", port)
        async with home.shell(connect_timeout=0.3) as shell:
            error = await failure(shell, node)
    assert isinstance(error, NodeUnreachable)
    assert words in error.what


async def test_a_refused_connection_is_called_refused(home: Home) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        node = home.add("worker-01", taken.getsockname()[1])
        async with home.shell() as shell:
            error = await failure(shell, node)
    assert isinstance(error, NodeUnreachable)
    assert "refused the connection" in error.what


async def test_a_name_that_does_not_resolve_is_called_that(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_names(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_names)
    home.config.write_text("Host worker-01\n  HostName worker-01.invalid\n")
    async with home.shell() as shell:
        error = await failure(shell, NodeStatus("worker-01"))
    assert "worker-01.invalid cannot be resolved: Name or service not known" in error.what


@pytest.mark.parametrize("said", [b"This account is currently not available.\n", b""])
async def test_a_login_without_a_shell_says_what_came_instead(home: Home, said: bytes) -> None:
    async def nologin(process: Process) -> None:
        process.stdout.write(said)
        process.exit(1)

    async with ssh_host(home.key, nologin) as host:
        node = home.add("worker-01", host.port, known=host)
        async with home.shell() as shell:
            error = await failure(shell, node)
    assert isinstance(error, NodeLoginFailed)
    assert "not run commands" in error.what
    assert said.decode().strip() in error.what


async def test_a_shell_that_never_answers_is_given_up(home: Home) -> None:
    async def silent(process: Process) -> None:
        await asyncio.Event().wait()

    async with ssh_host(home.key, silent) as host:
        node = home.add("worker-01", host.port, known=host)
        async with home.shell(limits=Limits(command_seconds=0, grace_seconds=0.2)) as shell:
            assert isinstance(await failure(shell, node), NodeLoginFailed)


async def test_a_kept_connection_that_went_dead_without_a_word_is_made_anew(home: Home) -> None:
    async with ssh_host(home.key) as host:
        node = home.add("worker-01", host.port, known=host)
        async with home.shell(limits=Limits(command_seconds=1, grace_seconds=0.2)) as shell:
            await shell.run(node, [ECHO])
            vars(host.connections[0])["_transport"].pause_reading()
            (answer,) = await shell.run(node, [ECHO])
            assert (answer.stdout, host.logins) == ("hello there\n", 2)


async def test_a_new_connection_that_opens_no_session_is_not_tried_again(home: Home) -> None:
    async with ssh_host(home.key, deaf=True) as host:
        node = home.add("worker-01", host.port, known=host)
        async with home.shell(limits=Limits(command_seconds=1, grace_seconds=0.2)) as shell:
            error = await failure(shell, node)
    assert "opens no session" in error.what
    assert host.logins == 1


async def test_a_connection_lost_in_the_middle_is_said_so(home: Home) -> None:
    async def dying(process: Process) -> None:
        await process.stdin.read()
        process.stdout.write(b"half an ans")
        process.channel.get_connection().abort()

    async with ssh_host(home.key, dying) as host:
        node = home.add("worker-01", host.port, known=host)
        async with home.shell() as shell:
            error = await failure(shell, node)
    assert isinstance(error, NodeUnreachable)
    assert "lost in the middle" in error.what


async def test_a_broken_configuration_names_file_and_line(home: Home) -> None:
    home.config.write_text("Host worker-01\n  Port many\n")
    async with home.shell() as shell:
        error = await failure(shell, NodeStatus("worker-01"))
    assert f"{home.config} line 2" in error.what


async def test_a_node_without_any_address_is_an_error(home: Home) -> None:
    async with home.shell() as shell:
        assert isinstance(await failure(shell, NodeStatus("worker-01")), NodeUnreachable)


async def test_asyncssh_says_nothing_on_the_terminal(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    async with raw_host(speak_http) as port:
        node = home.add("worker-01", port)
        async with home.shell() as shell:
            await failure(shell, node)
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


# --- many nodes -----------------------------------------------------------------------------------------------------


@pytest.fixture
async def bad_ports() -> AsyncIterator[list[int]]:
    async with AsyncExitStack() as stack:
        talks = [hang, hang_after_banner] * 12
        yield [await stack.enter_async_context(raw_host(talk)) for talk in talks]


async def test_dead_hosts_delay_nobody(home: Home, bad_ports: list[int]) -> None:
    async with ssh_host(home.key) as host:
        dead = [home.add(f"dead-{i}", port) for i, port in enumerate(bad_ports)]
        good = [home.add(f"good-{i}", host.port, known=host) for i in range(4)]
        async with home.shell(connect_timeout=FOREVER) as shell:
            waiting = [asyncio.create_task(shell.run(node, [ECHO])) for node in dead]
            outputs = await asyncio.wait_for(asyncio.gather(*(shell.run(node, [ECHO]) for node in good)), 10)
            assert [output[0].stdout for output in outputs] == ["hello there\n"] * len(good)
            assert not any(task.done() for task in waiting)
            await shell.close()
            ended = await asyncio.gather(*waiting, return_exceptions=True)
            assert all(isinstance(error, NodeUnreachable) for error in ended)


async def test_closing_takes_no_time_whatever_is_in_flight(home: Home, bad_ports: list[int]) -> None:
    started = asyncio.Event()

    async def endless(process: Process) -> None:
        started.set()
        await asyncio.Event().wait()

    async with ssh_host(home.key, endless) as host:
        nodes = [home.add(f"dead-{i}", port) for i, port in enumerate(bad_ports)]
        nodes.append(home.add("endless", host.port, known=host))
        async with home.shell(connect_timeout=FOREVER) as shell:
            waiting = [asyncio.create_task(shell.run(node, [ECHO])) for node in nodes]
            await started.wait()
            begun = monotonic()
            await shell.close()
            await asyncio.wait(waiting)
            assert monotonic() - begun < 0.3
            assert all(isinstance(task.exception(), NodeError) for task in waiting)
            with pytest.raises(NodeUnreachable):
                await shell.run(nodes[0], [ECHO])
