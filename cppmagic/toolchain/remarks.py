"""What optimisers say of the loops and calls that they met: gcc's and clang's records, in words.

gcc writes its record as text (`-fopt-info`) or as JSON (`-fsave-optimization-record`). We read the
text: in the JSON of gcc 12 the reasons why a loop was not vectorised are mostly empty lists, and it
takes half as long again to write. clang's is YAML, of which it uses a small, regular part.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from cppmagic.toolchain.compilers import Compiler

RECORD = "record"
"""Name of the file that the compiler is asked for, in the directory where it runs."""

GOOD, MISSED, NEUTRAL = "good", "missed", "neutral"

_CLANG_PASSES = "loop-vectorize|slp-vectorizer|loop-unroll|loop-idiom|loop-distribute|inline"


@dataclass(frozen=True)
class Remark:
    """What an optimiser did with a line, or did not.

    Attributes:
        kind: "good", "missed" or "neutral".
        topic: "loop", "block" for what is in no loop, or "call".
        summary: in words.
        said: what the compiler wrote, line by line.
        file: as the compiler names it.
        line: counted from 1 in that file.
        function: in which it was, by its symbol; "" where the compiler does not tell.
        scope: where that function begins, as far as the compiler tells.
    """

    kind: str
    topic: str
    summary: str
    said: tuple[str, ...]
    file: str
    line: int
    function: str = ""
    scope: tuple[str, int] | None = None


def record_flags(compiler: Compiler) -> tuple[str, ...]:
    """Return the flags that make a compiler write what it did to the file `RECORD`."""
    if compiler.kind == "gcc":
        return (
            f"-fopt-info-vec-all-internals={RECORD}",
            f"-fopt-info-loop-inline-optimized-missed={RECORD}",
        )
    return (
        "-fsave-optimization-record",
        f"-foptimization-record-file={RECORD}",
        f"-foptimization-record-passes={_CLANG_PASSES}",
    )


def read_record(compiler: Compiler, text: str, is_own: Callable[[str], bool]) -> list[Remark]:
    """Return what is worth telling of a record, in its order, each once.

    Args:
        compiler: which wrote it.
        text: all of it.
        is_own: whether a file, as the compiler names it, is the user's. Calls in others are left
            out; loops are not, because a call of the user's may be what they are for.
    """
    found = _from_gcc(text, is_own) if compiler.kind == "gcc" else _from_clang(text, is_own)
    return list(dict.fromkeys(found))


_SYMBOL = re.compile(r"\b_Z[\w$.]+")


def symbols(remarks: list[Remark]) -> set[str]:
    """Return the mangled names that summaries mention."""
    return {word for remark in remarks for word in _SYMBOL.findall(remark.summary)}


def with_names(remark: Remark, names: dict[str, str]) -> Remark:
    """Return a remark whose summary has names of C++ in the place of symbols."""
    summary = _SYMBOL.sub(lambda match: short_name(names[match[0]]), remark.summary)
    return replace(remark, summary=summary)


# gcc

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


def _from_gcc(text: str, is_own: Callable[[str], bool]) -> Iterator[Remark]:
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
    said = (f"{_where(at, number, file)}missed: {text}" for at, number, text in pending)
    summary = f"not vectorised: {reason}"
    return Remark(MISSED, "loop", summary, tuple(dict.fromkeys(said)), file, line)


def _where(at: str, number: int, file: str) -> str:
    """Return the place that is before a message, as readers of `file` need it."""
    return f"line {number}: " if at == file else f"{os.path.basename(at)}:{number}: "


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
_CALL_REASONS = (
    ("body not available", "its body is not known here"),
    ("definition is unavailable", "its body is not known here"),
    ("recursive", "it calls itself"),
    ("too large|code size|limit|too costly|cost=", "it is too large"),
    ("unlikely", "the call is unlikely"),
    ("noinline|never", "it is marked as never to be inlined"),
)


def _missed_call(message: str) -> str:
    match = _GCC_CALL.match(message)
    # With two underscores: what the compiler itself calls, for exceptions and the like.
    if match is None or "__" in match["callee"]:
        return ""
    return _not_inlined(short_name(match["callee"]), match["reason"])


def _not_inlined(callee: str, reason: str) -> str:
    why = (words for pattern, words in _CALL_REASONS if re.search(pattern, reason))
    return f"{callee} not inlined: {next(why, reason.strip())}"


def short_name(name: str) -> str:
    """Return the last two parts of a function's name, without its result and arguments.

    `constexpr std::size_t std::span<int>::size() const [with T = int]` is `span::size`.
    """
    # Inline namespaces and tags of versions are the library's own business.
    name = re.sub(r"\[abi:\w+\]|\b__\w+::(?=\w)", "", name)
    text = re.sub(
        r" \[with .*$| requires .*$|\.(?:constprop|isra|part|cold|lto_priv)\b.*$", "", name
    )
    text = re.sub(r"operator(?:<<=?|<=>?|<|->\*?|>>=?|>=?|\(\))", _hide_operator, text)
    text = _without(_without(text, "<", ">"), "(", ")")
    text = re.sub(r" (?:const|volatile|noexcept|&&?)\b", "", text)
    words = re.sub(r"operator (\w)", "operator\ue004\\1", text.strip()).split(" ")
    short = next((word for word in reversed(words) if word.strip("*&")), name)
    return _shown_operator("::".join(short.lstrip("*&").split("::")[-2:]))


_HIDDEN = {"<": "\ue000", ">": "\ue001", "(": "\ue002", ")": "\ue003"}


def _hide_operator(match: re.Match[str]) -> str:
    return "".join(_HIDDEN.get(letter, letter) for letter in match[0])


def _shown_operator(text: str) -> str:
    for letter, hidden in (*_HIDDEN.items(), (" ", "\ue004")):
        text = text.replace(hidden, letter)
    return text


def _without(text: str, opening: str, closing: str) -> str:
    """Return the text without what stands between brackets, however deep; `<lambda(...)>` stays."""
    text = re.sub(r"<lambda\([^()]*\)>", "lambda", text)
    result, depth = [], 0
    for letter in text:
        if letter == opening:
            depth += 1
        elif letter == closing and depth:
            depth -= 1
        elif not depth:
            result.append(letter)
    return "".join(result)


# clang

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


def _from_clang(text: str, is_own: Callable[[str], bool]) -> Iterator[Remark]:
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
                yield _of(entry, MISSED, "call", _not_inlined(entry["Callee"], entry.text))
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
        f"{_where(item.file, item.line, entry.file)}{item.text}" for item in (*reasons, entry)
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
