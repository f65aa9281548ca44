"""The script and the taking apart of its output."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnitui.domain.exchange import NodeCommand
from cnitui.gateways.ssh.batch import Batch, new_word, script_of

LIMIT = 1000


@given(
    chunks=st.lists(st.binary(max_size=40), max_size=6),
    size=st.integers(min_value=1, max_value=30),
)
def test_any_bytes_in_any_pieces_come_apart_exactly(chunks: list[bytes], size: int) -> None:
    commands = [NodeCommand(str(index), ("x",)) for index in range(len(chunks))]
    stream = b"motd\nno newline" + b"\nW U 0\n"
    for index, chunk in enumerate(chunks):
        stream += b"\nW B %d\n" % index + chunk + b"\nW E %d 7\n" % index
    batch = Batch(commands, "W", LIMIT)
    for error in (False, True):
        for start in range(0, len(stream), size):
            batch.feed(stream[start : start + size], error=error)
    if any(b"\nW " in b"\n" + chunk for chunk in chunks):
        return
    assert [output.stdout for output in batch.outputs()] == [chunk.decode("utf-8", "replace") for chunk in chunks]
    assert all(output.stderr == output.stdout and output.status == 7 for output in batch.outputs())


@given(
    stream=st.lists(
        st.sampled_from(["\nW ", "B 0\n", "E 0 0\n", "E 9 x\n", "U\n", "B -1\n", "\n", "W", " ", "text"])
    ).map("".join)
)
def test_no_stream_breaks_the_batch(stream: str) -> None:
    batch = Batch([NodeCommand("x", ("x",), root=True)], "W", LIMIT)
    batch.feed(stream.encode(), error=False)
    batch.feed(stream.encode(), error=True)
    batch.outputs()
    if batch.answered == 0:
        assert batch.given_up("why").status == 124


def test_a_long_output_keeps_whole_lines_of_both_ends() -> None:
    batch = Batch([NodeCommand("x", ("x",))], "W", 100)
    for error in (False, True):
        batch.feed(b"\nW U 0\n\nW B 0\n", error=error)
    for number in range(1000):
        batch.feed(b"line %d\n" % number, error=False)
    for error in (False, True):
        batch.feed(b"\nW E 0 0\n", error=error)
    (output,) = batch.outputs()
    lines = output.stdout.splitlines()
    assert output.truncated
    assert lines[0] == "line 0"
    assert lines[-1] == "line 999"
    assert all(line.removeprefix("line ").isdigit() for line in lines)
    assert len(output.stdout) <= 100


@pytest.mark.parametrize("shell", ["sh", "bash", "dash"])
def test_the_script_runs_in_every_shell_there_is(shell: str) -> None:
    commands = [
        NodeCommand("plain", ("printf", "%s", "a b;c'd\"e$f")),
        NodeCommand("status", ("sh", "-c", "exit 7")),
        NodeCommand("stdin", ("cat",)),
        NodeCommand("gone", ("no-such-program",)),
    ]
    word = new_word()
    try:
        ran = subprocess.run([shell], input=script_of(commands, word, 5).encode(), capture_output=True)
    except FileNotFoundError:
        pytest.skip(f"no {shell} here")
    batch = Batch(commands, word, LIMIT)
    batch.feed(ran.stdout, error=False)
    batch.feed(ran.stderr, error=True)
    plain, status, stdin, gone = batch.outputs()
    assert (plain.stdout, status.status, stdin.stdout, gone.status) == ("a b;c'd\"e$f", 7, "", 127)


def test_words_are_never_the_same() -> None:
    assert len({new_word() for _ in range(100)}) == 100
