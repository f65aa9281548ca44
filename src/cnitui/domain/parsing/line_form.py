"""What a line is before what it says: settings, dumps and ordinary course are no reports of trouble.

A program prints its flags, its structures and its steps while all is well, and these are full of words such as
`unauthorized`, `OomKill` and `mount`. What is left of a line once they are taken out is what it reports; of a line that
the program itself calls information, only what names trouble.

Sources: klog's header (k8s.io/klog/v2, `Lmmdd hh:mm:ss.uuuuuu threadid file:line]`); `FLAG:` lines of
k8s.io/component-base/cli/flag; Go's `%+v` (pkg fmt); logrus, zap and slog for `level=info` and `"level":"info"`.
"""

from __future__ import annotations

import re

_KLOG_INFORMATION = re.compile(
    r"(?:^|[\s:\]])I(?:0[1-9]|1[0-2])[0-3]\d \d\d:\d\d:\d\d\S{0,10}\s+\d+ [\w./-]{1,80}:\d+\]"
)
_LEVEL_INFORMATION = re.compile(
    r"\[(?:INFO|DEBUG|TRACE)\]|\blevel=\"?(?:info|debug|trace)\b|\"(?:level|lvl|severity)\": ?\"(?:info|debug|trace)\"|"
    r"^\S{0,40}\s{0,4}(?:INFO|DEBUG)\s",
    re.IGNORECASE,
)
_FLAG_LINE = re.compile(r"\bFLAG: --|\bflags?\.go:\d+\]\s*(?:FLAG|--)")
_FLAGS = re.compile(r"(?<!\S)--[a-zA-Z][\w.-]{1,80}(?:=(?:\"[^\"]{0,400}\"|'[^']{0,400}'|\S{0,400}))?")
_DUMP = re.compile(r"&?\{[A-Z]\w{1,60}:[^{}]{0,4000}\}|\bmap\[[\w./-]{1,80}:[^\[\]]{0,4000}\]")
_TOLD = re.compile(r"\bReason:\w{1,60}[ ,]Message:(?P<message>[^{}]{1,2000})")
"""What a condition or a state of Kubernetes tells in words; the rest of it is structure."""
_CUT_DUMP = re.compile(r"&\{[A-Z]\w{1,60}:.*$")
_TROUBLE = re.compile(
    r"\bfail(?:ed|ure|ures|ing|s)?\b|error|denied|refus|\bfatal\b|panic|\bunable\b|\bcan(?:'|no)t\b|could ?n[o']t|"
    r"\b(?:not|no|never|without|missing|invalid|unknown|expired|lost|stale|unhealthy|conflict\w{0,5}|mismatch\w{0,5}|"
    r"exceed\w{0,5}|exhaust\w{0,5}|evict\w{0,5}|kill(?:ed|ing)|dead|deadlock|corrupt\w{0,4}|unreachable|retry\w{0,5}|"
    r"retries|rejected|forbidden|skipp\w{0,4}|disappear\w{0,4}|different|already)\b|unauthori[sz]ed|x509|timed? ?out|"
    r"timeout|back-?off|(?-i:\bE[A-Z]{3,10}\b)|n't\b",
    re.IGNORECASE,
)
_CHOICE = re.compile(r"\bauto-?detected IPv[46] address", re.IGNORECASE)
"""A choice is told as information, and may be the fault itself."""
_SENTENCE = re.compile(r"\(?[A-Za-z][\w'’-]{0,30}(?:[ ,;]{1,2}\(?[\w.'’/-]{1,40}\)?){2,120}[.!?)]?\s{0,3}$")
_SMALL_WORDS = re.compile(
    r"\b(?:is|are|was|were|has|have|had|the|a|an|it|we|i|my|our|after|before|when|if|with|without|that|this|does|did)\b",
    re.IGNORECASE,
)
_ENOUGH_SMALL_WORDS = 1
_FIRST_PERSON = re.compile(
    r"(?<![\w'\"`/.=-])(?:I|I'(?:m|ve|d)|[Ww]e|[Ww]e'(?:re|ve)|[Mm]y|[Oo]ur)(?![\w'\"`/.=-])|"
    r"\b(?:it seems|seems (?:to be|like)|looks like|I guess|not sure)\b"
)
_PRINTED = re.compile(
    r"^\S{0,3}\d{4}-\d\d-\d\d|\[[A-Z]{4,7}\]\[|\b(?:level|msg|error|err)=|(?:^|\s)[IWEF]\d{4} \d\d:|"
    r"^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:|^\s*(?:Normal|Warning)\s|\bavc: |^\[|\|"
)
_FEWEST_WORDS = 5
_MANY_SMALL_WORDS = 4
_SEVERAL = 2
"""Flags that make a line a command line; one alone may be what an error is about."""


def reported(line: str) -> str:
    """What of a line may be evidence: "" for settings and ordinary course, else the line without flags and dumps."""
    if _FLAG_LINE.search(line):
        return ""
    text = _without_dumps(line) if "{" in line or "map[" in line else line
    if "--" in text and len(_FLAGS.findall(text)) >= _SEVERAL:
        text = _FLAGS.sub("", text)
    return "" if informs(line) and not _TROUBLE.search(text) and not _CHOICE.search(text) else text


def sentence(line: str) -> bool:
    """Whether it reads like somebody's own words: words with small ones among them, and none of a program's signs.

    Good enough for what people name, which claims nothing; a program's sentence does no harm there.
    """
    text = line.strip().lstrip("#>-* ").replace("`", "")
    return len(_SMALL_WORDS.findall(text)) >= _ENOUGH_SMALL_WORDS and _SENTENCE.match(text) is not None


def personal(line: str) -> bool:
    """Whether a person tells it: of what they did or saw, or at the length at which people write and programs do not.

    What such a line says is told, and no program printed it. Behind a colon often stands what a program printed.
    """
    words, _, rest = line.strip().partition(": ")
    return _PRINTED.search(words) is None and (_tells(words) or _tells(rest.partition(": ")[0]))


def _tells(text: str) -> bool:
    if len(text.split()) < _FEWEST_WORDS or _PRINTED.search(text):
        return False
    return _FIRST_PERSON.search(text) is not None or len(_SMALL_WORDS.findall(text)) >= _MANY_SMALL_WORDS


def informs(line: str) -> bool:
    """Whether the program itself calls the line information."""
    return _KLOG_INFORMATION.search(line) is not None or _LEVEL_INFORMATION.search(line) is not None


def _without_dumps(line: str) -> str:
    """Structures as Go prints them, the inner ones first; JSON has quoted names and stays."""
    while True:
        text = _DUMP.sub(_told, line)
        if text == line:
            return _CUT_DUMP.sub("", text)
        line = text


def _told(dump: re.Match[str]) -> str:
    told = _TOLD.search(dump[0])
    return told["message"] if told else ""
