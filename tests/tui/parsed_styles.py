"""What stylesheets say, parsed once for all apps of one process: each of hundreds would parse the same text anew."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pytest
from textual.css import stylesheet
from textual.css.model import RuleSet
from textual.css.parse import parse
from textual.css.tokenize import tokenize_values
from textual.css.tokenizer import Token
from textual.css.types import CSSLocation

Tokens = dict[str, list[Token]]

_rules: dict[tuple[object, ...], list[RuleSet]] = {}


def share(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the test's apps: the rules of a text, with the same variables, are those of the app that had it first."""
    monkeypatch.setattr(stylesheet, "tokenize_values", _tokens_of)
    monkeypatch.setattr(stylesheet, "parse", _parsed)


def _tokens_of(variables: Mapping[str, str]) -> Tokens:
    return _tokens(tuple(variables.items()))


@cache
def _tokens(variables: tuple[tuple[str, str], ...]) -> Tokens:
    return tokenize_values(dict(variables))


def _parsed(
    scope: str, css: str, read_from: CSSLocation, *, variable_tokens: Tokens, is_default_rules: bool, tie_breaker: int
) -> list[RuleSet]:
    known = (id(variable_tokens), scope, css, read_from, is_default_rules, tie_breaker)  # `_tokens` keeps them
    if known not in _rules:
        _rules[known] = list(
            parse(
                scope,
                css,
                read_from,
                variable_tokens=variable_tokens,
                is_default_rules=is_default_rules,
                tie_breaker=tie_breaker,
            )
        )
    return _rules[known]
