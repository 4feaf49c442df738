"""What to do next, for failures whose cause is known."""

from __future__ import annotations

import re
from collections.abc import Callable

from cppmagic.errors import Diagnostic
from cppmagic.lexical import code_only
from cppmagic.toolchain import known_names

Advice = str | Callable[["re.Match[str]"], str]

_FLAGS = {
    "compile": "extra_compile_args in cfg, or the option -c",
    "link": "extra_link_args in cfg, or the option --link-args",
}


def hint(output: str, step: str, errors: tuple[Diagnostic, ...] = (), text: str = "") -> str:
    """Return what to do next, or "" where that is not known.

    Args:
        output: of the tool, with plain quotes.
        step: "compile" or "link".
        errors: what was read from it.
        text: of the user's source.
    """
    found = _from_source(errors, text) if step == "compile" else ""
    if found:
        return found
    for pattern, advice in _HINTS:
        if match := re.search(pattern, output):
            found = advice(match) if callable(advice) else advice
            if found:
                return found.replace("{flags}", _FLAGS[step])
    return ""


def of_warning(message: str) -> str:
    """Return what to do about a warning, or "" if its words say it."""
    if re.search(r"ignoring '?#pragma omp|unknown pragma ignored|unexpected '#pragma omp", message):
        return "if it is OpenMP's: the option --openmp, or setup_openmp(cfg) in a Mako block"
    return ""


def missing_symbol(symbol: str) -> str:
    """Return what to do about a function that nothing defines.

    Args:
        symbol: its name, demangled.
    """
    library = _library_of(symbol)
    if known_names.OPENMP.match(symbol):
        return "It is OpenMP's: setup_openmp(cfg) in a Mako block, or the option --openmp."
    if library:
        return (
            f"It is in the library {library}: cfg['libraries'] = ['{library}'], or the option "
            f"-l {library}."
        )
    return (
        "What defines it is not linked: name its library (libraries in cfg, the option -l) or its "
        "source (sources in cfg, the option -S)."
    )


def at_load(cause: str) -> str:
    """Return what to do about a module whose initialisation raised, or "".

    Args:
        cause: what it raised, as text.
    """
    base = re.search(r'referenced unknown base type "(.+?)"', cause)
    if base:
        return f"Bind the base first: py::class_<{base[1]}>(m, ...) above it."
    if "could not convert default argument" in cause:
        return (
            "A default value in py::arg is made when the module is: the py::class_ of its type "
            "must stand above (and #include <pybind11/stl.h>, if it is one of the standard "
            "library's)."
        )
    if "GLIBCXX_" in cause or "CXXABI_" in cause:
        return (
            "This Python has loaded an older C++ library than the compiler's: build with a "
            "compiler of the same environment (conda install cxx-compiler), or run a Python that "
            "uses the system's library."
        )
    if "static TLS block" in cause:
        return "Import it earlier, before other large libraries."
    return ""


def _library_of(symbol: str) -> str:
    if known_names.BLAS.match(symbol):
        return "blas"
    if known_names.LAPACK.match(symbol):
        return "lapack"
    name = symbol.removeprefix("typeinfo for ").removeprefix("vtable for ")
    known = [prefix for prefix in known_names.LIBRARIES if name.startswith(prefix)]
    return known_names.LIBRARIES[max(known, key=len)] if known else ""


def _from_source(errors: tuple[Diagnostic, ...], text: str) -> str:
    """Return what the user's own lines tell, where the compiler's words do not."""
    if not errors or (errors[0].source_line or "") not in text:  # it is in a header
        return ""
    first = errors[0]
    includes = re.findall(r"^\s*#\s*include\s*[<\"]([^>\"]+)", text, re.MULTILINE)
    line = (first.source_line or "").strip()
    return (
        _about_bindings(line, first.message, includes)
        or _about_names(first, includes)
        or _about_other_languages(line, first)
        or _about_ends(first, text)
    )


def _about_bindings(line: str, message: str, includes: list[str]) -> str:
    if "PYBIND11_MODULE" in line and not any("pybind11" in name for name in includes):
        return "Add #include <pybind11/pybind11.h>."
    if "NB_MODULE" in line and not any("nanobind" in name for name in includes):
        return "Add #include <nanobind/nanobind.h>, and setup_nanobind(cfg) in a Mako block."
    if "PYBIND11_MODULE" in line and re.search("too few arguments|requires", message):
        return "Write PYBIND11_MODULE(NAME, m): the module's name, and a name for it in the C++."
    if re.search(r"\bm\.def\('", line):
        return 'Strings of C++ have double quotes: m.def("name", ...).'
    return ""


def _about_names(first: Diagnostic, includes: list[str]) -> str:
    unknown = _UNKNOWN_NAME.search(first.message)
    name = next(group for group in unknown.groups() if group) if unknown else ""
    if name == "std" and first.column:
        used = re.match(r"std::(\w+)", (first.source_line or "")[first.column - 1 :])
        return _standard_name(used) if used else ""
    header = known_names.HEADERS.get(name, "")
    if first.fixes or not known_names.is_unmistakable(name) or header in known_names.C_HEADERS:
        return ""
    missing = "" if header in includes else f", and add #include <{header}>"
    return f"Write std::{name}{missing}."


def _about_other_languages(line: str, first: Diagnostic) -> str:
    if re.search("[\u2018\u2019\u201c\u201d\u201e]", line) and "character" in first.message:
        return "These are typographic quotes; C++ takes \" and '."
    if re.match(r"%%?\w", line):
        return "A line that begins with % or %% is IPython's: %%cppimport must be the first line."
    if re.match(
        r"(def \w+\(.*:|import \w+( as \w+)?$|from \w+ import|print\(.*\)$|class \w+:|for \w+ in )",
        line,
    ):
        return f"Line {first.line} looks like Python: the whole cell is C++."
    if line.startswith("#") and re.search("invalid preprocessing directive", first.message):
        return "A comment begins with // in C++."
    return ""


def _about_ends(first: Diagnostic, text: str) -> str:
    """Return where a brace or a semicolon is missing."""
    at_end = first.line is not None and first.line >= len(text.rstrip().split("\n"))
    code = code_only(text)
    if "expected" in first.message and (
        "at end of input" in first.message or ("'}'" in first.message and at_end)
    ):
        balance = code.count("{") - code.count("}")
        if balance > 0:
            return f"The C++ ends too early: {balance} '{{' without its '}}'."
        return "The C++ ends too early: is there a ';' or a '}' missing before its end?"
    if first.fixes or not re.match(r"expected (.*';'|initializer|unqualified-id)", first.message):
        return ""
    if at_end and "before" not in first.message:
        return "A ';' is missing before the end."
    before, lines = _line_before(first), code.split("\n")
    while 0 < before <= len(lines) and not lines[before - 1].strip():
        before -= 1
    if not before or lines[before - 1].rstrip().endswith(_NO_END):
        return ""
    return f"Is a ';' missing at the end of line {before}?"


_UNKNOWN_NAME = re.compile(
    r"'(\w+)' was not declared in this scope|undeclared identifier '(\w+)'|'(\w+)' does not name a"
    r" type|unknown type name '(\w+)'|no template named '(\w+)'$"
)

# A statement goes on, or has ended, behind these.
_NO_END = (";", "{", "}", ":", ",", "(", "\\", ">")


def _line_before(item: Diagnostic) -> int:
    """Return the line above a message about the first word of a line, else 0."""
    text = item.source_line or ""
    is_first = item.column == len(text) - len(text.lstrip()) + 1
    return item.line - 1 if item.line and is_first else 0


def _missing_header(match: re.Match[str]) -> str:
    name = match[1] or match[2]
    first = name.partition("/")[0]
    if name == "Python.h":
        return "Python's C headers are missing: install them (Debian: apt install python3-dev)."
    if name == "omp.h":
        return _NO_OPENMP
    if first == "numpy":
        return (
            "NumPy's headers are named by setup_numpy(cfg) in a Mako block, <% setup_numpy(cfg) %>"
            " (python -m pip install numpy, if it is not installed)."
        )
    if first == "nanobind":
        return "nanobind's headers are named by setup_nanobind(cfg) in a Mako block."
    if first == "pybind11":
        return "pybind11 has no header of that name: look at its spelling."
    if first in ("Eigen", "unsupported"):
        return (
            "Eigen is not along the include path: pkg_config(cfg, 'eigen3') in a Mako block, or "
            "the option -I with its directory (Debian: apt install libeigen3-dev)."
        )
    return "Name the directory that has this header: include_dirs in cfg, or the option -I."


def _binding_name(match: re.Match[str]) -> str:
    header = known_names.BINDING_HEADERS.get(match[1] or match[2])
    return f"Add #include <pybind11/{header}.h>." if header else ""


def _standard_name(match: re.Match[str]) -> str:
    name = next(group for group in match.groups() if group)
    if name in known_names.NEWER_NAMES:
        year, header = known_names.NEWER_NAMES[name]
        return _newer(year, f"std::{name} is in <{header}> and")
    header = known_names.HEADERS.get(name, "")
    if not header or f"forget to '#include <{header}>'" in match.string:
        return ""
    return f"std::{name} is in <{header}>: add #include <{header}>."


def _undeclared(match: re.Match[str]) -> str:
    name = match[1]
    return _standard_name(match) if known_names.is_unmistakable(name) else ""


def _newer(year: str, what: str = "This") -> str:
    return f"{what} needs C++{year}: the option --std c++{year}, or cfg['std'] = 'c++{year}'."


def _newer_standard(match: re.Match[str]) -> str:
    return _newer(next((group for group in match.groups() if group), "20"))


def _no_order(match: re.Match[str]) -> str:
    name = match[1] or match[2]
    return (
        f"{name} has no order: define bool operator<(const {name} &, const {name} &), or give what "
        "sorts it a comparison of its own."
    )


def _undefined(match: re.Match[str]) -> str:
    return missing_symbol(match[1].strip("`'"))


def _missing_library(match: re.Match[str]) -> str:
    if re.search(r"omp5?\b", match[1]):
        return _NO_OPENMP
    return (
        "Name the directory that has this library: library_dirs in cfg, or the option -L; if it "
        "is not installed, install its development package."
    )


_NO_OPENMP = (
    "This compiler has no OpenMP: install it (Debian, for clang: apt install libomp-dev), or "
    "use g++."
)

_HINTS: tuple[tuple[str, Advice], ...] = (
    (
        r"fatal error: ([\w./+-]+): No such file|fatal error: '([\w./+-]+)' file not found",
        _missing_header,
    ),
    (
        r"(?:cannot find|unable to find (?:dynamic system )?library|library not found for)"
        r" '?(?:-l)?(\S+)",
        _missing_library,
    ),
    (r"undefined (?:reference to|symbol:?) ([^\n]+)", _undefined),
    (
        r"multiple definition of|duplicate symbol",
        "It is defined twice: name each source once, and make a function that a header defines "
        "`inline` (in C: `static inline`).",
    ),
    (
        r"'(\w+)' is not a member of '(?:pybind11|py)'"
        r"|no (?:member|template|type) named '(\w+)' in namespace '(?:pybind11|py)'",
        _binding_name,
    ),
    (
        r"'pybind11' (?:has not been declared|is not a namespace-name|does not name a type)"
        r"|undeclared identifier 'pybind11'|expected namespace name",
        "Add #include <pybind11/pybind11.h>.",
    ),
    (
        r"'py' (?:has not been declared|does not name a type|was not declared)"
        r"|undeclared identifier 'py'",
        "Add, below the #include: namespace py = pybind11;",
    ),
    (
        r"<unresolved overloaded function type>|couldn't infer template argument 'Func'"
        r"|reference to overloaded function could not be resolved",
        "The function has overloads: say which, as in "
        "py::overload_cast<int>(&f), with the types of its parameters.",
    ),
    (
        r"redeclared as different kind of entity|redefinition of '\w+' as different kind of symbol",
        "If a header of the system has that name (bindings include some), rename yours, or put "
        "the code into a namespace.",
    ),
    (
        r"ambiguous overload for 'operator[=!]='|overloaded operator '[=!]=' is ambiguous",
        "From C++20 on, == also tries its operands the other way round: declare the operator "
        "const, or compile as before: --std c++17 (std in cfg).",
    ),
    (
        r"no match for 'operator<' in .*\(operand types are '(?:const )?([\w:]+)' and "
        r"'(?:const )?\1'\)"
        r"|invalid operands to binary expression \('(?:const )?([\w:]+)'.*\n.*__\w+ < \*?__\w+",
        _no_order,
    ),
    (
        r"only available from C\+\+(\d\d)|only available with '-std=c\+\+(\d\d)'"
        r"|is a C\+\+(\d\d) extension|unknown type name 'concept'"
        r"|'(?:concept|requires|consteval|constinit)' (?:does not name a type|was not declared)",
        _newer_standard,
    ),
    (
        r"no (?:member|template|type|class template|template named) (?:named )?'(\w+)' in namespace"
        r" 'std'|(?<=error: )'(\w+)' (?:is not a member of|in namespace) 'std'"
        r"|'std::(\w+)' has not been declared",
        _standard_name,
    ),
    (r"use of undeclared identifier '(\w+)'", _undeclared),
    (
        r"missing terminating .{1,3} character",
        "A string or a character is not closed: its second quote is missing.",
    ),
    (
        r"-march=|-mcpu=|-mtune=|unknown CPU|unknown target CPU",
        "This compiler does not know that processor: look at {flags}; -march=native takes the "
        "one of this machine.",
    ),
    (
        r"'-O' should be|in '-O",
        "The option -O (optimize in cfg) takes 0, 1, 2, 3, s, g or fast.",
    ),
    (
        r"-std=",
        "This compiler does not know that standard: look at the option --std, std in cfg, "
        "or {flags}.",
    ),
    (
        r"unrecogni[sz]ed (?:command[- ]line )?option|unknown argument|unsupported option"
        r"|unknown (?:clang |command line )?option|unsupported linker arg"
        r"|invalid (?:integral )?value .* in '-|bad value .* for '-",
        "A flag is not known to this compiler: look at {flags}.",
    ),
)
