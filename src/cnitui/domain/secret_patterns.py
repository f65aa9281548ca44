"""How secrets look: patterns whose group `secret` is hidden. Only who hides something needs them, so nobody else waits
for their compilation.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from cnitui.domain.redaction import PLACEHOLDER
from cnitui.late_dataclass import dataclass

_SENSITIVE = (
    r"(?:token|passw(?:or)?d|passphrase|secret|credentials?|client-key-data|client-certificate-data|"
    r"(?:private|api|access|secret|encryption)[_-]?key(?:[_-]?(?:id|data))?)"
)
_LONGEST = 200_000


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern whose group `secret` is hidden; `hint` must occur (lower case) for the pattern to be tried at all."""

    what: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    wanted: Callable[[str], bool] = bool


def _looks_random(value: str) -> bool:
    """Whether a bare word after `token:` is a token rather than a word of a sentence, a path or a number."""
    if value.startswith(("/", PLACEHOLDER)) or value.replace(".", "").isdigit():
        return False
    return any(sign.isdigit() for sign in value) or len(value) >= 20


def _is_value(value: str) -> bool:
    return bool(value) and not value.startswith(PLACEHOLDER)


_KEYS = ("token", "passw", "passphrase", "secret", "credential", "key", "auth", "client-")
RULES = (
    Rule(
        "private key",
        ("private key-----",),
        re.compile(
            r"(?P<secret>-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----"
            r"(?:[^\"']{0,20000}?-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|[^\"']{0,4000}))"
        ),
    ),
    Rule(
        "JSON web token",
        ("eyj",),
        re.compile(r"(?P<secret>\beyJ[\w-]{8,20000}\.[\w-]{8,20000}(?:\.[\w-]{0,20000})?)"),
    ),
    Rule(
        "bearer token",
        ("bearer",),
        re.compile(r"\bbearer[ \t]{1,8}(?P<secret>[\w.~+/=-]{8,20000})", re.IGNORECASE),
        _looks_random,
    ),
    Rule(
        "credentials",
        ("authorization", "cookie"),
        re.compile(
            r"\b(?:authorization[\"'\\]{0,4}\s{0,3}[:=]\s{0,3}[\"'\\\[]{0,4}(?:basic|digest|negotiate|token|aws4\S{0,20})\s{1,3}"
            r"|cookie:\s{0,3})(?P<secret>[^\s\"'\\][^\n\"'\\]{3,20000})",
            re.IGNORECASE,
        ),
        _is_value,
    ),
    Rule(
        "value of a secret field",
        ("auth",),
        re.compile(r"\"auth\\{0,4}\"\s{0,8}:\s{0,8}\\{0,4}\"(?P<secret>[A-Za-z0-9+/=]{8,20000})", re.IGNORECASE),
        _is_value,
    ),
    Rule(
        "credentials in a URL",
        ("://",),
        re.compile(r"://(?P<secret>[^\s/@:\"'<>]{0,500}:[^\s/@\"'<>]{1,2000})@"),
        _is_value,
    ),
    Rule(
        "value of a secret field",
        _KEYS,
        re.compile(
            rf"{_SENSITIVE}(?P<q>\\{{0,4}}[\"'])\s{{0,8}}:\s{{0,8}}(?P=q)(?P<secret>(?:(?!(?P=q)).){{1,{_LONGEST}}}?)(?P=q)",
            re.IGNORECASE,
        ),
        _is_value,
    ),
    Rule(
        "value of a secret variable",
        _KEYS,
        re.compile(
            rf"\"(?:name|key)\"\s{{0,8}}:\s{{0,8}}\"[\w.-]{{0,200}}?{_SENSITIVE}\"\s{{0,200}},\s{{0,200}}\"value\"\s{{0,8}}:\s{{0,8}}"
            rf"\"(?P<secret>(?:[^\"\\]|\\.){{1,{_LONGEST}}})\"",
            re.IGNORECASE,
        ),
        _is_value,
    ),
    Rule(
        "value of a secret field",
        _KEYS,
        re.compile(
            rf"^(?:\d{{4}}-\d\d-[\dT:.Z+-]{{5,40}})?[ \t-]{{0,200}}[\w.-]{{0,80}}?{_SENSITIVE}"
            rf"[ \t]{{0,8}}:[ \t]{{1,8}}(?P<secret>[^\s\"'|>&*{{\[][^\s\"']{{0,{_LONGEST}}})[ \t]*$",
            re.IGNORECASE | re.MULTILINE,
        ),
        lambda value: _is_value(value) and not value.startswith("/"),
    ),
    Rule(
        "value of a secret field",
        _KEYS,
        re.compile(rf"{_SENSITIVE}:[ \t]{{0,3}}(?P<secret>[\w.~+/=-]{{6,20000}})(?=[\s\"'\\,;)}}\]]|$)", re.IGNORECASE),
        _looks_random,
    ),
    Rule(
        "password",
        ("passw", "passphrase"),
        re.compile(
            r"(?:passw(?:or)?d|passphrase):[ \t]{1,3}(?P<secret>[^\s\"'\\,;]{4,2000})(?=[\s,;]|$)", re.IGNORECASE
        ),
        _looks_random,
    ),
    Rule(
        "value of a secret variable",
        _KEYS,
        re.compile(
            rf"{_SENSITIVE}=(?P<q>\\{{0,4}}[\"'])(?P<secret>(?:(?!(?P=q)).){{1,{_LONGEST}}}?)(?P=q)",
            re.IGNORECASE,
        ),
        lambda value: _is_value(value) and not value.startswith("/"),
    ),
    Rule(
        "value of a secret variable",
        _KEYS,
        re.compile(rf"{_SENSITIVE}=(?P<secret>[^\s\"'\\&]{{3,{_LONGEST}}})", re.IGNORECASE),
        lambda value: _is_value(value) and not value.startswith(("/", "<nil>")),
    ),
    Rule(
        "value of a secret option",
        ("--",),
        re.compile(
            rf"(?<![-\w])--(?:\w{{1,20}}-){{0,4}}{_SENSITIVE}[ \t]{{1,3}}(?P<secret>[^\s\"'-][^\s\"']{{3,2000}})",
            re.IGNORECASE,
        ),
        lambda value: _is_value(value) and not value.startswith("/"),
    ),
    Rule("access key", ("akia", "asia"), re.compile(r"\b(?P<secret>(?:AKIA|ASIA)[0-9A-Z]{16})\b")),
    Rule(
        "access token",
        ("gh", "glpat-", "xox"),
        re.compile(r"\b(?P<secret>gh[pousr]_\w{30,255}|glpat-[\w-]{20,255}|xox[abprs]-[\w-]{10,255})\b"),
    ),
)


ANY_HINT = re.compile("|".join(sorted({re.escape(hint) for rule in RULES for hint in rule.hints})))
"""Most texts have none, and this alone is asked of them."""
