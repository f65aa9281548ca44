"""From tokens to syntax: lists, pipelines, groups, if and for."""

from __future__ import annotations

import re
from functools import lru_cache

from cnitui.lab.shell.lexer import Lexer, ShellSyntaxError, Token
from cnitui.lab.shell.syntax import Command, For, Group, If, Part, Pipeline, Redirect, Sequence, Simple, Word

_SEPARATORS = (";", "\n", "&")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_RESERVED = ("then", "else", "elif", "fi", "do", "done", "}")


@lru_cache(maxsize=512)  # nodes are asked the same scripts: reading them anew was a third of what a node's answer cost
def parse(source: str) -> Sequence:
    """The whole text; ShellSyntaxError when it is not a shell program."""
    parser = _Parser(Lexer(source).tokens())
    sequence = parser.sequence(())
    if not parser.at_end:
        raise parser.unexpected()
    return sequence


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def at_end(self) -> bool:
        return self._at >= len(self._tokens)

    def unexpected(self) -> ShellSyntaxError:
        """bash's complaint about the token here."""
        if self.at_end:
            return ShellSyntaxError("syntax error: unexpected end of file")
        text = self._tokens[self._at].text.replace("\n", "newline")
        return ShellSyntaxError(f"syntax error near unexpected token `{text}'")

    def _peek(self, *texts: str) -> bool:
        return not self.at_end and self._tokens[self._at].text in texts

    def _take(self, text: str) -> None:
        if not self._peek(text):
            raise self.unexpected()
        self._at += 1

    def _skip(self) -> None:
        while self._peek(*_SEPARATORS):
            self._at += 1

    def sequence(self, ends: tuple[str, ...]) -> Sequence:
        """Up to one of the words that end it."""
        items: list[tuple[str, Pipeline]] = []
        operator = ""
        self._skip()
        while not self.at_end and not self._peek(*ends, ")"):
            items.append((operator, self._pipeline()))
            if self._peek("&&", "||"):
                operator = self._tokens[self._at].text
                self._at += 1
                while self._peek("\n"):
                    self._at += 1
            elif self._peek(*_SEPARATORS):
                operator = ";"
                self._skip()
            else:
                break
        return Sequence(tuple(items))

    def _pipeline(self) -> Pipeline:
        negated = self._peek("!")
        if negated:
            self._at += 1
        commands = [self._command()]
        while self._peek("|"):
            self._at += 1
            while self._peek("\n"):
                self._at += 1
            commands.append(self._command())
        return Pipeline(tuple(commands), negated)

    def _command(self) -> Command:
        if self._peek("("):
            return self._group("(", ")", subshell=True)
        if self._peek("{"):
            return self._group("{", "}", subshell=False)
        if self._peek("if"):
            return self._if()
        if self._peek("for"):
            return self._for()
        if self.at_end or self._peek(*_RESERVED):
            raise self.unexpected()
        return self._simple()

    def _group(self, start: str, end: str, *, subshell: bool) -> Group:
        self._take(start)
        body = self.sequence((end,))
        self._take(end)
        return Group(body, subshell, self._redirects())

    def _if(self) -> If:
        branches: list[tuple[Sequence, Sequence]] = []
        otherwise = None
        self._take("if")
        while True:
            condition = self.sequence(("then",))
            self._take("then")
            branches.append((condition, self.sequence(("elif", "else", "fi"))))
            if not self._peek("elif"):
                break
            self._at += 1
        if self._peek("else"):
            self._at += 1
            otherwise = self.sequence(("fi",))
        self._take("fi")
        return If(tuple(branches), otherwise, self._redirects())

    def _for(self) -> For:
        self._take("for")
        name = self._tokens[self._at].text if not self.at_end else ""
        self._at += 1
        self._take("in")
        words: list[Word] = []
        while not self.at_end and not self._tokens[self._at].operator:
            words.append(self._tokens[self._at].word)
            self._at += 1
        self._skip()
        self._take("do")
        body = self.sequence(("done",))
        self._take("done")
        return For(name, tuple(words), body, self._redirects())

    def _redirects(self) -> tuple[Redirect, ...]:
        found: list[Redirect] = []
        while not self.at_end and self._is_redirect():
            found.append(self._redirect())
        return tuple(found)

    def _is_redirect(self) -> bool:
        token = self._tokens[self._at]
        return token.operator and ("<" in token.text or ">" in token.text)

    def _redirect(self) -> Redirect:
        text = self._tokens[self._at].text
        self._at += 1
        if self.at_end or self._tokens[self._at].operator:
            raise self.unexpected()
        digits = text.rstrip("<>&")
        operator = text[len(digits) :]
        target = self._tokens[self._at].word
        self._at += 1
        return Redirect(int(digits) if digits else (0 if "<" in operator else 1), operator, target)

    def _simple(self) -> Simple:
        words: list[Word] = []
        assignments: list[tuple[str, Word]] = []
        redirects: list[Redirect] = []
        while not self.at_end:
            token = self._tokens[self._at]
            if token.operator:
                if not self._is_redirect():
                    break
                redirects.append(self._redirect())
                continue
            found = _ASSIGNMENT.match(token.text)
            if found and not words:
                assignments.append((found.group(1), _after(token.word, found.end())))
            else:
                words.append(token.word)
            self._at += 1
        if not (words or assignments or redirects):
            raise self.unexpected()
        return Simple(tuple(words), tuple(assignments), tuple(redirects))


def _after(word: Word, count: int) -> Word:
    """The word without its first `count` characters, which are plain."""
    plain = Part("text", word[0].text[count:], quoted=False)
    return (plain,) * bool(plain.text) + word[1:] or (Part("text", "", quoted=True),)
