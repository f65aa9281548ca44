"""Label selectors, read as apimachinery `pkg/labels/selector.go` reads them, with its words for what is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnitui.lab.api.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOKEN = re.compile(r"\s*(==|!=|[=!(),<>]|[^\s=!(),<>]+|$)")
_OPERATORS = {"in": "in", "notin": "notin", "=": "in", "==": "in", "!=": "notin", ">": "gt", "<": "lt"}
_SYMBOLS = frozenset("=!(),<>") | {"==", "!=", ""}


@dataclass(frozen=True)
class Requirement:
    """One part of a selector; all parts must hold."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether labels satisfy it; what is not there satisfies the negative operators."""
        value = labels.get(self.key)
        match self.operator:
            case "exists":
                return value is not None
            case "absent":
                return value is None
            case "in":
                return value in self.values
            case "notin":
                return value not in self.values
        bound = next(iter(self.values))
        if value is None or not value.isdecimal() or not bound.isdecimal():
            return False
        return int(value) > int(bound) if self.operator == "gt" else int(value) < int(bound)


def parse(text: str) -> list[Requirement]:
    """The requirements of a selector; 400 where it cannot be read."""
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = [found.group(1) for found in _TOKEN.finditer(text)] or [""]
        self._place = 0

    @property
    def _next(self) -> str:
        return self._tokens[min(self._place, len(self._tokens) - 1)]

    def _take(self) -> str:
        token = self._next
        self._place += 1
        return token

    def parse(self) -> list[Requirement]:
        made: list[Requirement] = []
        if self._next and self._next in _SYMBOLS and self._next != "!":
            raise _unexpected(self._next, "!, identifier, or 'end of string'")
        while self._next:
            made.append(self._requirement())
            token = self._take()
            if not token:
                break
            if token != ",":  # noqa: S105 - a comma
                raise _unexpected(token, "',' or 'end of string'")
            if self._next in _SYMBOLS and self._next != "!":
                raise _unexpected(self._next, "identifier after ','")
        return made

    def _requirement(self) -> Requirement:
        negated = self._next == "!"
        if negated:
            self._take()
        key = self._take()
        if key in _SYMBOLS:
            raise _unreadable(key, "identifier")
        if negated:
            return Requirement(key, "absent")
        if self._next in ("", ","):
            return Requirement(key, "exists")
        token = self._take()
        if token not in _OPERATORS:
            raise _unreadable(token, "in, notin, =, ==, !=, gt, lt")
        values = self._list() if token in ("in", "notin") else {self._value()}
        return Requirement(key, _OPERATORS[token], frozenset(values))

    def _value(self) -> str:
        if self._next in ("", ","):
            return ""
        token = self._take()
        if token in _SYMBOLS:
            raise _unreadable(token, "identifier")
        return token

    def _list(self) -> set[str]:
        token = self._take()
        if token != "(":  # noqa: S105 - a parenthesis
            raise _unexpected(token, "'('", before="unable to parse requirement: ", comma=False)
        values: set[str] = set()
        while True:
            token = self._take()
            if token == ")":  # noqa: S105 - a parenthesis
                return values or {""}
            if token == ",":  # noqa: S105 - a comma
                values.add("")
            elif token in _SYMBOLS:
                raise _unreadable(token, "',', or identifier")
            else:
                values.add(token)
                if self._next not in (",", ")"):
                    raise _unreadable(self._next, "',' or ')'")
                if self._next == ",":
                    self._take()


def _unreadable(token: str, wanted: str) -> ApiError:
    return _unexpected(token, wanted, before="unable to parse requirement: ")


def _unexpected(token: str, wanted: str, *, before: str = "", comma: bool = True) -> ApiError:
    return ApiError(400, f"{before}found '{token}'{',' if comma else ''} expected: {wanted}")
