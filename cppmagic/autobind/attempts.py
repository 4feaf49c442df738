"""Ways to bind one text, tried one after the other until the compiler accepts one.

First in two units, of which the user's text is one; then the same with the bodies of all methods in
both; then in one; then in one without what the compiler says cannot be bound.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from cppmagic.autobind.bindings import FILE, HEADER, Options, bindings
from cppmagic.autobind.declarations import Declarations
from cppmagic.autobind.outlining import keeping
from cppmagic.autobind.parse import parse
from cppmagic.autobind.skeleton import skeleton
from cppmagic.errors import BuildError, SourceError
from cppmagic.template import GeneratedUnit, Rendered
from cppmagic.toolchain.diagnostics import DECLARATIONS_FILE, is_about_generated

# Macros that standard headers look at: they must be defined before ours include any.
_EARLY_MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+_\w+[^\n\\]*$", re.MULTILINE)
_FIRST_INCLUDE = re.compile(r"^[ \t]*#[ \t]*include\b", re.MULTILINE)
_OWN_MODULE = re.compile(
    r"^[ \t]*(?:PYBIND11_MODULE|NB_MODULE|BOOST_PYTHON_MODULE)\s*\(", re.MULTILINE
)

_BIND_ANYTHING = 25
"""How often declarations are taken out before we give up."""


@dataclass(frozen=True)
class Attempt:
    """One way to bind a text.

    Attributes:
        user: the rendered source as the user wrote it.
        declared: what it declares.
        options: how it is bound.
        rendered: what is built, in one unit or in two.
        outlined: methods whose code is in the user's unit only.
    """

    user: Rendered
    declared: Declarations
    options: Options
    rendered: Rendered
    outlined: tuple[str, ...] = ()

    def after(self, error: BuildError) -> Attempt:
        """Return the next way, when this one did not compile.

        Raises:
            BuildError: the user's text is at fault, so that there is none.
        """
        generated = [
            item for item in error.diagnostics if item.is_error and is_about_generated(item)
        ]
        own = [item for item in error.diagnostics if item.is_error and item not in generated]
        if any(item.line and not self._is_about_outlined(item.message) for item in own):
            raise error
        if self.outlined:
            return _divided(self.user, self.declared, self.options, outline=False)
        if self.rendered.generated:
            return _in_one_unit(self.user, self.declared, self.options)
        dropped = dict(self.options.dropped)
        for item in generated:
            number = _declaration(item)
            if number is not None and 0 <= number < len(self.declared.lines):
                dropped.setdefault(number, f"its binding does not compile ({item.message})")
        if len(dropped) == len(self.options.dropped) or len(dropped) > _BIND_ANYTHING:
            raise error
        options = replace(self.options, dropped=tuple(sorted(dropped.items())))
        return _in_one_unit(self.user, self.declared, options)

    def _is_about_outlined(self, message: str) -> bool:
        """Whether a linker does not find what the user's unit should have."""
        return "undefined" in message and any(name in message for name in self.outlined)


def first_attempt(rendered: Rendered) -> Attempt:
    """Return the first way to bind a rendered source.

    Raises:
        SourceError: it has bindings of its own.
    """
    source, config = rendered.source, rendered.config
    if source.language == "c":
        raise SourceError(
            f"{source.label}: C is not bound automatically; a header's functions can be called "
            'from C++ with extern "C"'
        )
    match = _OWN_MODULE.search(rendered.text)
    if match:
        raise SourceError(
            f"{source.label}: the text has bindings of its own ({match.group().strip(' (')}), so "
            "none are written for it: use %%cppimport, or in a file a first line with `// cppmagic`"
        )
    declared = parse(rendered.text)
    links = bool(config.sources or config.libraries or config.extra_link_args)
    options = Options(source.name, config.bind_main, links)
    return _divided(rendered, declared, options)


def _divided(
    rendered: Rendered, declared: Declarations, options: Options, outline: bool = True
) -> Attempt:
    """Return the way with two units, or that with one for a text that cannot be divided."""
    declarations = skeleton(rendered.text, outline)
    if declarations is None:
        return _in_one_unit(rendered, declared, options)
    text = (
        f'{_early_macros(rendered.text)}{HEADER}# 1 "{DECLARATIONS_FILE}" 3\n'
        f"{declarations.text}\n{bindings(declared, options)}"
    )
    unit = GeneratedUnit(f"{rendered.source.name}_bindings.cpp", text)
    outlined = declarations.outlined
    own = f"{rendered.text}\n{keeping(outlined)}" if outlined else rendered.text
    built = replace(rendered, text=own, generated=(unit,))
    return Attempt(rendered, declared, options, built, outlined)


def binding_text(rendered: Rendered) -> str:
    """Return the code that binds a rendered source: it stands behind the source's own text."""
    attempt = first_attempt(rendered)
    lines = bindings(attempt.declared, attempt.options).splitlines()
    return HEADER + "\n" + "\n".join(line for line in lines if not line.startswith("# "))


def _in_one_unit(rendered: Rendered, declared: Declarations, options: Options) -> Attempt:
    text = f"{_early_macros(rendered.text)}{HEADER}{rendered.text}\n{bindings(declared, options)}"
    return Attempt(rendered, declared, options, replace(rendered, text=text))


def _early_macros(text: str) -> str:
    first = _FIRST_INCLUDE.search(text)
    head = text[: first.start()] if first else ""
    return "".join(f"{match.group().strip()}\n" for match in _EARLY_MACRO.finditer(head))


def _declaration(item: object) -> int | None:
    """Return the number of the declaration whose binding a diagnostic is about."""
    file = str(getattr(item, "file", ""))
    line = getattr(item, "line", None)
    if file.endswith(FILE) and line:
        return int(line) - 1
    for note in getattr(item, "notes", ()):
        number = _declaration(note)
        if number is not None:
            return number
    return None
