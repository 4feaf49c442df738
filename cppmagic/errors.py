"""What can go wrong. Every failure is one of these, with the facts as attributes.

A message says what happened, where, and what to do next. In IPython only the message is shown,
not the frames of cppmagic itself.
"""

from __future__ import annotations

from cppmagic.light import dataclass, replace

# Importing typing costs as much as a cached import of a whole module.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class CppmagicError(Exception):
    """The base of everything that cppmagic raises on purpose."""

    def _render_traceback_(self) -> list[str]:
        """Lines that IPython shows in place of a traceback (its protocol for custom exceptions)."""
        # The one arrow upwards: only IPython calls this, and its room knows what it can show.
        from cppmagic.ipython.display import show_error

        return show_error(self)


class SettingsError(CppmagicError, KeyError, AttributeError, ValueError):
    """An unknown setting, or a value that a setting cannot take."""

    # KeyError shows the repr of its argument, which would quote and escape the sentence.
    __str__ = Exception.__str__


class SourceError(CppmagicError, ImportError):
    """A source that cannot be taken: empty, not UTF-8, a bad module name."""


class SourceNotFoundError(CppmagicError, ModuleNotFoundError):
    """No C++ or C file of that module name along `sys.path`."""


class ModuleNameError(SourceError):
    """The name that the source gives its module is not the name it is imported under."""


class ConfigError(SourceError):
    """A build config that cannot be used: an unknown key, a wrong type, a missing library."""


class OptionError(CppmagicError):
    """A magic's line that cannot be understood: an unknown option, a missing name."""


class TemplateError(SourceError):
    """Mako could not render the source.

    Attributes:
        line: the template's line, counted from 1, or None where Mako does not tell.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class ToolchainError(CppmagicError, ImportError):
    """No usable compiler, or a requested one that is not there.

    Attributes:
        is_missing: whether there is no such program; else it cannot be used.
    """

    def __init__(self, message: str, is_missing: bool = False) -> None:
        super().__init__(message)
        self.is_missing = is_missing


@dataclass(frozen=True)
class Range:
    """A part of a source that a message is about; it ends before `end_column`.

    Attributes:
        line, column: where it begins, counted from 1, in characters.
        end_line, end_column: where it ends.
        label: what the compiler says of it, such as its type; "" for nothing.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    label: str = ""


@dataclass(frozen=True)
class FixIt:
    """A change that the compiler proposes: `text` in place of a range.

    Attributes:
        file: the file, or the cell's label, as the user knows it.
        range: what is replaced; empty where something is inserted.
        text: what comes there.
    """

    file: str
    range: Range
    text: str


@dataclass(frozen=True)
class Diagnostic:
    """One message of a compiler or linker.

    Attributes:
        severity: "fatal error", "error", "warning", "note" or "remark".
        message: the message, without its place.
        file: the file, or the cell's label (`In[3]`), as the user knows it; "" if there is none.
        line: counted from 1 as the user sees it; None if the tool names no line.
        column: counted from 1 in characters; None if the tool names no column.
        source_line: the text of that line, if it could be read.
        notes: what the tool adds to this message.
        ranges: what it is about; the first one is the place itself.
        fixes: what the tool proposes to change.
    """

    severity: str
    message: str
    file: str = ""
    line: int | None = None
    column: int | None = None
    source_line: str | None = None
    notes: tuple[Diagnostic, ...] = ()
    ranges: tuple[Range, ...] = ()
    fixes: tuple[FixIt, ...] = ()

    @property
    def place(self) -> str:
        """File, line and column as `In[3]:5:26`, as far as they are known."""
        numbers = (self.line, self.column) if self.line is not None else ()
        return ":".join([self.file, *(str(number) for number in numbers if number)])

    @property
    def is_error(self) -> bool:
        """Whether this message alone makes the build fail."""
        return self.severity in ("error", "fatal error")

    def renamed(self, names: dict[str, str]) -> Diagnostic:
        """Return the same, with some files called otherwise: a cell that has run again."""
        return replace(
            self,
            file=names.get(self.file, self.file),
            notes=tuple(note.renamed(names) for note in self.notes),
            fixes=tuple(replace(fix, file=names.get(fix.file, fix.file)) for fix in self.fixes),
        )

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Diagnostic:
        """Return the diagnostic that `dataclasses.asdict` described."""
        parts = {
            "notes": tuple(map(cls.from_json, data["notes"])),
            "ranges": tuple(Range(**item) for item in data["ranges"]),
            "fixes": tuple(
                FixIt(item["file"], Range(**item["range"]), item["text"]) for item in data["fixes"]
            ),
        }
        return cls(**{**data, **parts})


class BuildError(CppmagicError, ImportError):
    """The compiler or the linker refused.

    Attributes:
        title: the first line of the message: what did not compile or link.
        diagnostics: what the tools said, in their order.
        hint: what to do next, "" where that is not known.
        own: what diagnostics call the user's sources.
        command: the command that failed.
        output: everything that it printed, unedited.
    """

    def __init__(
        self,
        message: str,
        diagnostics: tuple[Diagnostic, ...] = (),
        command: tuple[str, ...] = (),
        output: str = "",
        hint: str = "",
        own: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.title = message.partition("\n")[0]
        self.diagnostics = diagnostics
        self.hint = hint
        self.own = own
        self.command = command
        self.output = output


class LoadError(CppmagicError, ImportError):
    """A library that was built could not be loaded, or its initialisation raised."""


class ReleaseModeError(CppmagicError, ImportError):
    """Release mode is on and the prebuilt library is missing."""


class CacheError(CppmagicError, OSError):
    """The cache directory cannot be used."""


class LockTimeoutError(CppmagicError, TimeoutError):
    """Another process builds the same module for longer than `settings.lock_timeout`."""


def nearest(word: str, known: list[str]) -> str:
    """Return " (did you mean 'x'?)" for the closest of `known`, or "" if none is close."""
    import difflib

    matches = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f" (did you mean {matches[0]!r}?)" if matches else ""
