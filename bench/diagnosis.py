"""Scores the diagnosis on a folder of recorded cases: `python bench/diagnosis.py DIR`.

A case counts as right when the first cause is its `root_cause` or one of `accepted_causes`; for one that is unresolved
or accepts `unknown`, an answer without a confident cause that names the next evidence is right as well. `exact` counts
the root cause itself. Confident-wrong counts cases in which any confident cause is outside of both lists, whichever its
rank; SELinux false positives those of them where it is a selinux cause.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cnitui.domain.diagnosis import diagnose
from cnitui.domain.finding import Diagnosis
from cnitui.domain.ranking import claims
from cnitui.gateways.casefile import read_case
from cnitui.gateways.documents import load_yaml


@dataclass(frozen=True, slots=True)
class Score:
    """One case and how it was judged."""

    name: str
    root: str
    accepted: tuple[str, ...]
    confidence: str
    diagnosis: Diagnosis
    milliseconds: float

    @property
    def fair(self) -> tuple[str, ...]:
        """Every answer that counts as right."""
        return (self.root, *self.accepted)

    @property
    def order(self) -> tuple[str, ...]:
        """Causes as ranked, each once."""
        return tuple(dict.fromkeys(finding.cause for finding in self.diagnosis.findings))

    @property
    def confident(self) -> tuple[str, ...]:
        """What a person would act on."""
        return tuple(finding.cause for finding in self.diagnosis.confident)

    @property
    def honest_doubt(self) -> bool:
        """Whether not to decide is right here, and it did not, and said what would."""
        undecidable = self.confidence == "unresolved" or "unknown" in self.fair
        return undecidable and not self.confident and bool(self.diagnosis.next_evidence)

    @property
    def right(self) -> bool:
        """Top-1."""
        return (self.order[:1] != () and self.order[0] in self.fair) or self.honest_doubt

    @property
    def among_three(self) -> bool:
        """Top-3, among the causes that are at least possible."""
        named = [finding.cause for finding in self.diagnosis.findings if claims(finding)]
        return self.right or any(cause in self.fair for cause in tuple(dict.fromkeys(named))[:3])

    @property
    def wrong(self) -> tuple[str, ...]:
        """Confident causes that are no fair answer."""
        return tuple(cause for cause in self.confident if cause not in self.fair)


def main() -> int:
    """Print the score; exit 1 when a target is missed."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("-v", "--verbose", action="store_true", help="print every case")
    given = arguments.parse_args()
    scores = [_score(path) for path in sorted(given.folder.glob("*.y*ml"))]
    if not scores:
        sys.stderr.write(f"{given.folder}: no cases (*.yaml)\n")
        return 2
    print("\n".join(_lines(scores, verbose=given.verbose)))
    return 0 if _reached(scores) else 1


def _score(path: Path) -> Score:
    document = load_yaml(path.read_bytes(), str(path))
    truth: Mapping[object, object] = document if isinstance(document, Mapping) else {}
    accepted = truth.get("accepted_causes")
    started = time.perf_counter()
    diagnosis = diagnose(read_case(path))
    spent = (time.perf_counter() - started) * 1000
    return Score(
        path.stem,
        str(truth.get("root_cause")),
        tuple(map(str, accepted)) if isinstance(accepted, list) else (),
        str(truth.get("confidence")),
        diagnosis,
        spent,
    )


def _share(scores: list[Score], quality: str) -> float:
    return sum(bool(getattr(score, quality)) for score in scores) / max(1, len(scores))


def _established(scores: list[Score]) -> list[Score]:
    return [score for score in scores if score.confidence == "established"]


def _reached(scores: list[Score]) -> bool:
    settled = _share(scores, "right") >= 0.95 and _share(_established(scores), "right") >= 0.97
    return settled and not any(score.wrong for score in scores)


def _lines(scores: list[Score], *, verbose: bool) -> Iterator[str]:
    times = [score.milliseconds for score in scores]
    selinux = [score for score in scores if any(cause.startswith("selinux") for cause in score.wrong)]
    first_wrong = [score for score in scores if score.order and score.confident and score.order[0] in score.wrong]
    yield f"cases                     {len(scores)}"
    yield f"top-1                     {_share(scores, 'right'):7.1%}"
    yield f"top-1, established        {_share(_established(scores), 'right'):7.1%}  of {len(_established(scores))}"
    yield f"top-3                     {_share(scores, 'among_three'):7.1%}"
    yield f"exact                     {sum(s.order[:1] == (s.root,) for s in scores) / len(scores):7.1%}"
    yield f"confident                 {_share(scores, 'confident'):7.1%}"
    yield f"confident-wrong           {sum(bool(s.wrong) for s in scores):5d}    at the first place {len(first_wrong)}"
    yield f"SELinux false positives   {len(selinux):5d}"
    yield f"ms per case               median {statistics.median(times):.1f}, worst {max(times):.1f}"
    for score in scores:
        if verbose or not score.right or score.wrong:
            yield _told(score)


def _told(score: Score) -> str:
    mark = "ok  " if score.right and not score.wrong else "MISS"
    named = [f"{f.cause}={f.verdict.value}/{f.judgement.weight}" for f in score.diagnosis.findings if claims(f)]
    return (
        f"{mark} {score.name} ({score.confidence}): {'|'.join(score.fair)} <- {', '.join(named[:5]) or score.order[:1]}"
    )


if __name__ == "__main__":
    sys.exit(main())
