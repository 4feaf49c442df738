"""Rendering: Mako turns a source into what the compiler sees, and fills its build config.

The line that the compiler names must be the line that the user sees, whatever the template did.
So every piece of template text carries an invisible mark of its place through Mako, and the marks
become `#line` directives wherever the rendered lines do not count on as the compiler would.
"""

from __future__ import annotations

import builtins
import os
import re
from dataclasses import dataclass, field
from typing import Any

from cppmagic.config import BuildConfig, Cfg
from cppmagic.errors import ConfigError, CppmagicError, TemplateError
from cppmagic.helpers import HELPERS, PURE_HELPERS, setup_pybind11
from cppmagic.lexical import lines_inside_tokens
from cppmagic.source import Source

# Mako takes these for its own; a text with none of them renders to itself.
_TEMPLATE_SYNTAX = re.compile(r"<%|\$\{|^[ \t]*(?:%|\#\#)", re.MULTILINE)

# In plain C++, where nobody need know of Mako, `${` may stand in a comment and `%` begin a line:
# such a text is a template if it has a block or a control line.
_TEMPLATE_SYNTAX_OF_PLAIN = re.compile(
    r"<%|^[ \t]*%[ \t]*(?:for|if|while|with|try)\b.*:[ \t]*$", re.MULTILINE
)

# Private-use characters: they mean nothing to Mako, and no C++ source has a use for them.
_MARK = re.compile("\ue000(\\d+):(\\d+)\ue001")

_PURE_NAMES = frozenset(PURE_HELPERS) | {
    *("cfg", "fullname", "filebasename", "loop", "context", "UNDEFINED"),
    *("range", "len", "str", "int", "float", "bool", "list", "dict", "tuple", "set"),
    *("enumerate", "zip", "map", "filter", "min", "max", "sum", "sorted", "reversed"),
    *("abs", "round", "any", "all", "format", "repr", "chr", "ord", "hex", "isinstance"),
}
"""Names that a template may use and still depend on nothing but its text."""


@dataclass(frozen=True)
class GeneratedUnit:
    """A further translation unit that was written for a source.

    Attributes:
        name: of its file in the build directory.
        text: all of it.
    """

    name: str
    text: str


@dataclass(frozen=True)
class Rendered:
    """What the compiler sees.

    Attributes:
        source: where it came from.
        text: the rendered text, with `#line` directives that name the file without its directory.
        config: the build config that the template and the options gave.
        inputs: absolute paths of the files that rendering read beside the source.
        packages: directory of each installed package that the config refers to.
        reusable: whether rendering the same text again must give the same result. A block that
            imports something or reads the environment may decide otherwise next time.
        generated: further units, which are compiled beside this one.
    """

    source: Source
    text: str
    config: BuildConfig
    inputs: tuple[str, ...]
    packages: tuple[tuple[str, str], ...]
    reusable: bool
    generated: tuple[GeneratedUnit, ...] = ()


def render(source: Source, options: BuildConfig) -> Rendered:
    """Render a source.

    Args:
        source: the text; all of it is a Mako template (plain C++: if it has a block or a control
            line).
        options: what the caller asks for beyond the template's `cfg`; it wins where both speak.

    Raises:
        TemplateError: the template is not valid, or its Python raised.
        ConfigError: the template gave `cfg` something that it cannot take.
    """
    cfg = Cfg()
    syntax = _TEMPLATE_SYNTAX_OF_PLAIN if source.binding else _TEMPLATE_SYNTAX
    if syntax.search(source.text):
        text, inputs, reusable = _run_mako(source, cfg)
    else:
        text, inputs, reusable = _line_directive(1, _name(source)) + source.text, (), True
    config = _frozen(cfg, source).merged(options)
    if source.language == "c++" and "pybind11" not in cfg.packages:
        # So that the shortest file works: no block, no setup_pybind11.
        defaults = Cfg()
        setup_pybind11(defaults)
        config = config.merged(defaults.freeze())
        cfg.packages.update(defaults.packages)
    return Rendered(source, text, config, inputs, tuple(sorted(cfg.packages.items())), reusable)


def _frozen(cfg: Cfg, source: Source) -> BuildConfig:
    try:
        return cfg.freeze()
    except ConfigError as error:
        raise ConfigError(f"{source.label}: {error}") from None


def _run_mako(source: Source, cfg: Cfg) -> tuple[str, tuple[str, ...], bool]:
    from mako.lookup import TemplateLookup
    from mako.template import Template

    parsed = _Parsed([source.path])
    lexer = _marking_lexer(parsed)
    lookup = TemplateLookup(directories=[source.directory], lexer_cls=lexer, input_encoding="utf-8")
    names: dict[str, Any] = {
        **HELPERS,
        "cfg": cfg,
        "fullname": source.fullname,
        "filepath": source.path,
        "filedirname": source.directory,
        "filebasename": os.path.basename(source.path),
    }
    try:
        template = Template(
            source.text,
            uri="/" + os.path.basename(source.path),
            filename=source.path,
            lookup=lookup,
            lexer_cls=lexer,
        )
        text = template.render_unicode(**names)
    except CppmagicError as error:
        # A helper already says what is missing; only the place is not its to know.
        file, line = _place(error, parsed.files)
        raise type(error)(f"{_shown_place(file, line, source)}: {error}") from error
    except Exception as error:
        raise _template_error(error, source, parsed, set(names)) from error
    return _with_line_directives(text, source, parsed.files), tuple(parsed.files[1:]), parsed.pure


@dataclass
class _Parsed:
    """What the lexer saw in all templates of one rendering.

    Attributes:
        files: paths of the templates, first the source's own.
        used: names that their Python reads.
        assigned: names that their Python gives a value.
        closed: False once there was something whose result nobody can foretell.
    """

    files: list[str]
    used: set[str] = field(default_factory=set)
    assigned: set[str] = field(default_factory=set)
    closed: bool = True

    def add(self, node: Any) -> None:
        """Take note of one node of Mako's parse tree."""
        from mako import parsetree

        closed_kinds = (parsetree.Text, parsetree.Comment, parsetree.DefTag, parsetree.TextTag)
        python_kinds = (parsetree.Expression, parsetree.ControlLine, parsetree.Code)
        if isinstance(node, (*python_kinds, parsetree.IncludeTag)):
            # "__" opens the way to anything (`cfg.__class__...`); an import brings the world in.
            if re.search(r"\bimport\b|__", getattr(node, "text", "")):
                self.closed = False
            self.used |= set(node.undeclared_identifiers())
            self.assigned |= set(node.declared_identifiers())
        elif not isinstance(node, closed_kinds):
            self.closed = False

    @property
    def pure(self) -> bool:
        """Whether the templates' Python depends on nothing but their text."""
        own = self.assigned - set(dir(builtins))
        return self.closed and self.used - own <= _PURE_NAMES


def _marking_lexer(parsed: _Parsed) -> type:
    """Make a Mako lexer that marks each line of template text and notes what it parsed."""
    from mako import parsetree
    from mako.lexer import Lexer

    class MarkingLexer(Lexer):  # type: ignore[misc]
        def append_node(self, node_class: Any, *args: Any, **kwargs: Any) -> None:
            if node_class is parsetree.Text:
                line: int = kwargs.get("lineno") or self.matched_lineno
                args = (_marked(args[0], self._file_index(), line), *args[1:])
            super().append_node(node_class, *args, **kwargs)
            if node_class is parsetree.Tag:  # an opening tag is on the stack of open ones
                parsed.add(self.tag[-1])
            else:
                parsed.add((self.tag[-1].nodes if self.tag else self.template.nodes)[-1])

        def _file_index(self) -> int:
            if self.filename not in parsed.files:
                parsed.files.append(self.filename)
            return parsed.files.index(self.filename)

    return MarkingLexer


def _marked(text: str, file_index: int, line: int) -> str:
    # What follows the last newline is not this text's line; the next node marks it.
    return "".join(
        f"\ue000{file_index}:{line + offset}\ue001{content}"
        for offset, content in enumerate(re.findall(r"[^\n]*\n|[^\n]+", text))
    )


def _with_line_directives(marked: str, source: Source, files: list[str]) -> str:
    lines = marked.split("\n")
    plain = [_MARK.sub("", line) for line in lines]
    unsafe = lines_inside_tokens("\n".join(plain))
    result: list[str] = []
    expected: tuple[int, int] | None = None
    place = (0, 1)
    for number, (line, content) in enumerate(zip(lines, plain, strict=True), start=1):
        mark = _MARK.search(line)
        if mark:
            place = (int(mark[1]), int(mark[2]))
        if place != expected and number not in unsafe and (content.strip() or expected is None):
            name = _name(source) if place[0] == 0 else _relative(files[place[0]], source)
            result.append(_line_directive(place[1], name).rstrip("\n"))
            expected = place
        result.append(content)
        if expected is not None:
            expected = (expected[0], expected[1] + 1)
    return "\n".join(result)


def _line_directive(line: int, name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'#line {line} "{escaped}"\n'


def _name(source: Source) -> str:
    return os.path.basename(source.path)


def _relative(path: str, source: Source) -> str:
    inside = path.startswith(source.directory + os.sep)
    return os.path.relpath(path, source.directory) if inside else path


def _template_error(
    error: Exception, source: Source, parsed: _Parsed, known: set[str]
) -> TemplateError:
    file, line = _place(error, parsed.files)
    text = _line_text(file, line, source)
    message = str(error)
    if isinstance(error, NameError) and message == "Undefined":
        # Mako does not say which.
        unknown = parsed.used - parsed.assigned - known - set(dir(builtins))
        names = [word for word in re.findall(r"\w+", text) if word in unknown] or sorted(unknown)
        message = f"name {names[0]!r} is not defined" if names else "a name is not defined"
    # Mako puts the place in the message too, in its own words.
    message = re.sub(r" in file '.*?' at line: \d+ char: \d+$", "", message)
    kind = type(error).__name__
    # And what Python says of a block, as text.
    of_python = re.match(r"\((\w+)\) (.*) \(<unknown>, line \d+\)", message)
    if of_python:
        kind, message = of_python.groups()
    shown = f"{_shown_place(file, line, source)}: the template cannot be rendered: "
    shown += f"{kind}: {message}"
    if text:
        shown += f"\n{line:5} | {text}{_hint(text, error)}"
    return TemplateError(shown, line)


def _shown_place(file: str, line: int | None, source: Source) -> str:
    name = source.label if file == source.path else file
    return f"{name}:{line}" if line else name


def _line_text(file: str, line: int | None, source: Source) -> str:
    """Return a line of a template, "" if it cannot be had."""
    text = source.text
    if file != source.path:
        try:
            with open(file, encoding="utf-8", errors="replace") as included:
                text = included.read()
        except OSError:
            return ""
    lines = text.split("\n")
    return lines[line - 1] if line and line <= len(lines) else ""


def _hint(line: str, error: Exception) -> str:
    """Return what to do where plain C++ was taken for Mako."""
    from mako.exceptions import TemplateLookupException

    if isinstance(error, TemplateLookupException):
        return ""
    if line.lstrip().startswith("%"):
        return "\nA line that begins with % is Mako's; for a C++ operator, move it up a line."
    if "<%" in line:
        block = "<% begins a Mako block" + (", which %> ends" if "%>" in str(error) else "")
        return f'\n{block}; in a C++ string write it as two: "<" "%d"'
    if "${" in line:
        return "\n${ begins a Mako expression; for these two characters in C++ write ${'${'}"
    return ""


def _place(error: BaseException, files: list[str]) -> tuple[str, int | None]:
    """Return the template, and its line, in which an exception arose."""
    from mako.exceptions import CompileException, RichTraceback, SyntaxException

    if isinstance(error, (CompileException, SyntaxException)):
        # An included file that is not even UTF-8 never came to be one of `files`.
        known = error.filename and os.path.isfile(error.filename)
        return (error.filename if known else files[0]), int(error.lineno)
    records = RichTraceback(error, error.__traceback__).records
    places = [(record[4], int(record[5])) for record in records if record[4] in files and record[5]]
    return places[-1] if places else (files[0], None)
