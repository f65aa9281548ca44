"""Rules of SELinux file contexts as `semanage fcontext -l` and `-lC` print them."""

from __future__ import annotations

import re

from cnitui.domain.parsing.lines import numbered
from cnitui.domain.relabelling import NONE, Rule

_KINDS = "all files|regular file|directory|character device|block device|socket|symbolic link|named pipe"
_RULE = re.compile(rf"(?P<spec>/[!-~]{{0,2000}}) +(?P<kind>{_KINDS}) +(?P<context>[!-~]{{1,800}}) *")
MOST_RULES = 2_000


def parse_fcontext(text: str) -> tuple[Rule, ...]:
    """The rules in their order; headings and equivalences (`/a = /b`) are none."""
    matches = (_RULE.fullmatch(line) for _, line in numbered(text))
    rules = (Rule(match["spec"], match["kind"], _context(match["context"])) for match in matches if match)
    return tuple(rule for rule, _ in zip(rules, range(MOST_RULES), strict=False))


def _context(text: str) -> str:
    return NONE if text.lower() == NONE else text
