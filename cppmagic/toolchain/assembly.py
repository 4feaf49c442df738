"""The assembly that a compiler writes (`-S`), instruction by instruction, with the source's lines.

Which line an instruction comes from is said by `.loc` directives; through which calls it was
inlined there, by the debug information, which is in the same text. gcc (`-dA`) and clang annotate
it with the names of DWARF's tags and attributes, so that it is read without decoding it.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from cppmagic.toolchain.compilers import Compiler

Place = tuple[str, int]
"""A file as the compiler names it, and a line."""

OWN, GLUE, OTHER = "own", "glue", "other"


@dataclass(frozen=True)
class Instruction:
    """One instruction.

    Attributes:
        number: its position in the whole text.
        text: of the assembly, operands in a column.
        label: that stands before it and that something jumps to; "" for none.
        function: the symbol of the function that it is in.
        place: the line that it was written for; None if the compiler names none.
        callers: the user's lines through whose calls it was inlined, the outermost first.
        depth: in how many loops it is.
    """

    number: int
    text: str
    label: str
    function: str
    place: Place | None
    callers: tuple[Place, ...]
    depth: int


def assembly_flags(compiler: Compiler) -> tuple[str, ...]:
    """Return the flags that make a compiler write assembly that can be read here."""
    if compiler.kind == "gcc":
        return ("-gdwarf-5", "-g1", "-dA", "-S")
    return ("-gdwarf-4", "-g1", "-S")


def without_debug_flags(flags: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out what would forbid line numbers: zig lets nothing win over its -g0."""
    return tuple(word for word in flags if not re.fullmatch(r"-g\d?|-ggdb\d?|-gdwarf.*", word))


def read_assembly(text: str, kind_of: Callable[[str], str], directory: str) -> list[Instruction]:
    """Return the instructions that belong to lines of the user's.

    Args:
        text: the assembly.
        kind_of: whose a file is, as the compiler names it: `OWN`; `GLUE`, which is what binds the
            user's code to Python, and what that calls; or `OTHER`, which counts as its callers'.
        directory: where the compiler ran.
    """
    raw = _read(text, directory)
    kinds = {number: kind_of(name) for number, name in raw.files.items()}
    callers: dict[int, list[Place]] = {}
    glued: dict[int, int] = {}  # how many of the callers are around the innermost call of glue
    for call in raw.calls:
        kind = kinds.get(call.file, OTHER)
        if kind == OTHER:
            continue
        for first, last in call.spans(raw):
            for number in range(first, last):
                if kind == OWN:
                    callers.setdefault(number, []).append((raw.files[call.file], call.line))
                else:
                    glued[number] = len(callers.get(number, ()))

    def is_wanted(number: int) -> bool:
        kind = kinds.get(raw.locations[number][0], OTHER) if raw.locations[number][1] else OTHER
        around = len(callers.get(number, ()))
        return kind == OWN or (kind == OTHER and around > glued.get(number, 0))

    result: list[Instruction] = []
    for function, first, last in raw.functions():
        wanted = [number for number in range(first, last) if is_wanted(number)]
        if wanted:
            jumps = raw.jumps(first, last)
            depths = _loop_depths(raw.instructions[first:last], jumps, function)
            names = {target: name for name, target in jumps.values()}
            result += (
                Instruction(
                    number,
                    raw.instructions[number],
                    names.get(number - first, ""),
                    function,
                    raw.place(number),
                    tuple(callers.get(number, ())),
                    depths[number - first],
                )
                for number in wanted
            )
    return result


@dataclass
class _Call:
    """A call that was inlined, as the debug information tells it."""

    file: str = ""
    line: int = 0
    low: str = ""
    high: str = ""
    ranges: str = ""

    def spans(self, raw: _Raw) -> Iterator[tuple[int, int]]:
        pairs = raw.ranges.get(self.ranges, []) if self.ranges else [(self.low, self.high)]
        for low, high in pairs:
            if low in raw.labels and high in raw.labels:
                yield raw.labels[low], raw.labels[high]


@dataclass
class _Raw:
    """What stands in the text.

    Attributes:
        instructions: all of them, in their order.
        locations: (file's number, line) of each.
        labels: the number of the instruction behind each label.
        symbols: names of functions with the number of their first instruction, in their order.
        files: name of each file by its number.
        calls: that were inlined, the outer ones before those in them.
        ranges: pairs of labels between which the code of such a call is.
    """

    instructions: list[str] = field(default_factory=list)
    locations: list[tuple[str, int]] = field(default_factory=list)
    labels: dict[str, int] = field(default_factory=dict)
    symbols: list[tuple[str, int]] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    calls: list[_Call] = field(default_factory=list)
    ranges: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def place(self, number: int) -> Place | None:
        file, line = self.locations[number]
        return (self.files[file], line) if line and file in self.files else None

    def functions(self) -> Iterator[tuple[str, int, int]]:
        marks = [*self.symbols, ("", len(self.instructions))]
        for (name, first), (_, last) in itertools.pairwise(marks):
            yield name, first, last

    def jumps(self, first: int, last: int) -> dict[int, tuple[str, int]]:
        """Return the jumps inside a function: label and target by number, all from `first` on."""
        found = {}
        for number in range(first, last):
            if match := _JUMP.match(self.instructions[number]):
                name = match[1].split(",")[-1].strip()
                target = self.labels.get(name, -1)
                if first <= target < last:
                    found[number - first] = (name, target - first)
        return found


_FILE = re.compile(r'\t\.file\t?\s*(\d+)\s+"((?:\\.|[^"\\])*)"(?:\s+"((?:\\.|[^"\\])*)")?')
_LOCATION = re.compile(r"\t\.loc\s+(\d+)\s+(\d+)")
_LABEL = re.compile(r'^("(?:\\.|[^"\\])*"|[^\s#:"]+):')
_SECTION = re.compile(r"\t\.section\s+(?:__\w+,)?\"?([\w.]+)")
_COMMENT = re.compile(r"\s+(?:#|//|;|##)\s.*$")
_ATTRIBUTE = re.compile(r"\s(?:#|//|;|##) DW_AT_(\w+)(?: \((?:(\d+), .*|(0x[0-9a-f]+))\))?")
_OPERAND = re.compile(r"^\t\.\w+\s+([^\s#]+)")


def _read(text: str, directory: str) -> _Raw:
    raw = _Raw()
    location, section, types = ("", 0), "text", set(re.findall(r"\t\.type\s+(\S+),\s*[@%]f", text))
    debug: list[str] = []
    for line in text.splitlines():
        if section != "text" and not line.startswith(("\t.text", "\t.section")):
            debug.append(line)
            continue
        if line.startswith("\t."):
            if match := _LOCATION.match(line):
                location = (match[1], int(match[2]))
            elif match := _FILE.match(line):
                raw.files[match[1]] = _file_name(match[2], match[3], directory)
            elif line.startswith(("\t.text", "\t.section")):
                _read_debug(section, debug, raw)
                debug = []
                section = _debug_section(line)
        elif line.startswith("\t"):
            code = _COMMENT.sub("", line[1:]).rstrip()
            if code and not code.startswith(("#", "//", ";")):
                operation, _, operands = code.partition("\t")
                raw.instructions.append(f"{operation:<9} {operands}".rstrip())
                raw.locations.append(location)
        elif match := _LABEL.match(line):
            name = match[1].strip('"')
            raw.labels[name] = len(raw.instructions)
            if name in types or (not types and not name.startswith((".L", "L"))):
                raw.symbols.append((name, len(raw.instructions)))
                location = ("", 0)
    _read_debug(section, debug, raw)
    return raw


def _debug_section(line: str) -> str:
    """Return the name of the section of debug information that a directive begins, or "text"."""
    match = _SECTION.match(line)
    return match[1].strip("._") if match and "debug_" in match[1] else "text"


def _file_name(first: str, second: str | None, directory: str) -> str:
    """Return a file's path as the compiler was given it, with what it escaped."""
    path = os.path.join(first, second) if second else first
    if "\\" in path:  # each byte of what is not ASCII, in octal
        path = re.sub(r"\\(\d{3}|.)", _unescaped, path)
        path = path.encode("latin-1", "replace").decode("utf-8", "replace")
    return path[len(directory) + 1 :] if path.startswith(directory + os.sep) else path


def _unescaped(match: re.Match[str]) -> str:
    word = match[1]
    return chr(int(word, 8)) if len(word) == 3 else word


def _read_debug(section: str, lines: list[str], raw: _Raw) -> None:
    if section == "debug_info":
        raw.calls += _calls(lines)
    elif section in ("debug_rnglists", "debug_ranges"):
        raw.ranges.update(_ranges(lines))


def _calls(lines: Iterable[str]) -> Iterator[_Call]:
    call: _Call | None = None
    for line in lines:
        if "DW_TAG_" in line or "nd of children" in line or "nd Of Children" in line:
            if call is not None:
                yield call
            call = _Call() if "DW_TAG_inlined_subroutine" in line else None
        elif call is not None and (match := _ATTRIBUTE.search(line)):
            operand = _OPERAND.match(line)
            # gcc leaves a value out that is the same for all, and says it in the comment only.
            _take(call, match[1], operand[1] if operand else match[2] or match[3] or "")
    if call is not None:
        yield call


def _take(call: _Call, name: str, value: str) -> None:
    if name == "call_file":
        call.file = str(_number(value))
    elif name == "call_line":
        call.line = _number(value)
    elif name == "low_pc":
        call.low = value
    elif name == "high_pc":
        call.high = value.partition("-")[0]
    elif name == "ranges":
        call.ranges = value


def _number(text: str) -> int:
    return int(text, 0) if text[:1].isdigit() else 0


def _ranges(lines: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    current: list[tuple[str, str]] = []
    first, skip = "", False
    for line in lines:
        if match := _LABEL.match(line):
            current = found.setdefault(match[1], [])
            first, skip = "", False
            continue
        operand = _OPERAND.match(line)
        if operand is None or operand[1].isdigit() or operand[1].startswith("0x"):
            skip = skip or "base_address" in line
        elif operand[1] == "-1":
            skip = True
        elif skip:
            skip = False
        elif not first:
            first = operand[1].partition("-")[0]
        else:
            current.append((first, operand[1].partition("-")[0]))
            first = ""
    return found


# Loops

_JUMP = re.compile(
    r"(?:j\w+|b|b\.\w+|cbn?z|tbn?z|bl[et]|b(?:ne|eq|ge|gt|lt|le|hi|ls|hs|lo))\s+(.*)"
)
# Behind these the next instruction is not reached.
_LAST = re.compile(
    r"(?:jmpq?|b|br|ret[ql]?|ud2|udf)\b"
    r"|(?:callq?|bl)\s+_?(?:_Unwind_Resume|__cxa_(?:re)?throw|abort|exit|_ZSt\d+__throw_\w+"
    r"|_ZSt9terminatev|__stack_chk_fail)\b"
)


def _loop_depths(code: list[str], jumps: dict[int, tuple[str, int]], function: str) -> list[int]:
    """Return in how many loops each instruction of a function is.

    Loops are found as in a control flow graph of any compiler: what can be reached from each other
    is a loop; without the ways back to where it is entered, the loops in it are found alike.
    """
    size = len(code)
    if function.endswith(".cold"):  # what gcc moved away because it hardly ever runs
        return [0] * size
    targets = {number: target for number, (_, target) in jumps.items()}
    ends_of_blocks = {*targets, *(number for number, text in enumerate(code) if _LAST.match(text))}
    starts = sorted({0, *targets.values(), *(n + 1 for n in ends_of_blocks if n + 1 < size)})
    block_of = {start: index for index, start in enumerate(starts)}
    ends = [*starts[1:], size]
    edges: dict[int, list[int]] = {}
    for index, end in enumerate(ends):
        last = end - 1
        following = [] if last < 0 or _LAST.match(code[last]) else [end]
        ways = [*following, *([targets[last]] if last in targets else [])]
        edges[index] = [block_of[way] for way in ways if way in block_of]
    depths = [0] * len(starts)
    _deepen(set(edges), edges, depths)
    return [
        depth
        for depth, start, end in zip(depths, starts, ends, strict=True)
        for _ in range(start, end)
    ]


def _deepen(blocks: set[int], edges: dict[int, list[int]], depths: list[int]) -> None:
    waiting = [(blocks, edges)]
    while waiting:
        blocks, edges = waiting.pop()
        for loop in _loops(blocks, edges):
            for block in loop:
                depths[block] += 1
            outside = {way for block in blocks - loop for way in edges[block]}
            heads = (loop & outside) or {min(loop)}
            inner = {block: [w for w in edges[block] if w in loop - heads] for block in loop}
            waiting.append((loop, inner))


def _loops(blocks: set[int], edges: dict[int, list[int]]) -> list[set[int]]:
    """Return the strongly connected parts that go round (Tarjan's algorithm, without recursion)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    waiting: set[int] = set()  # the same, to look up
    found: list[set[int]] = []
    for root in sorted(blocks):
        if root in index:
            continue
        work = [(root, iter(edges[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        waiting.add(root)
        while work:
            block, ways = work[-1]
            for way in ways:
                if way not in index:
                    index[way] = low[way] = len(index)
                    stack.append(way)
                    waiting.add(way)
                    work.append((way, iter(edges[way])))
                    break
                if way in waiting:
                    low[block] = min(low[block], index[way])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[block])
                if low[block] == index[block]:
                    cut = stack.index(block)
                    part, stack[cut:] = set(stack[cut:]), []
                    waiting -= part
                    if len(part) > 1 or block in edges[block]:
                        found.append(part)
    return found
