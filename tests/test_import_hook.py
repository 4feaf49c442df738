"""`import somecode`: what is found, what is passed over, and what an edit does."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from conftest import Script, c_module, pybind11_module

import cppmagic
import cppmagic.import_hook

BROKEN = "// cppmagic\n#include <Python.h>\nint broken( { return 1; }\n"


@pytest.fixture(autouse=True)
def hook(clean_slate: None) -> Iterator[None]:
    cppmagic.install()
    yield
    cppmagic.uninstall()


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


# What is found


@pytest.mark.parametrize("extension", [".cpp", ".c"])
def test_a_file_on_the_path_is_imported(project: Path, extension: str) -> None:
    path = write(project / f"somecode{extension}", c_module("somecode", 42))
    somecode = importlib.import_module("somecode")
    assert somecode.value() == 42
    assert somecode is sys.modules["somecode"]
    assert somecode.__name__ == "somecode"
    assert somecode.__spec__ is not None
    assert somecode.__spec__.origin == str(path)


def test_a_file_in_a_package_is_imported_absolutely_and_relatively(project: Path) -> None:
    write(project / "pkg" / "__init__.py", "from . import fast\nfrom .fast import value\n")
    write(project / "pkg" / "fast.cpp", c_module("fast", 5))
    write(project / "pkg" / "inner" / "__init__.py", "from ..fast import value\n")
    pkg = importlib.import_module("pkg")
    assert pkg.value() == 5
    assert importlib.import_module("pkg.fast") is pkg.fast
    assert pkg.fast.__package__ == "pkg"
    assert importlib.import_module("pkg.inner").value() == 5


def test_a_file_in_a_namespace_package_is_imported(project: Path, tmp_path: Path) -> None:
    write(project / "space" / "one.c", c_module("one", 1))
    write(tmp_path / "other" / "space" / "two.c", c_module("two", 2))
    sys.path.append(str(tmp_path / "other"))
    assert importlib.import_module("space.one").value() == 1
    assert importlib.import_module("space.two").value() == 2


def test_modules_of_the_same_name_in_two_packages_are_two_modules(project: Path) -> None:
    write(project / "left" / "__init__.py", "")
    write(project / "right" / "__init__.py", "")
    write(project / "left" / "fast.c", c_module("fast", "'l'"))
    write(project / "right" / "fast.c", c_module("fast", "'r'"))
    assert importlib.import_module("left.fast").value() == ord("l")
    assert importlib.import_module("right.fast").value() == ord("r")


def test_the_same_text_under_two_names_of_packages_is_two_modules(project: Path) -> None:
    for name in ("left", "right"):
        write(project / name / "__init__.py", "")
        write(project / name / "fast.c", c_module("fast", 7))
    left, right = importlib.import_module("left.fast"), importlib.import_module("right.fast")
    left.mark = 1
    assert not hasattr(right, "mark")
    assert right.value() == 7


def test_a_file_that_did_not_opt_in_is_passed_over(project: Path, tmp_path: Path) -> None:
    write(project / "quiet.cpp", "// by somebody else\n" + c_module("quiet"))
    with pytest.raises(ModuleNotFoundError, match="No module named 'quiet'"):
        importlib.import_module("quiet")
    write(tmp_path / "later" / "quiet.cpp", c_module("quiet", 3))
    sys.path.append(str(tmp_path / "later"))
    assert importlib.import_module("quiet").value() == 3


def test_the_words_of_cppimport_opt_in_too(project: Path) -> None:
    text = c_module("oldtimer", 8).replace("// cppmagic", "/* cppimport */")
    write(project / "oldtimer.c", text)
    assert importlib.import_module("oldtimer").value() == 8


def test_a_file_that_did_not_opt_in_does_not_hide_a_python_module(project: Path) -> None:
    write(project / "both.cpp", "// not for us\n")
    write(project / "both.py", "value = 'python'\n")
    assert importlib.import_module("both").value == "python"


def test_an_entry_of_the_path_wins_over_later_ones(project: Path, tmp_path: Path) -> None:
    write(project / "ordered.py", "value = lambda: 'first'\n")
    write(tmp_path / "later" / "ordered.cpp", c_module("ordered"))
    sys.path.append(str(tmp_path / "later"))
    assert importlib.import_module("ordered").value() == "first"


def test_find_spec_only_finds(project: Path, own_cache: Path) -> None:
    path = write(project / "lazy.cpp", BROKEN)
    spec = importlib.util.find_spec("lazy")
    assert spec is not None
    assert spec.origin == str(path)
    assert "lazy" not in sys.modules
    assert not own_cache.exists()


# What is created late, and what is no directory


def test_a_file_created_in_the_same_tick_of_the_clock_is_found(project: Path) -> None:
    write(project / "first.c", c_module("first"))
    tick = project.stat().st_mtime_ns
    assert importlib.util.find_spec("newborn") is None
    write(project / "newborn.c", c_module("newborn", 4))
    os.utime(project, ns=(tick, tick))  # a coarse clock would show no new time
    assert importlib.import_module("newborn").value() == 4


def test_a_listing_is_kept_until_the_directory_changes_or_invalidate_caches(project: Path) -> None:
    long_ago = (10**9, 10**9)
    os.utime(project, long_ago)
    assert importlib.util.find_spec("hidden") is None
    write(project / "hidden.c", c_module("hidden"))
    os.utime(project, long_ago)  # as if the file system's clock had not moved
    assert importlib.util.find_spec("hidden") is None
    importlib.invalidate_caches()
    assert importlib.util.find_spec("hidden") is not None
    write(project / "seen.c", c_module("seen"))  # this moves it
    assert importlib.util.find_spec("seen") is not None


def test_a_deleted_file_is_no_module_any_more(project: Path) -> None:
    path = write(project / "fleeting.c", c_module("fleeting"))
    os.utime(project, (10**9, 10**9))
    assert importlib.util.find_spec("fleeting") is not None
    path.unlink()
    assert importlib.util.find_spec("fleeting") is None


def test_strange_entries_of_the_path_are_passed_over(project: Path, tmp_path: Path) -> None:
    archive = tmp_path / "packed.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("zipped.py", "value = 'from the zip'\n")
    gone = tmp_path / "gone"
    gone.mkdir()
    plain = write(tmp_path / "plain.txt", "no directory\n")
    sys.path[:0] = [str(archive), str(gone), str(plain), str(tmp_path / "never")]
    assert importlib.util.find_spec("nowhere") is None
    gone.rmdir()
    write(project / "sound.c", c_module("sound", 6))
    assert importlib.import_module("sound").value() == 6
    assert importlib.import_module("zipped").value == "from the zip"


def test_the_working_directory_is_searched_for_an_empty_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        place = tmp_path / str(number)
        write(place / f"here{number}.c", c_module(f"here{number}", number))
        os.utime(place, (10**9, 10**9))
    sys.path.insert(0, "")
    monkeypatch.chdir(tmp_path / "1")
    assert importlib.import_module("here1").value() == 1
    monkeypatch.chdir(tmp_path / "2")
    assert importlib.import_module("here2").value() == 2


def test_file_exts_decide_what_is_found(project: Path) -> None:
    write(project / "odd.cc", c_module("odd", 9))
    assert importlib.util.find_spec("odd") is None
    cppmagic.settings.file_exts = [".cc"]
    assert importlib.import_module("odd").value() == 9


# What fails


def test_a_module_that_does_not_compile_raises_the_compile_error(project: Path) -> None:
    path = write(project / "faulty.cpp", BROKEN)
    with pytest.raises(cppmagic.BuildError) as caught:
        importlib.import_module("faulty")
    assert not isinstance(caught.value, ModuleNotFoundError)
    assert isinstance(caught.value, ImportError)
    assert "No module named" not in str(caught.value)
    assert f"{path}:3" in str(caught.value)
    assert "faulty" not in sys.modules


def test_in_a_package_too_the_compile_error_is_what_is_raised(project: Path) -> None:
    write(project / "house" / "__init__.py", "")
    write(project / "house" / "faulty.cpp", BROKEN)
    with pytest.raises(cppmagic.BuildError):
        exec("from house import faulty", {})


def test_a_corrected_module_can_be_imported_at_once(project: Path) -> None:
    write(project / "healed.c", BROKEN)
    with pytest.raises(cppmagic.BuildError):
        importlib.import_module("healed")
    write(project / "healed.c", c_module("healed", 10))
    assert importlib.import_module("healed").value() == 10


def test_a_file_named_as_no_module_can_be_is_not_found(project: Path) -> None:
    write(project / "two-words.c", c_module("two_words"))
    with pytest.raises(ImportError):
        importlib.import_module("two-words")


# Editing


def test_reload_after_an_edit_updates_the_module_in_place(project: Path) -> None:
    write(project / "edited.c", c_module("edited", 1))
    edited = importlib.import_module("edited")
    held = edited.value
    write(project / "edited.c", c_module("edited", 2))
    assert importlib.reload(edited) is edited
    assert sys.modules["edited"] is edited
    assert edited.value() == 2
    assert held() == 1  # for who took it out, the old version keeps working


def test_reload_without_an_edit_builds_nothing(
    project: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "cppmagic")
    write(project / "settled.c", c_module("settled", 1234))
    settled = importlib.import_module("settled")
    function = settled.value
    assert "building settled" in caplog.text
    caplog.clear()
    importlib.reload(settled)
    assert settled.value is function
    assert caplog.text == ""


def test_reload_in_a_package_updates_what_the_package_shows(project: Path) -> None:
    write(project / "shop" / "__init__.py", "")
    write(project / "shop" / "ware.c", c_module("ware", 1))
    shop = importlib.import_module("shop")
    ware = importlib.import_module("shop.ware")
    write(project / "shop" / "ware.c", c_module("ware", 2))
    importlib.reload(ware)
    assert shop.ware is ware
    assert shop.ware.value() == 2


def test_names_that_the_new_version_lacks_disappear_and_the_users_own_stay(project: Path) -> None:
    renamed = c_module("shrunk", 2).replace('{"value"', '{"other"')
    write(project / "shrunk.c", c_module("shrunk", 1))
    shrunk = importlib.import_module("shrunk")
    shrunk.note = "mine"
    write(project / "shrunk.c", renamed)
    importlib.reload(shrunk)
    assert shrunk.other() == 2
    assert not hasattr(shrunk, "value")
    assert shrunk.note == "mine"


def test_a_failed_reload_leaves_the_old_version(project: Path) -> None:
    write(project / "steady.c", c_module("steady", 1))
    steady = importlib.import_module("steady")
    write(project / "steady.c", BROKEN)
    with pytest.raises(cppmagic.BuildError):
        importlib.reload(steady)
    assert sys.modules["steady"] is steady
    assert steady.value() == 1
    write(project / "steady.c", c_module("steady", 3))
    assert importlib.reload(steady).value() == 3


def test_an_initialisation_that_raises_at_reload_leaves_the_old_version(project: Path) -> None:
    raising = c_module("shaky", 2).replace(
        "{ return PyModule_Create",
        '{ PyErr_SetString(PyExc_ValueError, "not today"); return 0; return PyModule_Create',
    )
    write(project / "shaky.c", c_module("shaky", 1))
    shaky = importlib.import_module("shaky")
    write(project / "shaky.c", raising)
    with pytest.raises(cppmagic.LoadError, match="ValueError: not today"):
        importlib.reload(shaky)
    assert shaky.value() == 1


def test_many_edits_in_one_process(project: Path) -> None:
    write(project / "restless.c", c_module("restless", 0))
    restless = importlib.import_module("restless")
    held = [restless.value]
    for number in range(1, 6):
        write(project / "restless.c", c_module("restless", number))
        importlib.reload(restless)
        held.append(restless.value)
    assert [function() for function in held] == [0, 1, 2, 3, 4, 5]
    write(project / "restless.c", c_module("restless", 2))  # back to an old version
    assert importlib.reload(restless).value() == 2


STATICS = """\
// cppmagic {edit}
#include <Python.h>
int external = 0;
static int internal = 0;
namespace {{ int unnamed = 0; }}
inline int& in_inline() {{ static int count = 0; return count; }}
template <class T> int& in_template() {{ static int count = 0; return count; }}
template <class T> struct Holder {{ static int count; }};
template <class T> int Holder<T>::count = 0;
inline int variable = 0;
__attribute__((visibility("default"))) inline int& in_shown() {{ static int n = 0; return n; }}
static PyObject *count(PyObject *, PyObject *) {{
    static int local = 0;
    return Py_BuildValue("iiiiiiiii", ++external, ++internal, ++unnamed, ++in_inline(),
        ++in_template<int>(), ++Holder<int>::count, ++variable, ++local, ++in_shown());
}}
static PyMethodDef methods[] = {{{{"count", count, METH_NOARGS, ""}}, {{}}}};
static PyModuleDef definition = {{PyModuleDef_HEAD_INIT, "statics", "", -1, methods}};
PyMODINIT_FUNC PyInit_statics() {{ return PyModule_Create(&definition); }}
"""


def test_the_statics_of_a_new_version_start_anew(project: Path) -> None:
    write(project / "statics.cpp", STATICS.format(edit=1))
    statics = importlib.import_module("statics")
    first = statics.count
    assert first() == (1,) * 9
    assert first() == (2,) * 9
    write(project / "statics.cpp", STATICS.format(edit=2))
    importlib.reload(statics)
    assert statics.count() == (1,) * 9
    assert first() == (3,) * 9


def test_a_class_with_another_layout_loads_and_rejects_old_objects(project: Path) -> None:
    def text(members: str, value: str) -> str:
        return pybind11_module(
            "shapes",
            'py::class_<Thing>(m, "Thing").def(py::init<>());'
            f'm.def("read", [](const Thing &thing) {{ return {value}; }});'
            'm.def("fail", [] { throw std::out_of_range("far"); });',
            f"#include <stdexcept>\nstruct Thing {{ {members} }};",
        )

    write(project / "shapes.cpp", text("int number = 1;", "thing.number"))
    shapes = importlib.import_module("shapes")
    old_thing, old_read = shapes.Thing(), shapes.read
    write(project / "shapes.cpp", text("double room[9] = {}; int number = 2;", "thing.number"))
    importlib.reload(shapes)
    new_thing = shapes.Thing()
    assert shapes.read(new_thing) == 2
    assert old_read(old_thing) == 1
    with pytest.raises(TypeError, match=r"made by version \d of shapes"):
        shapes.read(old_thing)
    with pytest.raises(TypeError, match="Take the function or class from shapes again"):
        old_read(new_thing)
    with pytest.raises(IndexError, match="far"):
        shapes.fail()


# The hook itself


def test_uninstall_ends_it_and_install_begins_it_again(project: Path) -> None:
    write(project / "optional.c", c_module("optional", 1))
    cppmagic.uninstall()
    cppmagic.uninstall()
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("optional")
    cppmagic.install()
    cppmagic.install()
    assert sys.meta_path.count(cppmagic.import_hook._finder) == 1
    optional = importlib.import_module("optional")
    cppmagic.uninstall()
    assert optional.value() == 1
    assert sys.modules["optional"] is optional


def test_other_modules_are_imported_as_without_the_hook(run_python: Script) -> None:
    script = """
        import sys
        if sys.argv[1] == "hook":
            import cppmagic.import_hook
        import colorsys, xml.dom.minidom, email.mime.text
        for name in ("colorsys", "xml.dom.minidom", "email.mime.text"):
            module = sys.modules[name]
            print(name, module.__file__, module.__loader__.__class__, module.__spec__.origin)
        """
    with_hook, without = run_python(script, "hook"), run_python(script, "none")
    assert with_hook.returncode == 0
    assert with_hook.stdout == without.stdout != ""
    assert with_hook.stderr == without.stderr == ""


def test_the_hook_loads_none_of_what_building_needs(run_python: Script) -> None:
    done = run_python(
        """
        import sys
        import cppmagic.import_hook
        try:
            import no_such_module_anywhere
        except ModuleNotFoundError as error:
            assert str(error) == "No module named 'no_such_module_anywhere'", error
        heavy = {"setuptools", "mako", "pybind11", "IPython", "filelock", "platformdirs"}
        print(sorted(heavy & set(sys.modules)))
        """
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_two_interpreters_import_one_artifact(
    project: Path, own_cache: Path, run_python: Script
) -> None:
    write(project / "twice.c", c_module("twice", 11))
    script = """
        import logging, sys
        logging.basicConfig(level=logging.INFO, format="%(message)s")
        sys.path.insert(0, sys.argv[1])
        import cppmagic.import_hook
        import twice
        print(twice.value())
        """
    first, second = run_python(script, str(project)), run_python(script, str(project))
    assert (first.stdout, second.stdout) == ("11\n", "11\n")
    assert "building twice" in first.stderr
    assert second.stderr == ""


def test_the_live_module_is_an_ordinary_module(project: Path) -> None:
    write(project / "plain.c", c_module("plain"))
    plain = importlib.import_module("plain")
    assert isinstance(plain, ModuleType)
    assert plain.__doc__ == "A module."
    assert plain.value.__doc__ == "the value"
    assert "plain" in repr(plain)
    assert str(project / "plain.c") in repr(plain)
