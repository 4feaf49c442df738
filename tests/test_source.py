"""Sources: names, text, opting in, and where files are found."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import c_module

import cppmagic
from cppmagic import SourceError, SourceNotFoundError, settings, source


def write(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_file_becomes_a_source(tmp_path: Path) -> None:
    path = write(tmp_path / "fast.cpp", "int x;\n")
    made = source.from_file(path, "package.fast")
    assert (made.fullname, made.name, made.text) == ("package.fast", "fast", "int x;\n")
    assert (made.path, made.label, made.directory) == (str(path), str(path), str(tmp_path))


@pytest.mark.parametrize(
    ("file", "language"), [("a.cpp", "c++"), ("a.c", "c"), ("a.cc", "c++"), ("a.cxx", "c++")]
)
def test_the_extension_decides_the_language(tmp_path: Path, file: str, language: str) -> None:
    assert source.from_file(write(tmp_path / file, "int x;")).language == language


def test_the_name_of_the_file_is_the_default_name(tmp_path: Path) -> None:
    assert source.from_file(write(tmp_path / "fast.cpp", "int x;")).fullname == "fast"


@pytest.mark.parametrize("name", ["fast", "_fast", "fast2", "a.b.c", "match", "type"])
def test_names_that_a_module_can_have(name: str) -> None:
    source.check_name(name)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("class", "'class' is a Python keyword"),
        ("package.import", "'import' is a Python keyword"),
        ("2fast", "'2fast' is not a valid identifier"),
        ("my-module", "'my-module' is not a valid identifier"),
        ("a..b", "'' is not a valid identifier"),
        ("", "'' is not a valid identifier"),
        ("with space", "not a valid identifier"),
        ("größe", "'größe' has characters outside ASCII"),
        ("paket.größe", "'größe' has characters outside ASCII"),
    ],
)
def test_a_name_that_no_module_can_have_is_refused_with_the_reason(
    name: str, reason: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "x.cpp", "int x;")
    with pytest.raises(SourceError, match=reason):
        source.from_file(path, name)
    with pytest.raises(ImportError, match=reason):
        cppmagic.imp(name)


def test_a_file_whose_own_name_is_no_module_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="'my-file' is not a valid identifier"):
        cppmagic.imp_from_filepath(write(tmp_path / "my-file.cpp", "int x;"))


@pytest.mark.parametrize(
    ("data", "line"),
    [(b"\xff", 1), (b"int x;\n// caf\xe9\n", 2), (b"a\r\nb\r\nc\r\n\x80", 4), (b"\n\n\n\xc3(", 4)],
)
def test_text_that_is_not_utf_8_is_refused_with_its_line(
    tmp_path: Path, data: bytes, line: int
) -> None:
    path = write(tmp_path / "x.cpp", data)
    with pytest.raises(SourceError, match=rf"x\.cpp:{line}: byte 0x\w\w is not UTF-8"):
        source.from_file(path)


def test_a_byte_order_mark_and_foreign_line_ends_do_not_matter(tmp_path: Path) -> None:
    plain = source.from_file(write(tmp_path / "a" / "x.cpp", "a\nb\n\nc"))
    foreign = source.from_file(write(tmp_path / "b" / "x.cpp", b"\xef\xbb\xbfa\r\nb\r\rc"))
    assert foreign.text == plain.text


def test_a_file_from_windows_builds_and_opts_in(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbf" + c_module("windows", 5).replace("\n", "\r\n").encode()
    path = write(tmp_path / "windows.c", text)
    assert source.has_opted_in(str(path))
    assert cppmagic.imp_from_filepath(path).value() == 5


@pytest.mark.parametrize("text", ["", "\n\n", "  \t\n", "\ufeff\n"])
def test_an_empty_file_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceError, match=r"x\.cpp is empty"):
        source.from_file(write(tmp_path / "x.cpp", text))


def test_a_file_that_is_not_there_or_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError, match=r"there is no file .*missing\.cpp"):
        source.from_file(tmp_path / "missing.cpp")
    (tmp_path / "directory.cpp").mkdir()
    with pytest.raises(SourceError, match=r"directory\.cpp cannot be read: Is a directory"):
        source.from_file(tmp_path / "directory.cpp")
    write(tmp_path / "file", "x")
    with pytest.raises(SourceNotFoundError, match="there is no file"):
        source.from_file(tmp_path / "file" / "x.cpp")


@pytest.mark.parametrize(
    ("text", "opted_in"),
    [
        ("// cppmagic\n", True),
        ("// cppimport", True),
        ("/* cppimport */ int x;", True),
        ("<% # cppimport %>", True),
        ("int x;\n// cppmagic\n", False),
        ("// CPPMAGIC\n", False),
        ("", False),
        ("\n// cppimport", False),
    ],
)
def test_the_first_line_opts_in(tmp_path: Path, text: str, opted_in: bool) -> None:
    assert source.has_opted_in(str(write(tmp_path / "x.cpp", text))) is opted_in


def test_a_missing_or_unreadable_file_has_not_opted_in(tmp_path: Path) -> None:
    assert not source.has_opted_in(str(tmp_path / "missing.cpp"))
    assert not source.has_opted_in(str(tmp_path))


def test_find_takes_the_first_match_along_the_path(project: Path, tmp_path: Path) -> None:
    first = write(project / "fast.cpp", "int x;")
    write(tmp_path / "second" / "fast.cpp", "int y;")
    assert source.find("fast") == str(first)
    path = [str(tmp_path / "missing"), str(tmp_path / "second"), str(project)]
    assert source.find("fast", search_path=path) == str(tmp_path / "second" / "fast.cpp")


def test_find_prefers_the_extension_that_the_settings_name_first(project: Path) -> None:
    c = write(project / "both.c", "int x;")
    cpp = write(project / "both.cpp", "int x;")
    assert source.find("both") == str(cpp)
    settings.file_exts = (".c", ".cpp")
    assert source.find("both") == str(c)
    settings.file_exts = (".cxx",)
    with pytest.raises(SourceNotFoundError, match=r"both\{\.cxx\}"):
        source.find("both")


def test_find_looks_in_packages_with_and_without_init(project: Path) -> None:
    write(project / "package" / "__init__.py", "")
    deep = write(project / "package" / "sub" / "fast.cpp", "int x;")
    assert source.find("package.sub.fast") == str(deep)


def test_find_looks_in_the_working_directory_for_an_empty_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "here.cpp", "int x;")
    monkeypatch.chdir(tmp_path)
    assert source.find("here", search_path=[""]) == str(path)


def test_find_passes_over_files_that_did_not_opt_in_when_asked_to(
    project: Path, tmp_path: Path
) -> None:
    silent = write(project / "fast.cpp", "int x;")
    willing = write(tmp_path / "other" / "fast.cpp", "// cppimport\nint x;")
    path = [str(project), str(tmp_path / "other")]
    assert source.find("fast", search_path=path) == str(silent)
    assert source.find("fast", opt_in=True, search_path=path) == str(willing)
    with pytest.raises(SourceNotFoundError) as caught:
        source.find("fast", opt_in=True, search_path=path[:1])
    assert str(silent) in str(caught.value)
    assert "first line does not contain" in str(caught.value)


def test_a_module_that_is_nowhere_is_not_found(project: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match=r"nowhere\{\.cpp or \.c\} was found") as caught:
        cppmagic.imp("nowhere")
    assert caught.value.name == "nowhere"


def test_imp_finds_in_packages(project: Path) -> None:
    write(project / "package" / "__init__.py", "")
    write(project / "package" / "inner.c", c_module("inner", 8))
    module = cppmagic.imp("package.inner")
    assert module.value() == 8
    assert module.__name__ == "package.inner"


def test_a_path_with_spaces_and_non_ascii_letters_works(tmp_path: Path) -> None:
    path = write(tmp_path / "a b" / "größe 'x' $y" / "plain.c", c_module("plain", 4))
    assert cppmagic.imp_from_filepath(path).value() == 4
