"""Splits a command line into words and operators, quotes understood."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cnitui.lab.shell.syntax import Part, Word

OPERATORS = ("&&", "||", ";;", ";", "|", "&", "(", ")", "\n")
_OPERATOR = re.compile("|".join(map(re.escape, OPERATORS)))
_REDIRECT = re.compile(r"(\d*)(&>|>>|>&|>|<&|<)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9?#@*$!]")
_PLAIN = re.compile(r"""[^ \t\n;&|()<>'"\\$`]+""")
_PLAIN_IN_QUOTES = re.compile(r"""[^"\\$`]+""")
_HOME = re.compile(r"~([a-z_][\w-]*)?(?=[/\s;&|()<>]|$)")
_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", "'": "'", '"': '"', "e": "\x1b", "a": "\a", "r": "\r"}


class ShellSyntaxError(Exception):
    """The line cannot be read; the message is bash's."""


@dataclass(frozen=True)
class Token:
    """An operator (`word` empty) or a word; `text` is its source."""

    text: str
    word: Word = ()
    operator: bool = False


class Lexer:
    """Reads one source text."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0

    def tokens(self) -> list[Token]:
        """All of them."""
        found: list[Token] = []
        while self._at < len(self._source):
            char = self._source[self._at]
            if char in " \t" or self._source.startswith("\\\n", self._at):
                self._at += 2 if char == "\\" else 1
            elif char == "#":
                end = self._source.find("\n", self._at)
                self._at = len(self._source) if end < 0 else end
            else:
                found.append(self._token())
        return found

    def _token(self) -> Token:
        if matched := _REDIRECT.match(self._source, self._at):
            self._at = matched.end()
            return Token(matched.group(), operator=True)
        if matched := _OPERATOR.match(self._source, self._at):
            self._at = matched.end()
            return Token(matched.group(), operator=True)
        start = self._at
        word = self._word()
        return Token(self._source[start : self._at], word)

    def _word(self) -> Word:
        parts: list[Part] = []
        home = _HOME.match(self._source, self._at)
        if home is not None:
            self._at = home.end()
            parts.append(Part("home", home[1] or "", quoted=True))
        while self._at < len(self._source):
            char = self._source[self._at]
            if char in " \t\n;&|()<>":
                break
            parts += self._piece(char)
        return tuple(parts)

    def _piece(self, char: str) -> list[Part]:
        if matched := _PLAIN.match(self._source, self._at):
            self._at = matched.end()
            return [Part("text", matched.group(), quoted=False)]
        if char == "'":
            return [Part("text", self._until("'"), quoted=True)]
        if char == '"':
            self._at += 1
            return self._double_quoted()
        if char == "\\":
            self._at += 2
            return [Part("text", self._source[self._at - 1 : self._at], quoted=True)]
        if self._source.startswith("$'", self._at):
            self._at += 1
            return [Part("text", _unescape(self._until("'", escapes=True)), quoted=True)]
        return [self._dollar(quoted=False)]

    def _until(self, end: str, *, escapes: bool = False) -> str:
        start = self._at + 1
        place = start
        while place < len(self._source) and self._source[place] != end:
            place += 2 if escapes and self._source[place] == "\\" else 1
        if place >= len(self._source):
            raise ShellSyntaxError(f"unexpected EOF while looking for matching `{end}'")
        self._at = place + 1
        return self._source[start:place]

    def _double_quoted(self) -> list[Part]:
        parts: list[Part] = [Part("text", "", quoted=True)]
        while self._at < len(self._source):
            char = self._source[self._at]
            if char == '"':
                self._at += 1
                return parts
            if char == "\\" and self._source[self._at + 1 : self._at + 2] in ("$", "`", '"', "\\", "\n"):
                parts.append(Part("text", self._source[self._at + 1], quoted=True))
                self._at += 2
            elif char in "$`":
                parts.append(self._dollar(quoted=True))
            else:
                plain = _PLAIN_IN_QUOTES.match(self._source, self._at)
                text = plain.group() if plain else char
                parts.append(Part("text", text, quoted=True))
                self._at += len(text)
        raise ShellSyntaxError("unexpected EOF while looking for matching `\"'")

    def _dollar(self, *, quoted: bool) -> Part:
        if self._source[self._at] == "`":
            return Part("command", self._until("`", escapes=True), quoted)
        if self._source.startswith("$(", self._at):
            return Part("command", self._balanced(), quoted)
        if self._source.startswith("${", self._at):
            self._at += 1
            return Part("variable", self._until("}"), quoted)
        matched = _NAME.match(self._source, self._at + 1)
        if matched is None:
            self._at += 1
            return Part("text", "$", quoted=True)
        self._at = matched.end()
        return Part("variable", matched.group(), quoted)

    def _balanced(self) -> str:
        depth, start = 0, self._at + 2
        place = self._at + 1
        while place < len(self._source):
            char = self._source[place]
            if char in "'\"":
                place = self._source.find(char, place + 1)
                if place < 0:
                    break
            depth += (char == "(") - (char == ")")
            place += 1
            if depth == 0:
                self._at = place
                return self._source[start : place - 1]
        raise ShellSyntaxError("unexpected EOF while looking for matching `)'")


def _unescape(text: str) -> str:
    def replace(found: re.Match[str]) -> str:
        code = found.group(1)
        if code[0] in "01234567":
            return chr(int(code, 8))
        return chr(int(code[1:], 16)) if code[0] == "x" and len(code) > 1 else _ESCAPES.get(code, "\\" + code)

    return re.sub(r"\\([0-7]{1,3}|x[0-9a-fA-F]{1,2}|.)", replace, text)


def unescape(text: str) -> str:
    """Backslash escapes as printf and `$'…'` know them."""
    return _unescape(text)
