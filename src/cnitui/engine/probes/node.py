"""One node: ask the fixed commands, read the answers, say why where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from cnitui.domain.evidence import Observed, Reading, Source, Unavailable
from cnitui.domain.facts import Answered, Identity, NodeStatus, Transcript
from cnitui.domain.identity import Among, nobody
from cnitui.domain.parsing.complaints import not_installed
from cnitui.engine.ports import Clock, CommandOutput, NodeCommand, NodeShell
from cnitui.engine.probes.identity import Heard, another_machine, ask, hear
from cnitui.engine.probes.node_answers import Answers
from cnitui.engine.probes.node_commands import NodeProbeRequest, commands_for, second_look
from cnitui.engine.probes.node_facts import DIRECTORY_FACTS, FACTS, FactRecipe
from cnitui.engine.probes.node_failures import by_hand_line, why_not
from cnitui.errors import NodeError

_QUOTE_LIMIT = 300
KEPT = 32_768
"""Characters of an answer that the transcript keeps, half from its beginning and half from its end."""
Readings = tuple[tuple[type[object], str, Reading[object]], ...]


async def probe_node(
    shell: NodeShell, node: NodeStatus, request: NodeProbeRequest, clock: Clock, among: Among = nobody
) -> Readings:
    """Everything we read on a node, in one round trip and, where some answer was none, a second.

    A node that cannot be reached or logged in to makes every fact unavailable, with the reason and what would help. So
    does another machine that answers in its place; `among` are all nodes, one of which that may be.
    """
    at = clock.now()
    commands, prefix = commands_for(request), shell.by_hand(node)
    try:
        heard = await hear(shell, node, commands, among)
    except NodeError as error:
        return unreachable(node.name, error, at, prefix, request)
    if heard.stranger is not None:
        strange = another_machine(node.name, heard.stranger, prefix)
        return (*unreachable(node.name, strange, at, prefix, request), *_who(node.name, heard, at, prefix))
    outputs = heard.outputs
    again = second_look(request, commands, outputs)
    tried = await _tried(shell, node, again, among) if again else ()
    read = readings_of(node.name, completed(outputs, tried), at, prefix, request)
    place = {command.name: number for number, command in enumerate(commands)}
    asked = sorted(outputs, key=lambda output: place.get(output.name, len(place)))
    said: Reading[object] = Observed(transcript_of((*asked, *tried)), Source(prefix, node.name, at))
    return (*read, *_who(node.name, heard, at, prefix)[:1], (Transcript, node.name, said))


def _who(node: str, heard: Heard, at: datetime, prefix: str) -> Readings:
    """Which machine answered, and the transcript of that question alone."""
    if heard.identity is None:
        return ()
    source = Source(by_hand_line(prefix, heard.who[0].command), node, at)
    found: Reading[object] = Observed(heard.identity, source)
    said: Reading[object] = Observed(transcript_of(heard.who), Source(prefix, node, at))
    return (Identity, node, found), (Transcript, node, said)


async def _tried(
    shell: NodeShell, node: NodeStatus, commands: Sequence[NodeCommand], among: Among
) -> tuple[CommandOutput, ...]:
    """The second round may fail: the first one's answers stand by themselves."""
    try:
        heard = await ask(shell, node, commands, among)
    except NodeError:
        return ()
    return tuple(output for output in heard.outputs if output not in heard.who)


def completed(first: Sequence[CommandOutput], second: Iterable[CommandOutput]) -> tuple[CommandOutput, ...]:
    """The first round with the second's answers: new ones, and those that say more than what they replace."""
    merged = {output.name: output for output in first}
    for output in second:
        earlier = merged.get(output.name)
        if earlier is None or _says_more(output, earlier):
            merged[output.name] = output
    return tuple(merged.values())


def _says_more(output: CommandOutput, earlier: CommandOutput) -> bool:
    if output.status == 0 or len(output.stdout) > len(earlier.stdout):
        return True
    return not_installed(earlier.stderr, earlier.status) and not not_installed(output.stderr, output.status)


def transcript_of(outputs: Iterable[CommandOutput]) -> Transcript:
    """What was run, in order, and what it answered."""
    return Transcript(tuple(map(_answered, outputs)))


def _answered(output: CommandOutput) -> Answered:
    cut = output.truncated or max(len(output.stdout), len(output.stderr)) > KEPT
    return Answered(output.command, output.status, _kept(output.stdout), _kept(output.stderr), cut)


def _kept(text: str) -> str:
    """The text, or its two ends when it is long, and between them how much is left out."""
    if len(text) <= KEPT:
        return text
    return f"{text[: KEPT // 2]}\n[… {len(text) - KEPT:,} characters left out …]\n{text[-KEPT // 2 :]}"


def readings_of(
    node: str,
    outputs: Sequence[CommandOutput],
    at: datetime,
    prefix: str,
    request: NodeProbeRequest | None = None,
) -> Readings:
    """Facts from the outputs, each with the line that a person would paste (`prefix` is `ssh worker-01`, or "").

    Only facts that some command was run for have a reading. A fact of which a part could be read is observed.
    """
    request = request or NodeProbeRequest()
    answers = Answers(outputs, prefix)
    read = tuple(
        (recipe.fact, node, _reading(recipe, answers, request, node, at, prefix))
        for recipe in FACTS
        if answers.asked(recipe.commands)
    )
    return read if request.directories else (*read, *_unasked(node, at, prefix, request))


def _unasked(node: str, at: datetime, prefix: str, request: NodeProbeRequest) -> Readings:
    """Paths that we do not pass to a shell leave the directories unread."""
    why = f"the pod mounts {request.bin_dir!r}, which is no plain absolute path"[:_QUOTE_LIMIT]
    reading = Unavailable(
        why, Source(prefix, node, at), "Read the DaemonSet's hostPath volumes cni-bin-dir and cni-net-dir"
    )
    return tuple((fact, node, reading) for fact in DIRECTORY_FACTS)


def _reading(
    recipe: FactRecipe, answers: Answers, request: NodeProbeRequest, node: str, at: datetime, prefix: str
) -> Reading[object]:
    found = recipe.read(answers, request)
    if found is not None:
        return Observed(found.value, _source(answers.cited(found.cited, recipe.commands), node, at, prefix))
    output = answers.telling(recipe.commands)
    why, next_step = why_not(output, prefix)
    return Unavailable(why, _source(output, node, at, prefix), next_step)


def _source(output: CommandOutput, node: str, at: datetime, prefix: str) -> Source:
    return Source(by_hand_line(prefix, output.command), node, at)


def unreachable(node: str, error: NodeError, at: datetime, prefix: str, request: NodeProbeRequest) -> Readings:
    """What we would have asked this node, unavailable for one and the same reason."""
    asked = {command.name for command in commands_for(request)}
    reading = Unavailable(error.what, Source(prefix, node, at), error.next_step)
    facts = (recipe.fact for recipe in FACTS if asked & set(recipe.commands))
    return tuple((fact, node, reading) for fact in (*facts, Transcript, Identity))
