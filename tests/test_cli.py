"""Arguments, environment and file: who wins, what is refused, and how every mistake is told in words."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cnitui import cli, commands
from cnitui.errors import ConfigurationError
from cnitui.launch import open_tui
from cnitui.settings import Settings
from tests.running import environment

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("info", CNITUI_CONTEXT="x")`: exit code, stdout, stderr; every folder is the test's own."""
    for name in ("KUBECONFIG", "CNITUI_KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def running(*arguments: str, **environment: str) -> tuple[int, str, str]:
        with monkeypatch.context() as own:
            for name, value in environment.items():
                own.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                cli.main(arguments)
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return running


@pytest.fixture
def given(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    """The settings that a command line comes to."""
    taken: list[Settings] = []

    def take(settings: Settings, *_: object, **__: object) -> int:
        taken.append(settings)
        return 0

    monkeypatch.setattr(commands, "print_info", take)

    def settings(*arguments: str, **environment: str) -> Settings:
        code, _, err = run(*arguments, **environment)
        assert (code, err) == (0, "")
        return taken.pop()

    return settings


def configure(home: Path, text: str) -> None:
    file = home / "config" / "cnitui" / "config.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


# --- who wins -------------------------------------------------------------------------------------------------------


def test_a_flag_wins_over_the_environment_and_that_over_the_file(
    given: Callable[..., Settings], tmp_path: Path
) -> None:
    configure(tmp_path, "namespace: from-file\nnodeAccess: none\nssh: {user: from-file}\n")
    assert given("info").namespace == "from-file"
    assert given("info", CNITUI_NAMESPACE="from-environment").namespace == "from-environment"
    assert given("info", "-n", "from-flag", CNITUI_NAMESPACE="from-environment").namespace == "from-flag"
    assert given("info").node_access == "none"
    assert given("info", CNITUI_NODE_ACCESS="ssh").node_access == "ssh"
    assert given("info", "--ssh-user", "flag").ssh_user == "flag"


@pytest.mark.parametrize("option", ["context", "namespace", "as", "ssh-user"])
def test_options_stand_before_or_after_the_command_and_beat_the_environment(
    given: Callable[..., Settings], option: str
) -> None:
    field = {"as": "impersonate"}.get(option, option.replace("-", "_"))
    variable = {f"CNITUI_{option.upper().replace('-', '_')}": "from-environment"}
    assert getattr(given("info", **variable), field) == "from-environment"
    assert getattr(given(f"--{option}", "before", "info", **variable), field) == "before"
    assert getattr(given("info", f"--{option}", "after", **variable), field) == "after"
    assert getattr(given(f"--{option}", "before", "info", f"--{option}", "after"), field) == "after"


def test_every_common_option_can_be_given_in_the_environment(given: Callable[..., Settings], tmp_path: Path) -> None:
    settings = given(
        "info",
        CNITUI_KUBECONFIG="/k",
        CNITUI_REQUEST_TIMEOUT="500ms",
        CNITUI_SSH_CONFIG="~/s",
        CNITUI_SSH_KEY="/key",
        CNITUI_READONLY="1",
        CNITUI_LOG_LEVEL="debug",
        CNITUI_LOG_FILE="/log",
    )
    assert settings.kubeconfig == (Path("/k"),)
    assert settings.request_timeout == 0.5
    assert (settings.ssh_config, settings.ssh_key) == (tmp_path / "s", Path("/key"))
    assert (settings.readonly, settings.log_level, settings.log_file) == (True, "debug", Path("/log"))


def test_read_only_is_given_by_file_environment_and_flag_in_that_order(
    given: Callable[..., Settings], tmp_path: Path
) -> None:
    assert not given("info").readonly
    assert given("info", "--readonly").readonly
    assert given("--readonly", "info").readonly
    configure(tmp_path, "readonly: true\n")
    assert given("info").readonly
    assert not given("info", CNITUI_READONLY="0").readonly
    assert given("info", "--readonly", CNITUI_READONLY="0").readonly


def test_the_ids_of_keys_are_listed_for_the_configuration(run: Run) -> None:
    code, out, err = run("info", "--keys")
    assert (code, err) == (0, "")
    assert ["app.quit", "q", "Leave;", "nothing", "is", "lost"] in [line.split() for line in out.splitlines()]


# --- mistakes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nope",), "No such command 'nope'"),
        (("diagnose", "--nope"), "No such option '--nope'"),
        (("diagnose", "-o", "xml"), "'xml' is not one of"),
        (("diagnose", "extra"), "unexpected extra argument"),
        (("diagnose", "--nodes-of", "disk-fill"), "there is no cause 'disk-fill'; `cnitui explain` lists them"),
        (("diagnose", "--wait", "soon"), "--wait: expected a time such as 10s, got 'soon'"),
        (("info", "--request-timeout", "-5"), "--request-timeout: expected a time"),
        (("info", "--node-access", "telnet"), "'telnet' is not one of"),
        (("info", "-n", "../x"), "namespace '../x': expected lower case"),
        (("info", "--log-file", "~nobody-of-that-name/x"), "--log-file: '~nobody-of-that-name/x' has no home"),
        (("explain", "selinux-denail"), "did you mean selinux-denial?"),
        (("demo", "nope"), "there is no scenario 'nope'"),
        (("demo", "--speed", "nan"), "--speed: expected a number"),
        (("demo", "--fault", "api"), "'api' is no fault"),
        (("patch",), "Missing argument 'MANIFEST'"),
        (("patch", "/nowhere.yaml"), "/nowhere.yaml: cannot be read"),
        (("patch", "a", "--check", "--diff"), "exclude each other"),
    ],
)
def test_a_wrong_command_line_is_two_and_says_what_is_wrong(run: Run, arguments: tuple[str, ...], words: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert words in err


@pytest.mark.parametrize(("variable", "value"), [("READONLY", "maybe"), ("LOG_LEVEL", "loud"), ("NODE_ACCESS", "x")])
def test_a_wrong_variable_is_two(run: Run, variable: str, value: str) -> None:
    code, out, err = run("info", **{f"CNITUI_{variable}": value})
    assert (code, out) == (2, "")
    assert value in err


def test_a_wrong_file_is_two_and_named(run: Run, tmp_path: Path) -> None:
    configure(tmp_path, "them: dark\n")
    code, out, err = run("info")
    assert (code, out) == (2, "")
    assert "config.yaml: unknown key 'them'" in err


@pytest.mark.parametrize("arguments", [(), ("demo",), ("demo", "healthy")])
def test_the_screens_need_a_terminal(run: Run, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert "this needs a terminal; `cnitui diagnose` works without one" in err


def test_closed_standard_streams_are_no_terminal_and_no_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    code, _, err = run()
    assert code == 2
    assert "this needs a terminal" in err


@pytest.mark.usefixtures("own_log")
def test_an_unknown_theme_is_told_before_the_screen_is_taken(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="theme: expected one of cnitui-dark, cnitui-light"):
        open_tui(Settings(theme="nope", state_dir=tmp_path))


# --- bugs and interrupts --------------------------------------------------------------------------------------------


@pytest.fixture
def own_log() -> Iterator[None]:
    """The root logger as it was, whatever a command did to it."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    root.handlers.clear()
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers[:], root.level = handlers, level


@pytest.mark.usefixtures("own_log")
def test_a_bug_is_one_line_and_its_traceback_is_in_the_log(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Settings) -> int:
        raise LookupError("nobody thought of this")

    monkeypatch.setattr(commands, "print_info", broken)
    code, out, err = run("info")
    log = tmp_path / "state" / "cnitui" / "cnitui.log"
    assert (code, out) == (1, "")
    assert "this is a bug of cnitui: LookupError: nobody thought of this" in err
    assert str(log) in err
    assert "Traceback" in log.read_text()


def test_an_interrupt_is_one_hundred_and_thirty(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: Settings) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "print_info", interrupted)
    assert run("info")[0] == 130


# --- help and completion --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["", "demo", "diagnose", "undo", "info", "explain", "patch"])
def test_every_command_explains_itself_on_stdout(run: Run, command: str) -> None:
    code, out, err = run(*filter(None, [command]), "--help")
    assert (code, err) == (0, "")
    assert out.startswith("Usage: ")


def test_info_prints_what_is_in_force(run: Run, tmp_path: Path) -> None:
    code, out, err = run("info", "--context", "there")
    assert (code, err) == (0, "")
    assert "context        there" in out
    assert f"{tmp_path / '.kube/config'} (not there)" in out


COMPLETED = {"cnitui explain selinux-d": "selinux-denial", "cnitui demo he": "healthy", "cnitui dia": "diagnose"}


@pytest.mark.parametrize("words", COMPLETED)
def test_the_shell_completes_commands_causes_and_scenarios(words: str, tmp_path: Path) -> None:
    place = str(len(words.split()) - 1)
    completing = {"_CNITUI_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": place}
    done = subprocess.run(
        [sys.executable, "-c", "from cnitui.cli import run; run(prog_name='cnitui')"],
        env=environment(tmp_path, **completing),
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == [f"plain,{COMPLETED[words]}"]
