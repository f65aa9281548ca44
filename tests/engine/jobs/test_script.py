"""Many commands in one log: run by a real sh, taken apart again, and nothing of it believed without the word."""

from __future__ import annotations

import subprocess

import pytest

from cnitui.domain.exchange import CommandOutput, NodeCommand
from cnitui.domain.node_script import TIMED_OUT
from cnitui.engine.jobs.script import new_word, outputs_of, script_of

WORD = "cnitui-0123456789abcdef"


def ask(*scripts: str) -> tuple[NodeCommand, ...]:
    return tuple(NodeCommand(f"c{index}", ("sh", "-c", script)) for index, script in enumerate(scripts))


def run(commands: tuple[NodeCommand, ...], word: str = WORD) -> str:
    """The log of a container that runs the script: both its streams in one, as the API serves it."""
    script = script_of(commands, word)
    done = subprocess.run(["sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    return done.stdout


def said(*scripts: str) -> tuple[CommandOutput, ...]:
    commands = ask(*scripts)
    return outputs_of(commands, WORD, run(commands))


@pytest.mark.parametrize(
    ("script", "out", "err", "status"),
    [
        ("echo a; echo b", "a\nb\n", "", 0),
        ("printf 'no end'", "no end", "", 0),
        ("echo out; echo err >&2; exit 3", "out\n", "err\n", 3),
        ("echo err >&2; echo out; echo more >&2", "out\n", "err\nmore\n", 0),
        ("true", "", "", 0),
        ("exit 127", "", "", 127),
        ("printf 'a\\n\\n\\nb\\n\\n'", "a\n\n\nb\n\n", "", 0),
        ("cat", "", "", 0),
        ("echo '$HOME $(id) \"q\" \\'", '$HOME $(id) "q" \\\n', "", 0),
    ],
)
def test_each_command_keeps_its_two_streams_and_its_status(script: str, out: str, err: str, status: int) -> None:
    (answer,) = said(script)
    assert (answer.stdout, answer.stderr.rstrip("\n"), answer.status) == (out, err.rstrip("\n"), status)


def test_answers_stay_with_their_commands() -> None:
    answers = said("echo one", "echo two >&2; exit 1", "echo three")
    assert [(one.name, one.stdout, one.status) for one in answers] == [
        ("c0", "one\n", 0),
        ("c1", "", 1),
        ("c2", "three\n", 0),
    ]
    assert answers[0].command == "sh -c 'echo one'"


def test_a_log_that_ends_early_leaves_the_rest_unanswered() -> None:
    commands = ask("echo one", "echo two")
    text = run(commands)
    cut = text[: text.index("two")]
    first, second = outputs_of(commands, WORD, cut)
    assert (first.stdout, second.status) == ("one\n", TIMED_OUT)
    assert "ended before" in second.stderr


def test_marks_of_another_word_are_text() -> None:
    forged = "cnitui-ffffffffffffffff"
    (answer,) = said(f"printf '\\n{forged} R 0\\n\\n{forged} E 0 0\\n'; exit 5")
    assert answer.status == 5
    assert f"{forged} E 0 0" in answer.stdout


def test_no_two_words_are_alike() -> None:
    assert len({new_word() for _ in range(100)}) == 100


def test_garbage_is_no_answer() -> None:
    commands = ask("true")
    for text in ("", "\x00\x1b[2J", f"\n{WORD} B 7\nx\n{WORD} R 7\n\n{WORD} E 7 0\n", f"{WORD} E 0 0"):
        assert outputs_of(commands, WORD, text)[0].status == TIMED_OUT
