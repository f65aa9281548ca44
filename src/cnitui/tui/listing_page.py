"""The pages of the listings pane: what the nodes have in their CNI directories, and what was run to know it."""

from __future__ import annotations

from collections.abc import Iterator

from cnitui.domain.directories import Section, listed
from cnitui.domain.evidence import Observed, Unavailable
from cnitui.domain.facts import Answered, CniDirectories, Transcript
from cnitui.engine.guide.blocks import GLYPHS, Block, Command, Heading, Item, Listing, Paragraph, Quote
from cnitui.engine.judging.listings import Listings, OpenNode
from cnitui.engine.reports.transcript import without_secrets

SHOWN_LINES = 600
"""Lines of one answer that the page holds; copied and saved are all that were kept."""
_HEADS = {"reference": "reference {}", "fails": "{} (fails)", "not ready": "{} (not ready)"}


def note_of(listings: Listings) -> str:
    """When the nodes were read: `read 12:00:00 and 12:00:01 UTC`."""
    readings = (node.directories or node.transcript for node in listings)
    times = [f"{one.source.at:%H:%M:%S}" for one in readings if isinstance(one, Observed) and one.source.at is not None]
    return f"read {' and '.join(dict.fromkeys(times))} UTC" if times else ""


# --- the listing ----------------------------------------------------------------------------------------------------


def listing_blocks(listings: Listings, *, whole: bool) -> tuple[Block, ...]:
    """Both directories and their parents, and before them what is not known yet, or not to be had, and why."""
    if not listings:
        return (Paragraph("There is no node to list: no calico-node pod is known.", "dim"),)
    notes = tuple(note for node in listings for note in _notes(node))
    known = [_directories(node) for node in listings]
    sections = listed(known)
    if not sections:
        return notes
    shown = whole or len(listings) == 1
    heads = tuple(_HEADS.get(node.standing, "{}").format(node.name) for node in listings)
    legend = _legend(listings, sections)
    signs = (Paragraph(legend, "dim"),) if legend else ()
    return (*notes, *signs, Listing(heads, sections, whole=shown))


def _directories(node: OpenNode) -> CniDirectories | None:
    return node.directories.value if isinstance(node.directories, Observed) else None


def _legend(listings: Listings, sections: tuple[Section, ...]) -> str:
    """What the signs mean, as far as there are any."""
    rows = [row for section in sections for row in section.rows]
    parts = []
    count = sum(section.differing for section in sections)
    if count:
        parts.append(f"≠ unlike {listings[0].name}: {count} of {len(rows)}")
    elif len(listings) > 1 and all(cell.presence in ("there", "missing") for row in rows for cell in row.cells):
        parts.append("no difference")
    if any(cell.misplaced for row in rows for cell in row.cells):
        parts.append("! what the policy's default is")
    return " · ".join(parts)


def _notes(node: OpenNode) -> Iterator[Block]:
    """Why something of this node is not below, and what to do about it; nothing when it was read."""
    asking = node.look is not None and node.look.phase == "asking"
    error = node.look.error if node.look is not None else None
    if error is not None:
        words = error.what if node.name in error.what else f"{node.name} was not read: {error.what}"
        yield Item(words, "warn", error.next_step)
    elif isinstance(node.directories, Unavailable) and not asking:
        yield Item(f"{node.name} did not tell: {node.directories.why}", "warn", node.directories.next_step)
    elif node.directories is None or asking:
        yield from _unread(node, asking=asking)


def _unread(node: OpenNode, *, asking: bool) -> Iterator[Block]:
    if node.standing == "gone":
        yield Item(f"{node.name} is not there any more.", "warn")
    elif node.standing == "no pod":
        yield Item(f"{node.name} has no calico-node pod, so it is not known which directories to read.", "warn")
    elif node.directories is not None:
        yield Paragraph(f"◌ reading {node.name} again …", "dim")
    elif asking or node.look is None:
        yield Paragraph(f"◌ reading {node.name} …", "dim")
    else:
        yield Item(f"Nothing is known of the directories of {node.name}.", "warn")


# --- the transcript -------------------------------------------------------------------------------------------------


def transcript_blocks(listings: Listings) -> tuple[Block, ...]:
    """What was run in the last look, with answers and exit codes; the node that is compared comes first."""
    return tuple(block for node in reversed(listings) for block in (*_notes(node), *_transcript(node)))


def _transcript(node: OpenNode) -> Iterator[Block]:
    reading = node.transcript
    if not isinstance(reading, Observed):
        if isinstance(node.directories, Observed):
            yield Item(
                f"What was run on {node.name} is not in what was given: {node.directories.source.command}", "dim"
            )
        return
    transcript, hidden = without_secrets(reading.value)
    yield Heading(f"{node.name}: {len(transcript.answers)} commands, by {reading.source.command or 'hand'}")
    if hidden:
        yield Item(f"Hidden here: {hidden} {'secret' if hidden == 1 else 'secrets'}.", "warn")
    yield from _answers(transcript)


def _answers(transcript: Transcript) -> Iterator[Block]:
    for answer in transcript.answers:
        yield Command(answer.command)
        cut = ", longer than is kept: its middle is missing" if answer.cut else ""
        sign = GLYPHS["warn" if answer.status or cut else "dim"]
        yield Quote(_said(answer), f"{sign} exit {answer.status}{cut}")


def _said(answer: Answered) -> str:
    lines = [line for text in (answer.output, answer.errors) for line in text.rstrip("\n").split("\n") if text.strip()]
    more = len(lines) - SHOWN_LINES
    if more > 0:
        lines = [*lines[:SHOWN_LINES], f"… and {more:,} lines more: copy (c) or save (ctrl+s) has them"]
    return "\n".join(lines) or "(no output)"
