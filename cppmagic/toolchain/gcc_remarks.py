"""Read gcc's record of what its optimiser did.

gcc writes it as text (`-fopt-info`) or as JSON (`-fsave-optimization-record`). We read the text: in
the JSON of gcc 12 the reasons why a loop was not vectorised are mostly empty lists, and it takes
half as long again to write.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from cppmagic.toolchain.demangling import short_name
from cppmagic.toolchain.remarks import GOOD, MISSED, Remark, not_inlined, where

_GCC = re.compile(
    r"^(?P<file>[^\n]+?):(?P<line>\d+):\d+: (?:(?P<kind>optimized|missed): (?P<message>[^\n]+)"
    r"|note: +(?:using an (?P<in_order>in-order) \(fold-left\) reduction"
    r"|vectorized \d+ loops in function))",
    re.MULTILINE,
)
_Said = tuple[str, int, str]

# Why a loop was not vectorised, the most telling first. What stands in none of these lines tells
# only that there was a reason. gcc tries vectors of several sizes; the last attempt, with the
# smallest, fails for reasons of its own ("no vectype").
_GCC_REASONS: tuple[tuple[str, str], ...] = (
    (r"possible dependence between data-refs", "an iteration may need what another one wrote"),
    (r"possible alias involving gather/scatter", "elements at computed places may be the same"),
    (r"relevant stmt not supported: .*= ([\w.]+) \(", r"there is no vector form of \1"),
    (r"multiple nested loops", "there is more than one loop in it"),
    (r"control flow in loop", "there is a branch or an early end in it"),
    (r"unsupported use in stmt", "each iteration needs the result of the one before"),
    (r"not suitable for strided load", "its elements are too far apart in memory"),
    (r"complicated access pattern", "the access pattern is too complicated"),
    (r"number of iterations cannot be computed", "the number of iterations is not known before"),
    (r"(?:loop contains|statement clobbers).*call", "it calls a function that is not known here"),
    (r"can throw an exception", "something in it may throw an exception"),
    (r"volatile", "it reads or writes something volatile"),
    (r"vectorization not profitable|cost model", "it would not be faster"),
    (r"iteration count too small", "there are too few iterations"),
    (r"can't determine dependence|possible aliasing", "arrays may overlap"),
    (r"evolution of base is not affine", "places in memory are no simple function of the counter"),
    (r"data ref analysis failed", "it is not clear which memory it reads and writes"),
    (r"relevant stmt not supported|op not supported", "an operation in it has no vector form"),
    (r"unsupported|not supported", "something in it has no vector form"),
    (r"not vectorized: no vectype", "a type in it has no vector form"),
)


def from_gcc(text: str, is_own: Callable[[str], bool]) -> Iterator[Remark]:
    pending: list[_Said] = []
    verdicts: list[
        Remark
    ] = []  # of one function, which gcc names when it has told of all its loops
    in_order = ""
    for match in _GCC.finditer(text):
        if match["in_order"]:
            in_order = "; its sum is added in order, -ffast-math allows another"
            continue
        if not match["kind"]:
            scope = (match["file"], int(match["line"]))
            yield from (replace(remark, scope=scope) for remark in verdicts)
            verdicts = []
            continue
        file, line, message = match["file"], int(match["line"]), match["message"].strip()
        said = f"{match['kind']}: {message}"
        is_call = "inlin" in message.lower()
        if is_call and not is_own(file):
            continue
        if message.startswith("couldn't vectorize loop"):
            verdicts.append(_missed_by_gcc(file, line, pending))
            pending, in_order = [], ""
        elif match["kind"] == "missed":
            call = _missed_call(message)
            if call:
                yield Remark(MISSED, "call", call, (said,), file, line)
            # What is not indented repeats, behind the verdict.
            elif match["message"].startswith(" ") and not is_call:
                pending.append((file, line, message))
        elif done := _done_by_gcc(message):
            topic, summary = done
            if not message.startswith("loop vectorized"):
                yield Remark(GOOD, topic, summary, (said,), file, line)
                continue
            verdicts.append(Remark(GOOD, topic, summary + in_order, (said,), file, line))
            pending, in_order = [], ""
    yield from verdicts


def _missed_by_gcc(file: str, line: int, pending: list[_Said]) -> Remark:
    reason = _first_reason(file, line, pending)
    said = (f"{where(at, number, file)}missed: {text}" for at, number, text in pending)
    summary = f"not vectorised: {reason}"
    return Remark(MISSED, "loop", summary, tuple(dict.fromkeys(said)), file, line)


def _first_reason(file: str, line: int, pending: list[_Said]) -> str:
    for pattern, words in _GCC_REASONS:
        for at, number, message in pending:
            if match := re.search(pattern, message):
                place = f" (line {number})" if at == file and number != line else ""
                return match.expand(words) + place
    told = [text.partition(": ")[2] for _, _, text in pending if text.startswith("not vectorized:")]
    return told[0].rstrip(".") if told else "gcc does not tell why"


# What gcc did: pattern, topic, summary. What is in no line of these says nothing to a reader.
_GCC_DONE: tuple[tuple[str, str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"loop vectorized using (\d+) byte vectors", "loop", r"vectorised, \1-byte vectors"),
    (r"loop vectorized using variable", "loop", "vectorised, vectors of the machine's length"),
    (
        r"basic block part vectorized using (\d+) byte",
        "block",
        r"neighbouring operations put into \1-byte vectors",
    ),
    (r"loop versioned .* possible aliasing", "loop", "another version for arrays that overlap"),
    (
        r"versioned this loop for when certain strides",
        "loop",
        "another version for strides that are not 1",
    ),
    (r"loop with \d+ iterations completely unrolled", "loop", "unrolled completely"),
    (r"loop unrolled (\d+) times", "loop", lambda match: f"unrolled {int(match[1]) + 1} times"),
    (
        r"distributed: split to 0 loops and \d+ library calls",
        "loop",
        "became a call of a library function, such as memset or memcpy",
    ),
    (r"distributed: split to (\d+) loops", "loop", r"split into \1 loops"),
    (r"loops interchanged", "loop", "interchanged with the loop in it"),
    (r"applying unroll and jam with factor (\d+)", "loop", r"unrolled \1 times around its loop"),
    (
        r"[Uu]nswitching loop",
        "loop",
        "a condition was taken out of it",
    ),
    (
        r"Inlin(?:ing|ed) (.+?)(?:/\d+)? into .+",
        "call",
        lambda match: f"inlined {short_name(match[1])}",
    ),
)


def _done_by_gcc(message: str) -> tuple[str, str] | None:
    for pattern, topic, summary in _GCC_DONE:
        if match := re.match(rf"(?:Loop \d+ )?{pattern}", message):
            words = match.expand(summary) if isinstance(summary, str) else summary(match)
            return topic, words
    return None


_GCC_CALL = re.compile(
    r"(?:not inlinable|will not inline): .+? -> (?P<callee>.+?)(?:/\d+)?, (?P<reason>[^,]+)$"
)


def _missed_call(message: str) -> str:
    match = _GCC_CALL.match(message)
    # With two underscores: what the compiler itself calls, for exceptions and the like.
    if match is None or "__" in match["callee"]:
        return ""
    return not_inlined(short_name(match["callee"]), match["reason"])
