"""The functions of `import cppmagic`."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType

import pytest
from conftest import Script, c_module

import cppmagic

BROKEN = "// cppmagic\n#include <Python.h>\nint broken( { return 1; }\n"
SUFFIX = EXTENSION_SUFFIXES[0]


@pytest.fixture(autouse=True)
def no_hook(clean_slate: None) -> None:
    cppmagic.uninstall()


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


# imp


def test_imp_finds_along_the_path_and_needs_no_opt_in(project: Path) -> None:
    write(project / "plain.c", c_module("plain", 3).replace("// cppmagic", "// mine"))
    plain = cppmagic.imp("plain")
    assert plain.value() == 3
    assert sys.modules["plain"] is plain
    assert importlib.import_module("plain") is plain


def test_imp_can_ask_for_opt_in(project: Path) -> None:
    path = write(project / "shy.c", c_module("shy", 3).replace("// cppmagic", "// mine"))
    with pytest.raises(cppmagic.SourceNotFoundError, match="was passed over") as caught:
        cppmagic.imp("shy", opt_in=True)
    assert str(path) in str(caught.value)
    write(path, c_module("shy", 4))
    assert cppmagic.imp("shy", opt_in=True).value() == 4


def test_imp_after_an_edit_updates_the_same_module(project: Path) -> None:
    write(project / "edited.c", c_module("edited", 1))
    edited = cppmagic.imp("edited")
    held = edited.value
    write(project / "edited.c", c_module("edited", 2))
    assert cppmagic.imp("edited") is edited
    assert (edited.value(), held()) == (2, 1)


def test_imp_of_an_unchanged_file_builds_nothing(
    project: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "cppmagic")
    write(project / "still.c", c_module("still", 100))
    still = cppmagic.imp("still")
    assert "building still" in caplog.text
    caplog.clear()
    assert cppmagic.imp("still") is still
    assert caplog.text == ""


def test_a_failed_imp_leaves_the_old_version(project: Path) -> None:
    write(project / "steady.c", c_module("steady", 1))
    steady = cppmagic.imp("steady")
    write(project / "steady.c", BROKEN)
    with pytest.raises(cppmagic.BuildError):
        cppmagic.imp("steady")
    assert sys.modules["steady"] is steady
    assert steady.value() == 1


def test_a_first_imp_that_fails_leaves_no_module(project: Path) -> None:
    write(project / "stillborn.c", BROKEN)
    with pytest.raises(cppmagic.BuildError):
        cppmagic.imp("stillborn")
    assert "stillborn" not in sys.modules


def test_a_dotted_name_imports_its_parents(project: Path) -> None:
    write(project / "outer" / "__init__.py", "")
    write(project / "outer" / "inner" / "__init__.py", "mark = 'imported'\n")
    write(project / "outer" / "inner" / "fast.c", c_module("fast", 5))
    fast = cppmagic.imp("outer.inner.fast")
    assert fast.value() == 5
    assert fast.__name__ == "outer.inner.fast"
    assert fast.__package__ == "outer.inner"
    inner = sys.modules["outer.inner"]
    assert inner.mark == "imported"
    assert inner.fast is fast


def test_imp_and_the_hook_give_one_module(project: Path) -> None:
    write(project / "common.c", c_module("common", 1))
    write(project / "common2.c", c_module("common2", 2))
    common = cppmagic.imp("common")
    cppmagic.install()
    assert importlib.import_module("common") is common
    common2 = importlib.import_module("common2")
    assert cppmagic.imp("common2") is common2


def test_a_name_that_is_nowhere_says_what_was_looked_for(project: Path) -> None:
    with pytest.raises(cppmagic.SourceNotFoundError) as caught:
        cppmagic.imp("pkg.nowhere")
    assert isinstance(caught.value, ModuleNotFoundError)
    assert caught.value.name == "pkg.nowhere"
    message = str(caught.value)
    assert os.path.join("pkg", "nowhere") in message
    assert ".cpp" in message
    assert ".c" in message
    assert "sys.path" in message


@pytest.mark.parametrize("name", ["", "two-words", "class", "a..b", "1st"])
def test_a_name_that_no_module_can_have_is_refused(project: Path, name: str) -> None:
    with pytest.raises(cppmagic.SourceError, match="cannot name a module"):
        cppmagic.imp(name)


# imp_from_filepath


def test_the_files_name_is_the_modules_name(tmp_path: Path) -> None:
    path = write(tmp_path / "anywhere" / "byname.c", c_module("byname", 6))
    byname = cppmagic.imp_from_filepath(path)
    assert byname.value() == 6
    assert sys.modules["byname"] is byname


def test_a_full_name_can_be_given(project: Path, tmp_path: Path) -> None:
    write(project / "home" / "__init__.py", "")
    path = write(tmp_path / "elsewhere" / "file.c", c_module("given", 7))
    given = cppmagic.imp_from_filepath(str(path), "home.given")
    assert given.value() == 7
    assert sys.modules["home.given"] is given
    assert sys.modules["home"].given is given
    write(path, c_module("given", 8))
    assert cppmagic.imp_from_filepath(path, "home.given") is given
    assert given.value() == 8


def test_a_relative_path_is_relative_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "near.c", c_module("near", 7))
    monkeypatch.chdir(tmp_path)
    near = cppmagic.imp_from_filepath("near.c")
    monkeypatch.chdir("/")
    assert cppmagic.imp_from_filepath(tmp_path / "near.c") is near


def test_another_file_of_the_same_name_is_another_module(tmp_path: Path) -> None:
    first = cppmagic.imp_from_filepath(write(tmp_path / "1" / "doubled.c", c_module("doubled", 1)))
    second = cppmagic.imp_from_filepath(write(tmp_path / "2" / "doubled.c", c_module("doubled", 2)))
    assert first is not second
    assert (first.value(), second.value()) == (1, 2)
    assert sys.modules["doubled"] is second


def test_a_foreign_module_of_that_name_is_not_clobbered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path / "json.c", c_module("json", 12))
    mine = cppmagic.imp_from_filepath(path)
    assert mine.value() == 12
    assert sys.modules["json"] is json
    assert not hasattr(json, "value")
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1
    assert "json" in warnings[0]
    assert str(path) in warnings[0]


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "missing.cpp"
    with pytest.raises(cppmagic.SourceNotFoundError) as caught:
        cppmagic.imp_from_filepath(path)
    assert str(path) in str(caught.value)
    assert caught.value.path == str(path)


def test_a_parent_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "orphan.c", c_module("orphan"))
    with pytest.raises(ModuleNotFoundError, match="no_such_parent"):
        cppmagic.imp_from_filepath(path, "no_such_parent.orphan")


# build


def test_build_puts_the_library_beside_its_source(project: Path) -> None:
    write(project / "shed" / "__init__.py", "")
    write(project / "shed" / "tool.c", c_module("tool", 9))
    assert cppmagic.build("shed.tool") == str(project / "shed" / f"tool{SUFFIX}")
    assert sorted(os.listdir(project / "shed")) == ["__init__.py", "tool.c", f"tool{SUFFIX}"]
    assert "shed.tool" not in sys.modules
    assert importlib.import_module("shed.tool").value() == 9  # as any extension


def test_build_filepath_takes_a_path_and_a_name(tmp_path: Path) -> None:
    path = write(tmp_path / "file.c", c_module("file"))
    assert cppmagic.build_filepath(path) == str(tmp_path / f"file{SUFFIX}")
    other = write(tmp_path / "other.c", c_module("given"))
    with pytest.raises(cppmagic.ModuleNameError, match="'given'"):
        cppmagic.build_filepath(other)
    assert os.path.exists(cppmagic.build_filepath(other, "pkg.given"))


def test_build_all_builds_what_opted_in(tmp_path: Path) -> None:
    write(tmp_path / "a.c", c_module("a"))
    write(tmp_path / "sub" / "deep" / "b.cpp", c_module("b"))
    write(tmp_path / "sub" / "quiet.c", "// not for us\n" + BROKEN)
    write(tmp_path / ".hidden" / "c.c", BROKEN)
    write(tmp_path / "notes.txt", "cppmagic\n")
    built = cppmagic.build_all(tmp_path)
    assert built == [str(tmp_path / f"a{SUFFIX}"), str(tmp_path / "sub" / "deep" / f"b{SUFFIX}")]
    assert all(os.path.isfile(path) for path in built)
    assert len(list(tmp_path.rglob(f"*{SUFFIX}"))) == 2


def test_a_build_that_fails_leaves_the_library_that_was_there(project: Path) -> None:
    write(project / "kept.c", c_module("kept", 1))
    library = Path(cppmagic.build("kept"))
    before = library.read_bytes()
    write(project / "kept.c", BROKEN)
    with pytest.raises(cppmagic.BuildError):
        cppmagic.build("kept")
    assert library.read_bytes() == before
    assert sorted(os.listdir(project)) == ["kept.c", library.name]


def test_building_again_never_writes_into_a_library_that_is_loaded(
    project: Path, run_python: Script
) -> None:
    write(project / "mapped.c", c_module("mapped", 1))
    done = run_python(
        """
        import os, pathlib, sys
        import cppmagic
        sys.path.insert(0, sys.argv[1])
        library = cppmagic.build("mapped")
        import mapped
        before = os.stat(library).st_ino
        source = pathlib.Path(sys.argv[1], "mapped.c")
        source.write_text(source.read_text().replace("FromLong(1)", "FromLong(2)"))
        assert cppmagic.build("mapped") == library
        assert os.stat(library).st_ino != before
        print(mapped.value())
        """,
        str(project),
    )
    assert done.stdout == "1\n", done.stderr


# Settings by function


def test_force_rebuild_builds_again_until_it_is_off(
    project: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "cppmagic")
    write(project / "forced.c", c_module("forced", 1))
    forced = cppmagic.imp("forced")
    caplog.clear()
    cppmagic.force_rebuild()
    assert cppmagic.settings.force_rebuild is True
    assert cppmagic.imp("forced") is forced
    assert "building forced" in caplog.text
    caplog.clear()
    cppmagic.force_rebuild(False)
    cppmagic.imp("forced")
    assert caplog.text == ""


PROVIDER = """\
// cppmagic
#include <Python.h>
__attribute__((visibility("default"))) int {symbol}(void) {{ return 77; }}
static struct PyModuleDef definition = {{PyModuleDef_HEAD_INIT, "{name}", "", -1, 0}};
PyMODINIT_FUNC PyInit_{name}(void) {{ return PyModule_Create(&definition); }}
"""


def consumer(name: str, symbol: str) -> str:
    return c_module(name, f"{symbol}()").replace(
        "static PyObject", f"int {symbol}(void);\nstatic PyObject", 1
    )


def test_rtld_global_shows_symbols_to_later_modules(project: Path) -> None:
    write(project / "giver.c", PROVIDER.format(name="giver", symbol="cppmagic_test_given"))
    write(project / "taker.c", consumer("taker", "cppmagic_test_given"))
    python_flags = sys.getdlopenflags()
    cppmagic.set_rtld_flags(os.RTLD_GLOBAL)
    assert cppmagic.settings.rtld_flags == os.RTLD_GLOBAL
    cppmagic.imp("giver")
    assert sys.getdlopenflags() == python_flags
    cppmagic.set_rtld_flags(0)
    assert cppmagic.imp("taker").value() == 77


def test_without_rtld_global_symbols_stay_private(project: Path) -> None:
    write(project / "miser.c", PROVIDER.format(name="miser", symbol="cppmagic_test_kept"))
    write(project / "beggar.c", consumer("beggar", "cppmagic_test_kept"))
    cppmagic.imp("miser")
    with pytest.raises(cppmagic.LoadError, match="undefined symbol: cppmagic_test_kept"):
        cppmagic.imp("beggar")


# Errors


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (BROKEN, cppmagic.BuildError),
        ("", cppmagic.SourceError),
        ("// <% 1/0 %>\n", cppmagic.TemplateError),
        ("// <% cfg['sauces'] = [] %>\n", cppmagic.ConfigError),
        (c_module("other"), cppmagic.ModuleNameError),
        (consumer("wrong", "cppmagic_test_nowhere"), cppmagic.LoadError),
    ],
)
def test_what_goes_wrong_is_an_import_error_of_its_kind(
    project: Path, text: str, kind: type[Exception]
) -> None:
    write(project / "wrong.c", text)
    with pytest.raises(kind) as caught:
        cppmagic.imp("wrong")
    assert isinstance(caught.value, ImportError)
    assert isinstance(caught.value, cppmagic.CppmagicError)
    assert not isinstance(caught.value, ModuleNotFoundError)
    assert "wrong" in str(caught.value)


# Switching from cppimport


def test_a_project_of_cppimport_works_after_changing_the_import_name(
    project: Path, run_python: Script
) -> None:
    code = c_module("somecode", "NUMBER + from_header + from_extra()")
    declarations = '#include "number.h"\nint from_extra(void);\nstatic PyObject'
    block = """
/*
<%
cfg['compiler_args'] = ['-DNUMBER=1']
cfg['linker_args'] = ['-lm']
cfg['include_dirs'] = ['headers']
cfg['sources'] = ['extra.c']
cfg['dependencies'] = ['headers/number.h']
cfg['parallel'] = True
setup_pybind11(cfg)
%>
*/
"""
    text = code.replace("static PyObject", declarations, 1).replace("// cppmagic", "// cppimport")
    write(project / "somecode.c", text + block)
    write(project / "headers" / "number.h", "static const int from_header = 10;\n")
    write(project / "extra.c", "int from_extra(void) { return 100; }\n")
    done = run_python(
        """
        import pathlib, sys
        sys.path.insert(0, sys.argv[1])
        import cppmagic as cppimport
        import cppmagic.import_hook
        import somecode
        print(somecode.value())
        header = pathlib.Path(sys.argv[1], "headers", "number.h")
        header.write_text("static const int from_header = 20;")
        print(cppimport.imp("somecode").value())
        cppimport.settings["force_rebuild"] = True
        cppimport.force_rebuild(False)
        cppimport.set_rtld_flags(0)
        print(pathlib.Path(cppimport.build("somecode")).name)
        print(len(cppimport.build_all(sys.argv[1])))
        """,
        str(project),
    )
    assert done.stdout.split() == ["111", "121", f"somecode{SUFFIX}", "1"], done.stderr
    assert done.stderr == ""


def test_no_submodule_takes_the_place_of_a_public_name() -> None:
    for module in pkgutil.walk_packages(cppmagic.__path__, "cppmagic."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in cppmagic.__all__:
        assert not isinstance(getattr(cppmagic, name), ModuleType), name
