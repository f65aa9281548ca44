from __future__ import annotations

import pytest

from cnitui.domain.parsing.paste import Block, blocks_of, clean


def only(text: str) -> Block:
    (block,) = blocks_of(text)
    return block


@pytest.mark.parametrize(
    ("command", "kind", "origin", "pod"),
    [
        ("kubectl -n kube-system logs calico-node-x -c install-cni --previous", "log", "install-cni", "calico-node-x"),
        ("kubectl logs -n kube-system calico-node-x", "log", "calico-node", "calico-node-x"),
        ("kubectl get pods -A -o wide", "pods", "pods", ""),
        ("k get po -n kube-system", "pods", "pods", ""),
        ("kubectl get nodes -o wide", "nodes", "nodes", ""),
        ("kubectl -n kube-system describe pod calico-node-x", "describe", "describe", "calico-node-x"),
        ("kubectl get events -n kube-system", "events", "events", ""),
        ("kubectl get pod calico-node-x -o yaml", "document", "document", "calico-node-x"),
        ("sudo journalctl -u kubelet --no-pager", "log", "kubelet", ""),
        ("journalctl -k", "log", "kernel", ""),
        ("kubectl logs <pod> -c install-cni -n kube-system", "log", "install-cni", ""),
        ("kubectl logs <calico-node pod> -c install-cni", "log", "install-cni", ""),
        ("kubectl logs calico-node-x 2>&1 -c install-cni", "log", "install-cni", "calico-node-x"),
        ("kubectl logs calico-node-x -c install-cni > log.txt", "log", "install-cni", "calico-node-x"),
        ("kubectl logs 2> /dev/null calico-node-x -c install-cni | tee log", "log", "install-cni", "calico-node-x"),
        ("kubectl logs calico-node-x <<< none", "log", "calico-node", "calico-node-x"),
        ("ls -laZ /opt/cni/bin", "node", "ls", ""),
        ("sudo -n getenforce", "node", "getenforce", ""),
    ],
)
@pytest.mark.parametrize("prompt", ["$ ", "# ", "[root@w1 ~]# ", "admin@w1:~$ ", "~$ "])
def test_a_prompt_tells_what_its_command_printed(prompt: str, command: str, kind: str, origin: str, pod: str) -> None:
    block = only(f"{prompt}{command}\nsome output\n")
    assert (block.kind, block.origin, block.pod, block.text, block.first_line) == (kind, origin, pod, "some output", 2)


def test_ssh_names_the_node_and_the_inner_command_the_kind() -> None:
    block = only("$ ssh -F lab.conf -p 2222 core@worker-01 sudo ls -lZ /opt/cni/bin\nx\n")
    assert (block.node, block.kind, block.origin) == ("worker-01", "node", "ls")


def test_a_placeholder_for_a_node_is_no_node() -> None:
    assert only("$ ssh <worker node> ls -lZ /opt/cni/bin\nx\n").node == ""


def test_text_without_any_prompt_is_one_block_of_unknown_kind() -> None:
    block = only("one\ntwo\n")
    assert (block.kind, block.text, block.command) == ("unknown", "one\ntwo", "")


def test_every_line_stands_in_one_block() -> None:
    text = "before\n$ getenforce\nEnforcing\n$ kubectl get pods\nNAME READY\na 0/1\n"
    assert [(block.first_line, block.text) for block in blocks_of(text)] == [
        (1, "before"),
        (3, "Enforcing"),
        (5, "NAME READY\na 0/1"),
    ]


@pytest.mark.parametrize("line", ["# a heading of some notes", "$ 12.50 for nothing", "+ added", "# This is a comment"])
def test_what_only_looks_like_a_prompt_is_text(line: str) -> None:
    assert only(line).kind == "unknown"


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("a\r\nb\r\n", "a\nb\n"),
        ("\x1b[1;31mred\x1b[0m text", "red text"),
        ("\x1b]0;title\x07shown", "shown"),
        ("progress 1%\rprogress 100%", "progress 100%"),
        ("\ufeffbom and \x00 and \x07", "bom and  and "),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
    ],
)
def test_what_a_terminal_obeys_is_taken_away(raw: str, plain: str) -> None:
    assert clean(raw) == plain


def test_a_command_as_long_as_the_terminal_keeps_its_output_apart() -> None:
    prompt = "[root@w1 ~]# kubectl -n kube-system logs calico-node-x -c install-cni --previous"
    assert len(prompt) == 80
    assert [block.text for block in blocks_of(f"{prompt}\nsome output")] == ["some output"]
