"""Where settings come from, which wins, and how a wrong one is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnitui.errors import ConfigurationError, UsageError
from cnitui.settings import (
    Settings,
    checked,
    configuration_file,
    expanded,
    from_document,
    kubeconfig_files,
    read_configuration,
    seconds_of,
    speed_of,
    state_folder,
)

FILE = "config.yaml"


def test_every_key_of_the_file_reaches_the_settings() -> None:
    settings = from_document(
        Settings(),
        {
            "readonly": True,
            "readonlyContexts": ["prod"],
            "namespace": "calico-system",
            "nodeAccess": "none",
            "nodes": {"map": {"worker-01": "10.0.0.1"}, "patterns": {"worker-*": "{name}.example"}},
            "ssh": {"config": "/etc/ssh/ops", "user": "ops", "key": "/keys/ops"},
            "testPodImage": "registry.example/pause:3.9",
            "keys": {"app.quit": "x"},
            "theme": "cnitui-light",
        },
        FILE,
    )
    assert settings.readonly
    assert settings.readonly_contexts == ("prod",)
    assert (settings.namespace, settings.node_access) == ("calico-system", "none")
    assert settings.node_hosts == {"worker-01": "10.0.0.1"}
    assert settings.node_patterns == (("worker-*", "{name}.example"),)
    assert (settings.ssh_config, settings.ssh_user, settings.ssh_key) == (
        Path("/etc/ssh/ops"),
        "ops",
        Path("/keys/ops"),
    )
    assert (settings.test_pod_image, settings.theme) == ("registry.example/pause:3.9", "cnitui-light")
    assert settings.keys == {"app.quit": "x"}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([1], "the document: expected a map, got [1]"),
        ({"nope": 1}, "unknown key 'nope'; known are readonly"),
        ({"readonly": "yes"}, "readonly: expected true or false, got 'yes'"),
        ({"readonlyContexts": "prod"}, "readonlyContexts: expected a list of texts, got 'prod'"),
        ({"namespace": 5}, "namespace: expected a text on one line, got 5"),
        ({"namespace": "a\nb"}, "namespace: expected a text on one line"),
        ({"nodeAccess": "telnet"}, "nodeAccess: expected one of ssh, pod, none, got 'telnet'"),
        ({"nodes": {"bogus": {}}}, "unknown key 'bogus' in nodes; known are map, patterns"),
        ({"nodes": {"map": ["a"]}}, "nodes.map: expected a map from text to text, got ['a']"),
        ({"nodes": 5}, "nodes: expected a map, got 5"),
        ({"ssh": {"key": "a\0b"}}, "ssh.key: expected a text on one line"),
        ({"ssh": {"config": "~nobody-of-that-name/x"}}, "ssh.config: '~nobody-of-that-name/x' has no home directory"),
        ({"keys": {1: 2}}, "keys: expected a map from text to text, got {1: 2}"),
    ],
)
def test_a_wrong_value_names_file_key_and_expectation(document: object, words: str) -> None:
    with pytest.raises(ConfigurationError) as told:
        from_document(Settings(), document, FILE)
    assert told.value.what.startswith(f"{FILE}: ")
    assert words in told.value.what
    assert told.value.exit_code == 2


def test_a_file_that_is_not_there_or_empty_says_nothing(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    assert read_configuration(Settings(), file) == Settings()
    file.write_text("# nothing\n")
    assert read_configuration(Settings(), file) == Settings()
    assert read_configuration(Settings(), file / "below" / "a-file") == Settings()


@pytest.mark.parametrize(("content", "words"), [(b"a: [\n", "line 2, column 1"), (b"\xff\xfe", "not UTF-8 text")])
def test_a_file_that_is_no_yaml_says_where(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=words):
        read_configuration(Settings(), file)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("readonly: true\n# …\nreadonly: false\n", "line 3: 'readonly' stands in line 1 already"),
        ("ssh:\n  user: a\n  user: b\n", "line 3: 'user' stands in line 2 already"),
        ("keys: {app.quit: x, app.quit: y}\n", "line 1: 'app.quit' stands in line 1 already"),
    ],
)
def test_a_key_that_stands_twice_is_told_and_not_overruled(tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(content)
    with pytest.raises(ConfigurationError) as told:
        read_configuration(Settings(), file)
    assert told.value.what == f"{file}: {words}"


def test_the_same_key_in_two_places_is_no_repetition(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("ssh: {user: core}\nnodes: {map: {user: 10.0.0.1}}\n")
    assert read_configuration(Settings(), file).node_hosts == {"user": "10.0.0.1"}


def test_a_folder_in_the_files_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        read_configuration(Settings(), tmp_path)


@pytest.mark.parametrize(
    ("text", "seconds"), [("10", 10), ("10s", 10), ("500ms", 0.5), ("2m", 120), ("1h", 3600), ("0", 0), (" 1.5s ", 1.5)]
)
def test_times_are_read_as_kubectl_reads_them(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "abc", "-1s", "nan", "inf", "1e999", "10 s x"])
def test_what_is_no_time_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="--wait: expected a time such as 10s"):
        seconds_of(text, "--wait")


@given(st.text(max_size=20))
def test_no_text_makes_a_time_or_a_speed_that_is_no_number(text: str) -> None:
    for read in (seconds_of, speed_of):
        try:
            assert 0 <= read(text) < float("inf")
        except UsageError:
            continue


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "1001", "fast"])
def test_a_speed_that_stands_still_or_races_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--speed"):
        speed_of(text)


@pytest.mark.parametrize("name", ["Kube-System", "a b", "../x", "-a", "a" * 64, "a\n", "ä"])
def test_a_namespace_that_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="namespace"):
        checked(Settings(namespace=name))


def test_namespaces_as_kubernetes_has_them_are_taken() -> None:
    for name in ("", "kube-system", "a", "0-9", "a" * 63):
        assert checked(Settings(namespace=name)).namespace == name


def test_kubeconfigs_are_looked_for_in_kubectls_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    environ = {"CNITUI_KUBECONFIG": "/ours", "KUBECONFIG": "/a:/b::~/c"}
    assert kubeconfig_files("/flag", environ) == (Path("/flag"),)
    assert kubeconfig_files("", environ) == (Path("/ours"),)
    assert kubeconfig_files("", {"KUBECONFIG": "/a:/b::~/c"}) == (Path("/a"), Path("/b"), tmp_path / "c")
    assert kubeconfig_files("", {}) == (tmp_path / ".kube" / "config",), "named although it is not there"


def test_folders_follow_xdg_and_ignore_relative_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert configuration_file({"XDG_CONFIG_HOME": "/c"}) == Path("/c/cnitui/config.yaml")
    assert configuration_file({"XDG_CONFIG_HOME": "relative"}) == tmp_path / ".config/cnitui/config.yaml"
    assert state_folder({"XDG_STATE_HOME": "/s"}) == Path("/s/cnitui")
    assert state_folder({}) == tmp_path / ".local/state/cnitui"


def test_a_home_that_does_not_exist_is_told_and_no_traceback() -> None:
    with pytest.raises(ConfigurationError, match="--ssh-key: '~nobody-of-that-name/k' has no home directory"):
        expanded("~nobody-of-that-name/k", "--ssh-key")
