"""Takes secrets out of evidence before it is written, and says what it took.

A placeholder tells kind and size (`[redacted: bearer token, 812 characters]`), because that a token was there, and how
long it was, can be evidence. When in doubt a value is hidden; but words of prose are not (`token: permission denied`),
since those are what the causes are judged by. Redacting twice changes nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, TypeVar, cast

from cnitui.domain.recording import Hidden

if TYPE_CHECKING:
    from cnitui.domain.secret_patterns import Rule

F = TypeVar("F")

_SENSITIVE_NAME = re.compile(
    r"token$|passw(?:or)?d|passphrase|secret(?:key)?$|credentials?$|client-key-data|client-certificate-data|"
    r"(?:private|api|access|secret|encryption)[_-]?key(?:[_-]?(?:id|data))?$|^auth$",
    re.IGNORECASE,
)
PLACEHOLDER = "[redacted:"
"""How what stands for a secret begins."""


class Redactor:
    """Redacts texts and counts what it hid, per text that it is told the name of."""

    def __init__(self) -> None:
        from cnitui.domain.secret_patterns import ANY_HINT, RULES  # compiled when something is hidden

        self._any_hint, self._rules = ANY_HINT, RULES
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
        if self._any_hint.search(lowered) is None:
            return text
        for rule in self._rules:
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
            if value and is_secret_name(name) and not value.startswith((PLACEHOLDER, "/")):
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

    def _hidden(self, match: re.Match[str], rule: Rule, where: str) -> str:
        secret = match["secret"]
        if secret.startswith(PLACEHOLDER) or not rule.wanted(secret):
            return match[0]
        begin, end = match.start("secret") - match.start(), match.end("secret") - match.start()
        return match[0][:begin] + self._placeholder(rule.what, secret, where) + match[0][end:]

    def _placeholder(self, what: str, secret: str, where: str) -> str:
        if secret.startswith(PLACEHOLDER):
            return secret
        self._counts[where, what] += 1
        return f"{PLACEHOLDER} {what}, {len(secret)} characters]"


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
