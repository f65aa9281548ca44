"""Takes secrets out of evidence before it is written, and says what it took.

A placeholder tells kind and size (`[redacted: bearer token, 812 characters]`), because that a token was there, and how
long it was, can be evidence. When in doubt a value is hidden; but words of prose are not (`token: permission denied`),
since those are what the causes are judged by. Redacting twice changes nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TypeVar, cast

from cnitui.domain.recording import Hidden

F = TypeVar("F")

_SENSITIVE = (
    r"(?:token|passw(?:or)?d|passphrase|secret|credentials?|client-key-data|client-certificate-data|"
    r"(?:private|api|access|secret|encryption)[_-]?key(?:[_-]?(?:id|data))?)"
)
_SENSITIVE_NAME = re.compile(
    r"token$|passw(?:or)?d|passphrase|secret(?:key)?$|credentials?$|client-key-data|client-certificate-data|"
    r"(?:private|api|access|secret|encryption)[_-]?key(?:[_-]?(?:id|data))?$|^auth$",
    re.IGNORECASE,
)
_PLACEHOLDER = "[redacted:"
_LONGEST = 200_000


@dataclass(frozen=True, slots=True)
class _Rule:
    """A pattern whose group `secret` is hidden; `hint` must occur (lower case) for the pattern to be tried at all."""

    what: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    wanted: Callable[[str], bool] = bool


def _looks_random(value: str) -> bool:
    """Whether a bare word after `token:` is a token rather than a word of a sentence, a path or a number."""
    if value.startswith(("/", _PLACEHOLDER)) or value.replace(".", "").isdigit():
        return False
    return any(sign.isdigit() for sign in value) or len(value) >= 20


def _is_value(value: str) -> bool:
    return bool(value) and not value.startswith(_PLACEHOLDER)


_KEYS = ("token", "passw", "passphrase", "secret", "credential", "key", "auth", "client-")
_RULES = (
    _Rule(
        "private key",
        ("private key-----",),
        re.compile(
            r"(?P<secret>-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----"
            r"(?:[^\"']{0,20000}?-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|[^\"']{0,4000}))"
        ),
    ),
    _Rule(
        "JSON web token",
        ("eyj",),
        re.compile(r"(?P<secret>\beyJ[\w-]{8,20000}\.[\w-]{8,20000}(?:\.[\w-]{0,20000})?)"),
    ),
    _Rule(
        "bearer token",
        ("bearer",),
        re.compile(r"\bbearer[ \t]{1,8}(?P<secret>[\w.~+/=-]{8,20000})", re.IGNORECASE),
        _looks_random,
    ),
    _Rule(
        "credentials",
        ("authorization", "cookie"),
        re.compile(
            r"\b(?:authorization[\"'\\]{0,4}\s{0,3}[:=]\s{0,3}[\"'\\\[]{0,4}(?:basic|digest|negotiate|token|aws4\S{0,20})\s{1,3}"
            r"|cookie:\s{0,3})(?P<secret>[^\s\"'\\][^\n\"'\\]{3,20000})",
            re.IGNORECASE,
        ),
        _is_value,
    ),
    _Rule(
        "value of a secret field",
        ("auth",),
        re.compile(r"\"auth\\{0,4}\"\s{0,8}:\s{0,8}\\{0,4}\"(?P<secret>[A-Za-z0-9+/=]{8,20000})", re.IGNORECASE),
        _is_value,
    ),
    _Rule(
        "credentials in a URL",
        ("://",),
        re.compile(r"://(?P<secret>[^\s/@:\"'<>]{0,500}:[^\s/@\"'<>]{1,2000})@"),
        _is_value,
    ),
    _Rule(
        "value of a secret field",
        _KEYS,
        re.compile(
            rf"{_SENSITIVE}(?P<q>\\{{0,4}}[\"'])\s{{0,8}}:\s{{0,8}}(?P=q)(?P<secret>(?:(?!(?P=q)).){{1,{_LONGEST}}}?)(?P=q)",
            re.IGNORECASE,
        ),
        _is_value,
    ),
    _Rule(
        "value of a secret variable",
        _KEYS,
        re.compile(
            rf"\"(?:name|key)\"\s{{0,8}}:\s{{0,8}}\"[\w.-]{{0,200}}?{_SENSITIVE}\"\s{{0,200}},\s{{0,200}}\"value\"\s{{0,8}}:\s{{0,8}}"
            rf"\"(?P<secret>(?:[^\"\\]|\\.){{1,{_LONGEST}}})\"",
            re.IGNORECASE,
        ),
        _is_value,
    ),
    _Rule(
        "value of a secret field",
        _KEYS,
        re.compile(
            rf"^(?:\d{{4}}-\d\d-[\dT:.Z+-]{{5,40}})?[ \t-]{{0,200}}[\w.-]{{0,80}}?{_SENSITIVE}"
            rf"[ \t]{{0,8}}:[ \t]{{1,8}}(?P<secret>[^\s\"'|>&*{{\[][^\s\"']{{0,{_LONGEST}}})[ \t]*$",
            re.IGNORECASE | re.MULTILINE,
        ),
        lambda value: _is_value(value) and not value.startswith("/"),
    ),
    _Rule(
        "value of a secret field",
        _KEYS,
        re.compile(rf"{_SENSITIVE}:[ \t]{{0,3}}(?P<secret>[\w.~+/=-]{{6,20000}})(?=[\s\"'\\,;)}}\]]|$)", re.IGNORECASE),
        _looks_random,
    ),
    _Rule(
        "password",
        ("passw", "passphrase"),
        re.compile(
            r"(?:passw(?:or)?d|passphrase):[ \t]{1,3}(?P<secret>[^\s\"'\\,;]{4,2000})(?=[\s,;]|$)", re.IGNORECASE
        ),
        _looks_random,
    ),
    _Rule(
        "value of a secret variable",
        _KEYS,
        re.compile(
            rf"{_SENSITIVE}=(?P<q>\\{{0,4}}[\"'])(?P<secret>(?:(?!(?P=q)).){{1,{_LONGEST}}}?)(?P=q)",
            re.IGNORECASE,
        ),
        lambda value: _is_value(value) and not value.startswith("/"),
    ),
    _Rule(
        "value of a secret variable",
        _KEYS,
        re.compile(rf"{_SENSITIVE}=(?P<secret>[^\s\"'\\&]{{3,{_LONGEST}}})", re.IGNORECASE),
        lambda value: _is_value(value) and not value.startswith(("/", "<nil>")),
    ),
    _Rule(
        "value of a secret option",
        ("--",),
        re.compile(
            rf"(?<![-\w])--(?:\w{{1,20}}-){{0,4}}{_SENSITIVE}[ \t]{{1,3}}(?P<secret>[^\s\"'-][^\s\"']{{3,2000}})",
            re.IGNORECASE,
        ),
        lambda value: _is_value(value) and not value.startswith("/"),
    ),
    _Rule("access key", ("akia", "asia"), re.compile(r"\b(?P<secret>(?:AKIA|ASIA)[0-9A-Z]{16})\b")),
    _Rule(
        "access token",
        ("gh", "glpat-", "xox"),
        re.compile(r"\b(?P<secret>gh[pousr]_\w{30,255}|glpat-[\w-]{20,255}|xox[abprs]-[\w-]{10,255})\b"),
    ),
)


_ANY_HINT = re.compile("|".join(sorted({re.escape(hint) for rule in _RULES for hint in rule.hints})))
"""Most texts have none, and this alone is asked of them."""


class Redactor:
    """Redacts texts and counts what it hid, per text that it is told the name of."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    @property
    def counts(self) -> Mapping[tuple[str, str], int]:
        """(text's name, kind of secret) to how often."""
        return dict(self._counts)

    @property
    def hidden(self) -> tuple[Hidden, ...]:
        """The same as a list: by text, then by kind."""
        return tuple(Hidden(what, count, where) for (where, what), count in sorted(self._counts.items()))

    def text(self, text: str, where: str) -> str:
        """The text without secrets."""
        lowered = text.lower()
        if _ANY_HINT.search(lowered) is None:
            return text
        for rule in _RULES:
            if any(hint in lowered for hint in rule.hints):
                text = rule.pattern.sub(lambda match, rule=rule: self._hidden(match, rule, where), text)  # type: ignore[misc]
        return text

    def data(self, data: bytes, where: str) -> bytes:
        """As `text`, for bytes; broken UTF-8 stays as it is."""
        return self.text(data.decode("utf-8", "surrogateescape"), where).encode("utf-8", "surrogateescape")

    def document(self, document: object, where: str) -> object:
        """As `text`, for plain data of the API: by the names of fields, of variables and by what values look like."""
        return self._plain(document, where, "")

    def fact(self, fact: F, where: str) -> F:
        """As `text`, for a frozen dataclass (or a tuple or mapping of some) and every text in it."""
        return cast("F", self._told(fact, where))

    def _told(self, value: object, where: str) -> object:
        if type(value) is str:
            return self.text(value, where)
        if isinstance(value, tuple):
            return tuple(self._told(item, where) for item in value)
        if isinstance(value, Mapping):
            return {self._told(key, where): self._told(item, where) for key, item in value.items()}
        if not is_dataclass(value) or isinstance(value, type):
            return value
        found = {one.name: getattr(value, one.name) for one in fields(value) if one.init}
        clean = {name: self._told(item, where) for name, item in found.items()}
        changed = {name: item for name, item in clean.items() if item != found[name]}
        return replace(value, **changed) if changed else value

    def _plain(self, value: object, where: str, name: str) -> object:
        if isinstance(value, str):
            if value and is_secret_name(name) and not value.startswith((_PLACEHOLDER, "/")):
                return self._placeholder("value of a secret field", value, where)
            return self.text(value, where)
        if isinstance(value, Mapping):
            return self._mapping(value, where)
        if isinstance(value, list | tuple):
            return [self._plain(item, where, name) for item in value]
        return value

    def _mapping(self, mapping: Mapping[object, object], where: str) -> dict[str, object]:
        if mapping.get("kind") == "Secret":
            mapping = {key: self._emptied(key, value, where) for key, value in mapping.items()}
        variable = mapping.get("name")
        secret = isinstance(variable, str) and is_secret_name(variable)
        return {
            self.text(str(key), where): self._plain(
                value, where, str(variable) if secret and key == "value" else str(key)
            )
            for key, value in mapping.items()
        }

    def _emptied(self, key: object, value: object, where: str) -> object:
        if key not in ("data", "stringData") or not isinstance(value, Mapping):
            return value
        return {name: self._placeholder("Secret's data", str(data), where) for name, data in value.items()}

    def _hidden(self, match: re.Match[str], rule: _Rule, where: str) -> str:
        secret = match["secret"]
        if secret.startswith(_PLACEHOLDER) or not rule.wanted(secret):
            return match[0]
        begin, end = match.start("secret") - match.start(), match.end("secret") - match.start()
        return match[0][:begin] + self._placeholder(rule.what, secret, where) + match[0][end:]

    def _placeholder(self, what: str, secret: str, where: str) -> str:
        if secret.startswith(_PLACEHOLDER):
            return secret
        self._counts[where, what] += 1
        return f"{_PLACEHOLDER} {what}, {len(secret)} characters]"


PART = 16_384
_KEY_BEGINS, _KEY_ENDS = b"PRIVATE KEY-----", b"-----END "


def parts_of(data: bytes) -> Iterator[bytes]:
    """A long text in whole lines of about `PART` bytes, to be redacted one after the other; no private key is cut."""
    part: list[bytes] = []
    size, inside = 0, False
    for line in data.splitlines(keepends=True):
        part.append(line)
        size += len(line)
        if _KEY_BEGINS in line:
            inside = _KEY_ENDS not in line
        if size >= (PART * 4 if inside else PART):
            yield b"".join(part)
            part, size = [], 0
    if part:
        yield b"".join(part)


def hidden_words(hidden: Iterable[Hidden]) -> str:
    """`2 × bearer token, 1 × private key`; "" when nothing was hidden."""
    counts: Counter[str] = Counter()
    for one in hidden:
        counts[one.what] += one.count
    return ", ".join(f"{count} × {what}" for what, count in sorted(counts.items()))


def is_secret_name(name: str) -> bool:
    """Whether a field or variable of this name holds a secret."""
    return _SENSITIVE_NAME.search(name) is not None


def redacted(texts: Iterable[str]) -> tuple[str, ...]:
    """Texts without secrets, where nobody counts."""
    redactor = Redactor()
    return tuple(redactor.text(text, "") for text in texts)
