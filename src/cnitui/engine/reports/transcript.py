"""What was run on a node and what it answered, as a terminal would show it: to copy, to save, to send to a colleague.

Secrets are taken out as they are from case files.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from cnitui.domain.evidence import Observed
from cnitui.domain.facts import Answered, Transcript
from cnitui.domain.redaction import Redactor
from cnitui.engine.judging.listings import OpenNode


@lru_cache(8)
def without_secrets(transcript: Transcript) -> tuple[Transcript, int]:
    """The transcript without secrets, and how many were taken out."""
    redactor = Redactor()

    def clean(answer: Answered) -> Answered:
        command, output, errors = (redactor.text(text, "") for text in (answer.command, answer.output, answer.errors))
        return Answered(command, answer.status, output, errors, answer.cut)

    answers = tuple(map(clean, transcript.answers))
    return Transcript(answers), sum(redactor.counts.values())


def as_session(nodes: Sequence[OpenNode]) -> str:
    """The transcripts of these nodes, one below the other; of one that was not read, why."""
    return "\n".join(line for node in nodes for line in (*_session(node), ""))


def _session(node: OpenNode) -> list[str]:
    reading = node.transcript
    if not isinstance(reading, Observed):
        return [f"# {node.name} was not read" + (f": {reading.why}" if reading is not None else "")]
    transcript, hidden = without_secrets(reading.value)
    at = f" at {reading.source.at:%Y-%m-%d %H:%M:%S} UTC" if reading.source.at else ""
    note = f", secrets hidden: {hidden}" if hidden else ""
    lines = [f"# {node.name}, read by {reading.source.command or 'a command'}{at}{note}"]
    for answer in transcript.answers:
        lines += [f"[cnitui@{node.name} ~]$ {answer.command}", *_texts(answer), f"# exit {answer.status}"]
    return lines


def _texts(answer: Answered) -> list[str]:
    return [text.rstrip("\n") for text in (answer.output, answer.errors) if text.strip()]
