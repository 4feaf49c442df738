"""Failures and warnings of a build: what the tools said becomes what the user reads."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import replace

from cppmagic import inputs
from cppmagic.errors import BuildError, Diagnostic
from cppmagic.lexical import code_only, line_that_uses
from cppmagic.planning import Plan
from cppmagic.toolchain import commands, diagnostics, hints, rendering, structured
from cppmagic.toolchain.process import Finished, run
from cppmagic.toolchain.sources import Sources


def compile_error(
    finished: Finished, made: Plan, work: str, telling: tuple[str, ...] = ()
) -> BuildError:
    """Return the error for a compiler's refusal.

    Args:
        finished: the compiler, with what it printed.
        made: the plan.
        work: the directory of the build.
        telling: the command to run again where gcc's JSON says too little: it does not say which
            line made a template's instance, nor who included a header. Default: the same.
    """
    sources = sources_of(made)
    records, text = structured.split_json(finished.output)
    found = structured.from_json(records, sources)
    said = diagnostics.parse(text, sources)
    if found and _has_more_to_say(found, made):
        more = run(commands.as_text(telling or finished.command), work)
        found = structured.merged(diagnostics.parse(more.output, sources), found)
    report = os.path.join(work, commands.report_name(finished.command))
    if not records and os.path.isfile(report):
        with open(report, encoding="utf-8", errors="replace") as file:
            said = structured.merged(said, structured.from_sarif(file.read(), sources))
    return _error(finished, made, (*found, *said), structured.readable(finished.output), "compile")


def link_error(finished: Finished, made: Plan, work: str) -> BuildError:
    """Return the error for a linker's refusal."""
    output = _with_sources_named(finished.output, made, work)
    found = diagnostics.parse(output, sources_of(made))
    return _error(finished, made, tuple(_placed(item, made) for item in found), output, "link")


def _placed(item: Diagnostic, made: Plan) -> Diagnostic:
    """Name the line that uses what nothing defines: the linker knows only the object."""
    source = made.rendered.source
    missing = re.match(r"undefined (?:reference to|symbol:?) '?([^'\n]+)", item.message)
    line = line_that_uses(missing[1], source.text) if missing and not item.file else None
    if line is None:
        return item
    return replace(
        item, file=source.label, line=line, source_line=source.text.split("\n")[line - 1]
    )


def warnings(output: str, made: Plan) -> tuple[Diagnostic, ...]:
    """Return the warnings of a build that succeeded, those of the user's own files.

    Args:
        output: of all its compilers and linkers.
        made: the plan.
    """
    sources = sources_of(made)
    records, text = structured.split_json(output)
    found = (*structured.from_json(records, sources), *diagnostics.parse(text, sources))
    # What a package's headers say of themselves: `#warning` gets past -isystem.
    own = (item for item in found if not is_foreign(item.file, made))
    # A template is warned of with every type that it takes, in other words each time.
    once: dict[object, Diagnostic] = {}
    for item in own:
        once.setdefault((item.place, item.message.rpartition("[-W")[2]), item)
    return tuple(map(_with_hint, once.values()))


def _with_hint(item: Diagnostic) -> Diagnostic:
    hint = hints.of_warning(item.message)
    return replace(item, notes=(*item.notes, Diagnostic("note", hint))) if hint else item


def own_labels(made: Plan) -> tuple[str, ...]:
    """Return what messages call the sources of the module, in the order of its units."""
    return (made.rendered.source.label, *(unit.path for unit in made.units[1:]))


def _error(
    finished: Finished, made: Plan, found: tuple[Diagnostic, ...], output: str, step: str
) -> BuildError:
    source, own = made.rendered.source, own_labels(made)
    # Many an instance of a template comes from one line of the user's.
    found = diagnostics.unique(
        _led_by_user(item, made)
        for item in found
        if item.is_error or not is_foreign(item.file, made)
    )
    errors = tuple(item for item in found if item.is_error)
    # What is wrong with the user's text makes code that was written for it wrong as well.
    errors = tuple(e for e in errors if not diagnostics.is_about_generated(e)) or errors
    count = f" ({len(errors)} errors)" if len(errors) > 1 else ""
    title = f"{source.fullname} did not {step}{count}"
    # Without a message that we understand, theirs as it is beats none.
    body = (
        rendering.render(errors, own)
        if errors
        else output.strip()
        or (f"{shlex.join(finished.command)}\nended with status {finished.status} and said nothing")
    )
    plain = diagnostics.plain_quotes(output)
    hint = hints.hint(plain, step, errors, source.text)
    text = "\n\n".join([title, body, *([hint] if hint else [])])
    return BuildError(text, found, finished.command, finished.output, hint, own)


def sources_of(made: Plan) -> Sources:
    """Return what knows the files of a plan as the user does."""
    source = made.rendered.source
    # As the #line directives name it, relative to the source's directory.
    name = os.path.basename(source.path)
    return Sources(name, source.label, source.text, made.rendered.text, source.directory)


def _has_more_to_say(found: tuple[Diagnostic, ...], made: Plan) -> bool:
    """Whether an error is in a header, a template or a macro, so that other lines led to it."""
    text = made.rendered.source.text
    templates = _template_lines(text)
    macros = re.findall(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", text, re.MULTILINE)
    used = re.compile(rf"\b({'|'.join(macros)})\b") if macros else None
    return any(
        item.file != made.rendered.source.label
        or item.line in templates
        or (used is not None and used.search(item.source_line or "") is not None)
        for item in found
        if item.is_error and item.file
    )


def _template_lines(text: str) -> set[int]:
    """Return the lines that are part of a template, or of a function with `auto` parameters."""
    code = code_only(text)
    lines: set[int] = set()
    for match in re.finditer(r"\btemplate\s*<|[(,]\s*(?:const\s+)?auto\b", code):
        end = _end_of_definition(code, match.end())
        first = code.count("\n", 0, match.start()) + 1
        lines.update(range(first, first + code.count("\n", match.start(), end) + 1))
    return lines


def _end_of_definition(code: str, start: int) -> int:
    """Return where the braces that open first after `start` are closed again."""
    depth = 0
    for match in re.compile(r"[{};]").finditer(code, start):
        if match[0] == ";":
            if depth == 0:
                return match.end()
            continue
        depth += 1 if match[0] == "{" else -1
        if depth <= 0:
            return match.end()
    return len(code)


def is_foreign(file: str, made: Plan) -> bool:
    """Whether a file, by its path, belongs to a package, to Python or to the compiler."""
    return inputs.is_below(file, (*made.quiet_dirs, *_system_dirs(made)))


def _system_dirs(made: Plan) -> tuple[str, ...]:
    # clang names its headers by a path that it has not made shorter.
    named = made.linker.system_dirs
    return tuple(dict.fromkeys([*named, *map(os.path.normpath, named)]))


def _led_by_user(item: Diagnostic, made: Plan) -> Diagnostic:
    """Let the user's own line lead to an error in the depth of someone else's template."""
    if not item.is_error or not item.file or not is_foreign(item.file, made):
        return item
    own = [
        note
        for note in item.notes
        if rendering.leads(note)
        and note.message != diagnostics.INCLUDED_HERE
        and not is_foreign(note.file, made)
    ]
    if not own:
        return item
    lead = own[0]
    deep = replace(item, severity="note", message="the error arises here", notes=(), fixes=())
    rest = tuple(note for note in item.notes if note is not lead)
    return replace(lead, severity=item.severity, message=item.message, notes=(deep, *rest))


def _with_sources_named(output: str, made: Plan, work: str) -> str:
    """Let the linker speak of sources in place of the objects in our directory."""
    for number, label in enumerate(own_labels(made)):
        output = output.replace(os.path.join(work, f"{number}.o"), label)
    return output
