"""Commands that only handle text: echo, printf, cat, grep, head, tail, wc, sort, uniq, cut, tr, sed -n p."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cnitui.lab.shell.lexer import unescape
from cnitui.lab.shell.reading import FileProblem, read_text

if TYPE_CHECKING:
    from cnitui.lab.shell.invocation import Builtin, Invocation


def echo(run: Invocation) -> int:
    """echo [-n] [-e]."""
    words = run.arguments[1:]
    newline, escapes = True, False
    while words and words[0] in ("-n", "-e", "-ne", "-en"):
        newline, escapes = newline and "n" not in words[0], escapes or "e" in words[0]
        words = words[1:]
    text = " ".join(words)
    run.out((unescape(text) if escapes else text) + ("\n" if newline else ""))
    return 0


def printf(run: Invocation) -> int:
    """printf FORMAT [ARGUMENT…], the format used again while arguments are left."""
    if len(run.arguments) < 2:
        run.complain("usage: printf [-v var] format [arguments]")
        return 2
    template, values = unescape(run.arguments[1]), list(run.arguments[2:])
    while True:
        run.out(_format(template, values))
        if not values or "%" not in template:
            return 0


def _format(template: str, values: list[str]) -> str:
    def replace(found: re.Match[str]) -> str:
        if found.group(2) == "%":
            return "%"
        value = values.pop(0) if values else ""
        if found.group(2) in "di":
            return ("%" + found.group(1) + "d") % int(value or 0)
        return ("%" + found.group(1) + "s") % (unescape(value) if found.group(2) == "b" else value)

    return re.sub(r"%([-0-9.]*)([sdib%])", replace, template)


def lines_of(text: str) -> list[str]:
    """Lines end at newlines only; raw audit records have other separators inside."""
    return text.removesuffix("\n").split("\n") if text else []


def texts(run: Invocation, operands: list[str]) -> tuple[list[tuple[str, str]], int]:
    """(name, content) of each operand, or of standard input; the status is 1 when some could not be read."""
    if not operands:
        return [("(standard input)", run.stdin)], 0
    found: list[tuple[str, str]] = []
    status = 0
    for path in operands:
        if path == "-":
            found.append(("(standard input)", run.stdin))
            continue
        try:
            found.append((path, read_text(run.session, path)))
        except FileProblem as problem:
            run.complain(problem.about(path))
            status = 1
    return found, status


def cat(run: Invocation) -> int:
    """cat [FILE…]."""
    found, status = texts(run, run.options()[1])
    for _, content in found:
        run.out(content)
    return status


def grep(run: Invocation) -> int:
    """grep with -E -F -i -v -o -c -q -l -h -a -w -x -e -m -A -B -n."""
    flags, operands = run.options("emAB")
    pattern = flags["e"] if "e" in flags else (operands.pop(0) if operands else "")
    if "F" in flags:
        pattern = re.escape(pattern)
    elif "E" not in flags and "P" not in flags:
        pattern = _basic(pattern)
    if "w" in flags:
        pattern = rf"\b(?:{pattern})\b"
    if "x" in flags:
        pattern = rf"^(?:{pattern})$"
    try:
        expression = re.compile(pattern, re.IGNORECASE if "i" in flags else 0)
    except re.error:
        run.complain("Invalid regular expression")
        return 2
    found, status = texts(run, operands)
    matched = False
    for name, content in found:
        prefix = f"{name}:" if len(operands) > 1 and "h" not in flags else ""
        matched = _grep_one(run, flags, expression, prefix, content) or matched
    return 2 if status and not (matched and "q" in flags) else int(not matched)


def _grep_one(run: Invocation, flags: dict[str, str], expression: re.Pattern[str], prefix: str, content: str) -> bool:
    lines = lines_of(content)
    hits = [n for n, line in enumerate(lines) if bool(expression.search(line)) != ("v" in flags)]
    if "m" in flags:
        hits = hits[: int(flags["m"] or 0)]
    if "q" in flags:
        return bool(hits)
    if "c" in flags:
        run.line(f"{prefix}{len(hits)}")
        return bool(hits)
    if "o" in flags:
        for hit in hits:
            for part in expression.finditer(lines[hit]):
                run.line(prefix + part.group())
        return bool(hits)
    after, before = int(flags.get("A") or 0), int(flags.get("B") or 0)
    shown = sorted({n for hit in hits for n in range(hit - before, hit + after + 1) if 0 <= n < len(lines)})
    for number in shown:
        run.line(f"{prefix}{f'{number + 1}:' if 'n' in flags else ''}{lines[number]}")
    return bool(hits)


def _basic(pattern: str) -> str:
    """A basic regular expression as Python's: what BRE escapes is special there, and the other way round."""
    special = "+?{}()|"
    out, place = "", 0
    while place < len(pattern):
        char = pattern[place]
        if char == "\\" and pattern[place + 1 : place + 2] in special and place + 1 < len(pattern):
            out += pattern[place + 1]
            place += 1
        elif char == "\\":
            out += pattern[place : place + 2]
            place += 1
        else:
            out += "\\" + char if char in special else char
        place += 1
    return out


def head(run: Invocation) -> int:
    """head [-n N | -N | -c N]."""
    return _ends(run, last=False)


def tail(run: Invocation) -> int:
    """tail [-n N | -N | -c N]."""
    return _ends(run, last=True)


def _ends(run: Invocation, *, last: bool) -> int:
    words = [f"-n{word[1:]}" if re.fullmatch(r"-\d+", word) else word for word in run.arguments]
    run.arguments = words
    flags, operands = run.options("nc", long_with_value=("lines", "bytes"))
    count = flags.get("n") or flags.get("lines") or "10"
    found, status = texts(run, operands)
    for _, content in found:
        if "c" in flags:
            size = int(flags["c"].lstrip("+-") or 0)
            run.out(content[-size:] if last else content[:size])
            continue
        lines = [line + "\n" for line in lines_of(content)]
        number = int(count.lstrip("+") or 0)
        if last:
            lines = lines[number - 1 :] if count.startswith("+") else (lines[-number:] if number else [])
        else:
            lines = lines[:number]
        run.out("".join(lines))
    return status


def wc(run: Invocation) -> int:
    """wc [-l] [-c] [-w]."""
    flags, operands = run.options()
    found, status = texts(run, operands)
    for name, content in found:
        counts = {"l": content.count("\n"), "w": len(content.split()), "c": len(content.encode())}
        wanted = [letter for letter in "lwc" if letter in flags] or ["l", "w", "c"]
        words = [str(counts[letter]) for letter in wanted] + ([name] if operands else [])
        run.line(" ".join(words))
    return status


def sort(run: Invocation) -> int:
    """sort [-u] [-r] [-n]."""
    flags, operands = run.options("kt")
    found, status = texts(run, operands)
    lines = [line for _, content in found for line in lines_of(content)]
    if "n" in flags:
        lines.sort(key=lambda line: int((re.match(r"\s*(-?\d+)", line) or [0, 0])[1]))
    else:
        lines.sort()
    if "u" in flags:
        lines = list(dict.fromkeys(lines))
    for line in reversed(lines) if "r" in flags else lines:
        run.line(line)
    return status


def uniq(run: Invocation) -> int:
    """uniq [-c]."""
    flags, operands = run.options()
    found, status = texts(run, operands)
    last: list[object] = []
    counted: list[list[object]] = []
    for line in lines_of(found[0][1]) if found else []:
        if counted and counted[-1][0] == line:
            counted[-1][1] = int(str(counted[-1][1])) + 1
        else:
            last = [line, 1]
            counted.append(last)
    for text, count in counted:
        run.line(f"{count:>7} {text}" if "c" in flags else str(text))
    return status


def cut(run: Invocation) -> int:
    """cut -d X -f N[,M|-], or -c1-N."""
    flags, operands = run.options("dfc", long_with_value=("delimiter", "fields"))
    delimiter = flags.get("d", "\t") or "\t"
    found, status = texts(run, operands)
    for _, content in found:
        for line in lines_of(content):
            if "c" in flags:
                first, _, end = flags["c"].partition("-")
                run.line(line[int(first or 1) - 1 : int(end) if end else None])
                continue
            fields = line.split(delimiter)
            run.line(line if len(fields) == 1 else delimiter.join(_picked(fields, flags.get("f", "1"))))
    return status


def _picked(fields: list[str], ranges: str) -> list[str]:
    chosen: list[str] = []
    for item in ranges.split(","):
        first, dash, last = item.partition("-")
        start = int(first or 1) - 1
        chosen += fields[start : (int(last) if last else None) if dash else start + 1]
    return chosen


def tr(run: Invocation) -> int:
    """tr -d SET, or tr SET1 SET2."""
    flags, operands = run.options()
    sets = [unescape(text) for text in operands]
    if "d" in flags:
        run.out("".join(char for char in run.stdin if char not in sets[0]))
    elif len(sets) == 2:
        table = {ord(a): (sets[1][n] if n < len(sets[1]) else sets[1][-1:]) for n, a in enumerate(sets[0])}
        run.out(run.stdin.translate(table))
    return 0


def true(_run: Invocation) -> int:
    """true, and `:`."""
    return 0


def false(_run: Invocation) -> int:
    """false."""
    return 1


COMMANDS: dict[str, Builtin] = {
    "echo": echo, "printf": printf, "cat": cat, "grep": grep, "egrep": grep, "head": head, "tail": tail, "wc": wc,
    "sort": sort, "uniq": uniq, "cut": cut, "tr": tr, "true": true, ":": true, "false": false,
}  # fmt: skip
