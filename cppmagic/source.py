"""Source: C++ or C text with a module name and an origin (a file on disk, or a notebook cell)."""

from __future__ import annotations

import keyword
import os
import re
import sys

from cppmagic.errors import SourceError, SourceNotFoundError
from cppmagic.light import dataclass
from cppmagic.settings import settings

OPT_IN_WORDS = (b"cppmagic", b"cppimport")
_C_EXTENSIONS = (".c",)

# The first line of a file of plain C++: `// cppmagic: auto`.
_ASKS_FOR_BINDINGS = re.compile(r"[^\n]*\bcppmagic:[ \t]*auto\b")


@dataclass(frozen=True)
class Source:
    """What the road starts with.

    Attributes:
        fullname: dotted name of the module, `package.fast`.
        text: the text as the user wrote it. A cell's text begins with an empty line in the place
            of its `%%` line, so that line numbers are those that the user sees.
        path: absolute path of the file; for a cell, of its copy in the cache.
        label: what messages call it: the path, or `In[3]`.
        directory: where relative paths of the build config resolve.
        language: "c++" or "c".
        binding: "auto" if bindings are written for it; "" if it has its own.
    """

    fullname: str
    text: str
    path: str
    label: str
    directory: str
    language: str
    binding: str = ""

    @property
    def is_cell(self) -> bool:
        """Whether this is a notebook cell, which messages call otherwise than its copy."""
        return self.label != self.path

    @property
    def name(self) -> str:
        """The last part of the dotted name: the one in PYBIND11_MODULE and PyInit_."""
        return self.fullname.rpartition(".")[2]


def from_file(path: str | os.PathLike[str], fullname: str | None = None) -> Source:
    """Read a C++ or C file.

    Args:
        path: the file.
        fullname: dotted module name; default: the file's name without its extension.

    Raises:
        SourceNotFoundError: there is no such file.
        SourceError: the file is not UTF-8, is empty, or has a name that no module can have.
    """
    path = os.path.abspath(path)
    try:
        with open(path, "rb") as file:
            data = file.read()
    except (FileNotFoundError, NotADirectoryError):
        raise SourceNotFoundError(f"there is no file {path}", path=path) from None
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}", path=path) from error
    return from_text(_decoded(data, path), path, fullname)


def from_text(text: str, path: str, fullname: str | None = None) -> Source:
    """Return the source that a file with a text is; see `from_file`.

    Args:
        text: the file's, with plain newlines.
        path: the file's absolute path.
        fullname: dotted module name; default: the file's name without its extension.

    Raises:
        SourceError: the text is empty, or the file has a name that no module can have.
    """
    stem, extension = os.path.splitext(os.path.basename(path))
    fullname = stem if fullname is None else fullname
    check_name(fullname)
    if not text.strip():
        raise SourceError(f"{path} is empty: there is no C++ to build", path=path)
    return Source(
        fullname=fullname,
        text=text,
        path=path,
        label=path,
        directory=os.path.dirname(path),
        language="c" if extension in _C_EXTENSIONS else "c++",
        binding="auto" if _ASKS_FOR_BINDINGS.match(text) else "",
    )


def check_name(fullname: str) -> None:
    """Raise `SourceError` unless every part of the dotted name is a valid Python identifier."""
    for part in fullname.split("."):
        if keyword.iskeyword(part):
            raise SourceError(f"{fullname!r} cannot name a module: {part!r} is a Python keyword")
        if not part.isidentifier():
            raise SourceError(
                f"{fullname!r} cannot name a module: {part!r} is not a valid identifier; use "
                "letters, digits and underscores, and begin with a letter"
            )
        if not part.isascii():
            # Python looks for PyInitU_<punycode> then, which no binding macro writes.
            raise SourceError(
                f"{fullname!r} cannot name a C++ module: {part!r} has characters outside ASCII"
            )


def has_opted_in(path: str) -> bool:
    """Whether the file's first line contains `cppmagic` or `cppimport`."""
    try:
        with open(path, "rb") as file:
            first_line = file.readline(4096)
    except OSError:
        return False
    return any(word in first_line for word in OPT_IN_WORDS)


def find(fullname: str, opt_in: bool = False, search_path: list[str] | None = None) -> str:
    """Find the file of a module along `sys.path`.

    Args:
        fullname: dotted name; `package.fast` is found as `package/fast.cpp`.
        opt_in: pass over files whose first line does not opt in.
        search_path: directories to look in; default: `sys.path`.

    Returns:
        The absolute path of the first match.

    Raises:
        SourceNotFoundError: nothing matches; the message says what was looked at.
    """
    check_name(fullname)
    relative = fullname.replace(".", os.sep)
    skipped = []
    for directory in sys.path if search_path is None else search_path:
        for extension in settings.file_exts:
            path = os.path.abspath(os.path.join(directory or os.getcwd(), relative + extension))
            if not os.path.isfile(path):
                continue
            if not opt_in or has_opted_in(path):
                return path
            skipped.append(path)
    endings = " or ".join(settings.file_exts)
    message = f"no file {relative}{{{endings}}} was found along sys.path"
    if skipped:
        message += (
            f"; {skipped[0]} was passed over, because its first line does not contain "
            "'cppmagic' or 'cppimport'"
        )
    raise SourceNotFoundError(message, name=fullname)


def _decoded(data: bytes, path: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SourceError(
            f"{path}:{line}: byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8",
            path=path,
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
