"""Read clang's record of what its optimiser did: YAML, of which it uses a small, regular part."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cppmagic.toolchain.remarks import GOOD, MISSED, Remark, not_inlined, where

_CLANG_LOCATION = re.compile(
    r"^DebugLoc: +\{ File: (?P<file>'(?:[^']|'')*'|\"(?:\\.|[^\"\\])*\"|[^,]+),\s+"
    r"Line: (?P<line>\d+)",
    re.MULTILINE,
)
_CLANG_WORD = re.compile(
    r"^  - (?P<key>\w+): +(?P<value>'(?:[^']|'')*'|\"(?:\\.|[^\"\\])*\"|\|-?\n(?:      .*\n?)+|.*)",
    re.MULTILINE,
)

_CLANG_REASONS = {
    "CantReorderFPOps": "sums must be added in order; -ffast-math allows another",
    "CantReorderMemOps": "the order of reading and writing must stay",
    "NonReductionValueUsedOutsideLoop": "each iteration needs the result of the one before",
    "CantVectorizeLibcall": "it calls a function of a library that has no vector form",
    "CantVectorizeCall": "it calls a function that has no vector form",
    "CantVectorizeInstruction": "an operation in it has no vector form",
    "CantVectorizeInstructionReturnType": "an operation in it has no vector form",
    "CantComputeNumberOfIterations": "the number of iterations is not known before",
    "UnsupportedUncountableLoop": "the number of iterations is not known before",
    "CantIdentifyArrayBounds": "it is not clear which elements it reads and writes",
    "UnsafeDep": "an iteration may need what another one wrote",
    "UnsafeMemDep": "an iteration may need what another one wrote",
    "CFGNotUnderstood": "there is a branch or an early end in it",
    "NoCFGForSelect": "there is a branch in it that cannot become a choice",
    "VectorizationNotBeneficial": "it would not be faster",
    "LowTripCount": "there are too few iterations",
    "NotBeneficial": "it would not be faster",
}
_TOPICS = {"inline": "call", "slp-vectorizer": "block"}
_SECONDARY = ("CantVectorizeInstruction", "CantComputeNumberOfIterations")


@dataclass(frozen=True)
class _Entry:
    """One document of clang's record."""

    kind: str
    stage: str
    name: str
    file: str
    line: int
    function: str
    words: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        return "".join(value for _, value in self.words)

    def __getitem__(self, key: str) -> str:
        return next((value for name, value in self.words if name == key), "")


def from_clang(text: str, is_own: Callable[[str], bool]) -> Iterator[Remark]:
    pending: list[_Entry] = []
    for entry in _entries(text):
        if entry.stage == "inline" and not is_own(entry.file):
            continue
        if entry.stage == "loop-vectorize" and entry.kind.startswith("Analysis"):
            pending.append(entry)
        elif entry.stage == "loop-vectorize" and entry.kind == "Missed":
            yield _missed_by_clang(entry, [e for e in pending if e.function == entry.function])
            pending = []
        elif entry.stage == "inline" and entry.kind == "Missed":
            if not entry["Callee"].startswith("__"):  # as with gcc
                yield _of(entry, MISSED, "call", not_inlined(entry["Callee"], entry.text))
        elif entry.kind == "Passed":
            done = _done_by_clang(entry)
            if done:
                yield _of(entry, GOOD, _TOPICS.get(entry.stage, "loop"), done)
            if entry.stage == "loop-vectorize":
                pending = []


def _missed_by_clang(entry: _Entry, reasons: list[_Entry]) -> Remark:
    known = sorted(reasons, key=lambda item: item.name in _SECONDARY)
    reason, place = "clang does not tell why", ""
    if known:
        first = known[0]
        said = first.text.removeprefix("loop not vectorized: ").partition("\n")[0]
        reason = _CLANG_REASONS.get(first.name, said)
        if first.file == entry.file and first.line != entry.line:
            place = f" (line {first.line})"
    told = tuple(
        f"{where(item.file, item.line, entry.file)}{item.text}" for item in (*reasons, entry)
    )
    summary = f"not vectorised: {reason}{place}"
    return Remark(MISSED, "loop", summary, told, entry.file, entry.line, entry.function)


def _done_by_clang(entry: _Entry) -> str:
    if entry.stage == "inline":
        return f"inlined {entry['Callee']}"
    if entry.stage == "loop-vectorize" and entry.name == "Vectorized":
        return _vectorised_by_clang(entry)
    if entry.stage == "slp-vectorizer":
        return "neighbouring operations put into vectors"
    if entry.name == "FullyUnrolled":
        return f"unrolled completely, {entry['UnrollCount']} iterations"
    if entry.name in ("PartialUnrolled", "Unrolled"):
        return f"unrolled {entry['UnrollCount']} times"
    if entry.stage == "loop-idiom":
        return "became a call of a library function, such as memset or memcpy"
    return ""


def _vectorised_by_clang(entry: _Entry) -> str:
    width, count = entry["VectorizationFactor"], entry["InterleaveCount"]
    several = f", {count} vectors a turn" if count not in ("", "1") else ""
    return f"vectorised, {width} elements in a vector{several}"


def _of(entry: _Entry, kind: str, topic: str, summary: str) -> Remark:
    said = f"{entry.kind.lower()}: {entry.stage}: {entry.text}"
    return Remark(kind, topic, summary, (said,), entry.file, entry.line, entry.function)


def _entries(text: str) -> Iterator[_Entry]:
    for part in re.split(r"^--- !", text, flags=re.MULTILINE)[1:]:
        where = _CLANG_LOCATION.search(part)
        if where is None:
            continue
        head, _, arguments = part.partition("\nArgs:")
        words = tuple(
            (match["key"], _scalar(match["value"])) for match in _CLANG_WORD.finditer(arguments)
        )
        yield _Entry(
            part.split(None, 1)[0],
            _field(head, "Pass"),
            _field(head, "Name"),
            _scalar(where["file"]),
            int(where["line"]),
            _field(head, "Function"),
            words,
        )


def _field(head: str, name: str) -> str:
    found = re.search(rf"^{name}: +(.+)$", head, re.MULTILINE)
    return _scalar(found[1]) if found else ""


def _scalar(text: str) -> str:
    """Return what a scalar of YAML stands for, in the forms that clang writes."""
    if text[:1] == "'":
        return text[1:-1].replace("''", "'")
    if text[:1] == '"':
        return re.sub(r"\\(x[0-9A-F]{2}|.)", _unescaped, text[1:-1])
    if text[:1] == "|":
        return "\n".join(line.strip() for line in text.split("\n")[1:]).strip()
    return text.strip()


def _unescaped(match: re.Match[str]) -> str:
    word = match[1]
    return chr(int(word[1:], 16)) if word[0] == "x" else {"n": "\n", "t": "\t"}.get(word, word)
