"""Kubeconfig files: found, merged, chosen from, and what is said of broken ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from cnitui.domain.exchange import NamedContext
from cnitui.errors import KubeconfigError
from cnitui.gateways.kubernetes import kubeconfig
from cnitui.gateways.kubernetes.kubeconfig import Target, load_target, named_contexts


def document(name: str, *, current: str | None = None, server: str = "https://s") -> dict[str, object]:
    """A kubeconfig with one context, cluster and user of that name."""
    return {
        **({"current-context": current} if current is not None else {}),
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": f"ns-{name}"}}],
        "clusters": [{"name": name, "cluster": {"server": server}}],
        "users": [{"name": name, "user": {"token": f"t-{name}"}}],
    }


def write(path: Path, content: Mapping[str, object] | str) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def load(*paths: Path, context: str = "", environment: Mapping[str, str] | None = None) -> Target:
    return load_target(paths, context, environment or {})


def test_the_current_context_is_taken(tmp_path: Path) -> None:
    target = load(write(tmp_path / "a", document("a", current="a")))
    assert (target.context, target.namespace, target.user_name, target.cluster_name) == ("a", "ns-a", "a", "a")
    assert (target.cluster.server, target.user.token) == ("https://s", "t-a")
    assert target.origin == str(tmp_path / "a")


def test_an_explicit_context_wins(tmp_path: Path) -> None:
    paths = (write(tmp_path / "a", document("a", current="a")), write(tmp_path / "b", document("b")))
    assert load(*paths, context="b").context == "b"


def test_the_first_file_to_say_something_wins(tmp_path: Path) -> None:
    first = write(tmp_path / "a", document("x", current="x", server="https://first"))
    second = write(tmp_path / "b", document("x", current="y", server="https://second"))
    target = load(first, second)
    assert target.context == "x"
    assert target.cluster.server == "https://first"


def test_parts_may_come_from_different_files_and_paths_start_at_theirs(tmp_path: Path) -> None:
    (tmp_path / "users").mkdir()
    whole = document("x", current="x")
    users = {"users": whole.pop("users")}
    target = load(write(tmp_path / "a", whole), write(tmp_path / "users" / "b", users))
    assert target.cluster_folder == tmp_path
    assert target.user_folder == tmp_path / "users"


def test_missing_files_of_a_list_are_passed_over(tmp_path: Path) -> None:
    assert load(tmp_path / "none", write(tmp_path / "a", document("a", current="a"))).context == "a"


def test_a_context_without_user_is_anonymous(tmp_path: Path) -> None:
    content = document("a", current="a")
    content["contexts"] = [{"name": "a", "context": {"cluster": "a"}}]
    assert load(write(tmp_path / "a", content)).user.token is None


def test_yaml_with_comments_and_unknown_fields_is_read(tmp_path: Path) -> None:
    text = """# mine
kind: Config
preferences: {colors: true}
current-context: a
contexts: [{name: a, context: {cluster: a, user: a, extensions: [{name: x, extension: {y: 1}}]}}]
clusters: [{name: a, cluster: {server: https://s, insecure-skip-tls-verify: true, tls-server-name: n}}]
users:
"""
    content = document("a")
    target = load(write(tmp_path / "a", text), write(tmp_path / "b", {"users": content["users"]}))
    assert target.cluster.tls_server_name == "n"
    assert target.cluster.insecure_skip_tls_verify


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: [b", "line"),
        ("just text", "no kubeconfig"),
        ("[1, 2]", "no kubeconfig"),
        ("contexts: 5", "contexts"),
        ('{"clusters": [{"name": "a", "cluster": {"server": 5}}]}', "server"),
        ("\x00", "a"),
        ("", "names no current-context"),
        ('{"current-context": "x"}', "'x'"),
        (json.dumps({**document("a", current="a"), "clusters": []}), "cluster of context 'a'"),
        (json.dumps({**document("a", current="a"), "users": []}), "user of context 'a'"),
        (json.dumps({**document("a", current="a"), "clusters": [{"name": "a", "cluster": {}}]}), "names no server"),
    ],
)
def test_a_broken_file_says_what_is_wrong_with_it(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(KubeconfigError, match=message) as caught:
        load(write(tmp_path / "broken", content))
    assert str(tmp_path / "broken") in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "t-a" not in str(caught.value)


def test_an_unknown_context_lists_the_known_ones(tmp_path: Path) -> None:
    paths = [write(tmp_path / name, document(name)) for name in ("one", "two")]
    with pytest.raises(KubeconfigError, match="There are: one, two") as caught:
        load(*paths, context="thr\x1b[31mee")
    assert "\x1b" not in str(caught.value)


def test_a_file_that_is_not_text_and_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(KubeconfigError, match="binary"):
        load(tmp_path / "binary")
    with pytest.raises(KubeconfigError, match="directory"):
        load(tmp_path)


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(2**25)
    with pytest.raises(KubeconfigError, match="too large"):
        load(tmp_path / "huge")


def test_without_any_file_it_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match=r"No kubeconfig found: .*nowhere") as caught:
        load(tmp_path / "nowhere")
    assert "--kubeconfig" in caught.value.next_step


def test_in_a_pod_the_service_account_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text("t")
    (tmp_path / "namespace").write_text("mine\n")
    monkeypatch.setattr(kubeconfig, "SERVICE_ACCOUNT", tmp_path)
    environment = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    target = load(tmp_path / "nowhere", environment=environment)
    assert (target.context, target.namespace) == ("in-cluster", "mine")
    assert target.cluster.server == "https://[fd00::1]:443"
    assert target.user.token_file == str(tmp_path / "token")


def test_all_contexts_are_named_whether_they_can_be_used_or_not(tmp_path: Path) -> None:
    first = write(tmp_path / "a", document("x", current="x", server="https://first"))
    second = write(tmp_path / "b", {**document("x", server="https://second"), "users": []})
    loose = write(tmp_path / "c", {"contexts": [{"name": "a loose one", "context": {"cluster": "nowhere"}}]})
    found = named_contexts((first, second, loose, tmp_path / "missing"))
    assert found == (NamedContext("a loose one"), NamedContext("x", "https://first", "ns-x"))
    assert named_contexts((tmp_path / "missing",)) == ()
    with pytest.raises(KubeconfigError):
        named_contexts((write(tmp_path / "d", "- not\n- a map"),))


def test_secrets_are_not_in_the_repr(tmp_path: Path) -> None:
    assert "t-a" not in repr(load(write(tmp_path / "a", document("a", current="a"))))
