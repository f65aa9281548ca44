"""The report of a sitting as Markdown: every foreign word in a code span, or escaped."""

from __future__ import annotations

from collections.abc import Iterator

from cnitui.domain.documents import Document, as_mapping, items, mappings
from cnitui.domain.redaction import hidden_words
from cnitui.domain.report import as_markdown, code, code_safe
from cnitui.engine.reports.account import Account, as_document


def as_account_markdown(account: Account) -> str:
    """For a ticket: circumstances, diagnosis, what to do, what was done, before and after, verification."""
    return "\n".join(_lines(account)) + "\n"


def _lines(account: Account) -> Iterator[str]:
    yield from ("# Report", "")
    yield from (f"- {name}: {code_safe(value)}" for name, value in account.told.items())
    yield ""
    yield as_markdown(account.diagnosis).rstrip("\n")
    yield from _experiments(account)
    yield from _to_do(account)
    yield from _actions(account)
    yield from _tries(account)
    yield from before_and_now_lines(as_mapping(as_document(account)["before_and_now"]))
    yield from _verification(account)
    if account.hidden:
        yield from ("", f"Hidden in this report: {hidden_words(account.hidden)}.")


def _to_do(account: Account) -> Iterator[str]:
    """The steps against each cause, for whoever reads this and has the cluster before them."""
    for advice in account.advice:
        yield from ("", f"## What to do against {code_safe(advice.cause)}", "")
        for step in advice.steps:
            yield f"- {code_safe(step.words)}" + (f": {code(step.command)}" if step.command else "")


def _experiments(account: Account) -> Iterator[str]:
    """What was tried on a node: control, variant, and what follows from them."""
    for found in account.experiments:
        yield from ("", f"## Experiment on {code_safe(found.node)}", "", code_safe(found.sentence), "")
        yield from (f"- {code_safe(which)}: {code_safe(ended)}" for which, ended in found.rows)


def _tries(account: Account) -> Iterator[str]:
    """What was tried on one node before it was rolled out."""
    for found in account.tries:
        title = f"## Tried on {code_safe(found.node)}: {code_safe(found.title)}"
        yield from ("", title, "", code_safe(found.sentence), "")
        yield from (f"- {code_safe(which)}: {code_safe(ended)}" for which, ended in found.rows)


def _actions(account: Account) -> Iterator[str]:
    yield from ("", "## Actions", "")
    yield from (f"- {action.at:%H:%M:%S} {code_safe(action.words)}" for action in account.actions)
    if not account.actions:
        yield "Nothing was changed."


def _verification(account: Account) -> Iterator[str]:
    if not account.checks:
        return
    yield from ("", "## Verification", "", "| check | outcome | |", "|---|---|---|")
    for check in account.checks:
        yield f"| {check.title} | {check.state} | {_cell('; '.join(filter(None, (check.words, *check.details))))} |"


# --- before and now, which the report of a plan tells as well -------------------------------------------------------


def before_and_now_lines(told: Document) -> Iterator[str]:
    """The attempts of both moments beside each other, then what changed; nothing without a `before`."""
    attempts = mappings(told.get("attempts"))
    if not attempts:
        return
    yield from ("", "## Before and after", "", f"The plan was applied at {code_safe(str(told.get('at')))}.", "")
    yield from ("| node | last failing attempt | newest attempt since |", "|---|---|---|")
    for one in attempts:
        yield f"| {_cell(one.get('node'))} | {_attempt(one.get('before'))} | {_attempt(one.get('now'))} |"
    more = told.get("more_nodes")
    yield from ("", f"And {more} more nodes.") if isinstance(more, int) and more > 0 else ()
    for change in mappings(told.get("changes")):
        yield from _change(change)


def _change(change: Document) -> Iterator[str]:
    rows = [row for row in mappings(change.get("rows")) if row.get("changed")]
    names = ", ".join(code_safe(str(node)) for node in items(change.get("nodes")))
    yield from ("", f"Changed on {names}:" if rows else f"Nothing else changed on {names}.", "")
    if rows:
        yield from ("| | before | now |", "|---|---|---|")
    yield from (f"| {_cell(row.get('what'))} | {_cell(row.get('before'))} | {_cell(row.get('now'))} |" for row in rows)


def _attempt(value: object) -> str:
    """`exit 1, 10:00:01 to 10:00:02: its last line`."""
    one = as_mapping(value)
    if not one:
        return "none known"
    code_told = one.get("exit_code")
    ended = "still running" if code_told is None else f"exit {code_told}"
    times = " to ".join(_clock(one.get(name)) for name in ("started", "finished") if one.get(name))
    words = items(one.get("words"))
    return _cell(f"{ended}, {times}") + (f": {code(str(words[-1])).replace('|', chr(92) + '|')}" if words else "")


def _clock(stamp: object) -> str:
    return str(stamp)[11:19]


def _cell(value: object) -> str:
    return code_safe(str(value)).replace("|", "\\|")
