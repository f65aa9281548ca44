"""Which finding comes first: one pure function, apart from the judging."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cnitui.domain.finding import Finding, Verdict

UNKNOWN = "unknown"


def ranked(findings: Iterable[Finding], catalogue_order: Sequence[str]) -> tuple[Finding, ...]:
    """Best first: the stronger verdict, the more specific evidence, more nodes, then the catalogue's order.

    `unknown` leads when nothing else is at least possible; otherwise it follows the last finding that claims anything,
    because then the evidence does point somewhere. What people name and nothing speaks for or against comes next: it is
    no claim, and when there is none it is what to look at first.
    """
    everything = tuple(findings)
    place = {cause: number for number, cause in enumerate(catalogue_order)}

    def order(finding: Finding) -> tuple[int, int, int, int]:
        judgement = finding.judgement
        return (
            judgement.verdict.rank,
            -judgement.weight,
            -len(finding.nodes) - len(finding.alike),
            place.get(finding.cause, len(place)),
        )

    known = sorted((finding for finding in everything if finding.cause != UNKNOWN), key=order)
    unknown = sorted((finding for finding in everything if finding.cause == UNKNOWN), key=order)
    claiming = [finding for finding in known if claims(finding)]
    named = [finding for finding in known[len(claiming) :] if _named(finding)]
    silent = [finding for finding in known[len(claiming) :] if not _named(finding)]
    return (*claiming, *unknown, *named, *silent) if claiming else (*named, *unknown, *silent)


def claims(finding: Finding) -> bool:
    """Whether it is at least possible."""
    return finding.verdict.rank <= Verdict.POSSIBLE.rank


def _named(finding: Finding) -> bool:
    return finding.verdict is Verdict.UNDETERMINED and finding.judgement.weight > 0
