"""Names follow a new version, and what users see of a module looks plain."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from kernel import FROM_JUPYTER, Kernel, Shown
from shapes_source import shapes

pytestmark = FROM_JUPYTER


def functions(name: str, options: str = "", **values: int) -> str:
    """Return a cell in C with functions without arguments; names in capitals are constants."""
    constants = {key: value for key, value in values.items() if key.isupper()}
    calls = {key: value for key, value in values.items() if key not in constants}
    defined = "".join(
        f"static PyObject *{key}(PyObject *s, PyObject *a) {{ return PyLong_FromLong({value}); }}\n"
        for key, value in calls.items()
    )
    listed = "".join(f'{{"{key}", {key}, METH_NOARGS, "gives {key}"}}, ' for key in calls)
    added = "".join(
        f'PyModule_AddIntConstant(m, "{key}", {value}); ' for key, value in constants.items()
    )
    return (
        f"%%cppimport {name} --lang c {options}\n#include <Python.h>\n{defined}"
        f"static PyMethodDef methods[] = {{{listed}{{0}}}};\n"
        "static struct PyModuleDef definition = "
        f'{{PyModuleDef_HEAD_INIT, "{name}", 0, -1, methods}};\n'
        f"PyMODINIT_FUNC PyInit_{name}(void) {{\n"
        f"PyObject *m = PyModule_Create(&definition); {added}return m; }}\n"
    )


def get(kernel: Kernel, expression: str) -> str:
    shown = kernel.run(expression)
    assert shown.error == "", shown.traceback
    return shown.result


# Names in the notebook


def test_names_that_a_notebook_imports_follow(kernel: Kernel) -> None:
    kernel.run(functions("follows", area=1, other=10, LIMIT=100))
    kernel.run("import follows as f, follows\nfrom follows import area, area as g, LIMIT as top")
    kernel.run("if True:\n    from follows import (other,\n        other as another)")
    assert kernel.run(functions("follows", area=2, other=20, LIMIT=200)) == Shown()
    assert get(kernel, "follows.area(), f.area(), area(), g()") == "(2, 2, 2, 2)"
    assert get(kernel, "other(), another(), top, follows.LIMIT") == "(20, 20, 200, 200)"
    assert kernel.run(functions("follows", area=3, other=30, LIMIT=300)) == Shown()
    assert get(kernel, "area(), g(), other(), top") == "(3, 3, 30, 300)"
    assert kernel.run(functions("follows", area=1, other=10, LIMIT=100)) == Shown()  # back again
    assert get(kernel, "area(), g(), other(), top") == "(1, 1, 10, 100)"


def test_star_imports_follow(kernel: Kernel) -> None:
    kernel.run(functions("starry", twinkle=1))
    kernel.run("from starry import *")
    assert kernel.run(functions("starry", twinkle=2, shine=5)) == Shown()
    assert get(kernel, "twinkle()") == "2"
    kernel.run(functions("starry2", "--star", gleam=1))
    kernel.run(functions("starry2", gleam=2))
    assert get(kernel, "gleam()") == "2"


def test_what_the_user_assigned_is_never_touched(kernel: Kernel) -> None:
    kernel.run(functions("assigned", f=1, g=1, h=1, LIMIT=7))
    kernel.run("import assigned\nfrom assigned import f, g, h, LIMIT")
    kernel.run("old = assigned.f; mine = f; limit = LIMIT; held = [f]; g = 'my own'")
    kernel.run("h = lambda: 'also mine'; assigned.note = 'kept'")
    assert kernel.run(functions("assigned", f=2, g=2, h=2, LIMIT=8)) == Shown()
    assert get(kernel, "f(), LIMIT") == "(2, 8)"
    assert get(kernel, "old(), mine(), limit, held[0](), g, h()") == (
        "(1, 1, 7, 1, 'my own', 'also mine')"
    )
    assert get(kernel, "assigned.note") == "'kept'"


def test_an_imported_name_that_is_assigned_the_old_value_again_is_the_users(
    kernel: Kernel,
) -> None:
    kernel.run(functions("kept", f=1))
    kernel.run("import kept; from kept import f as pinned; first = kept.f")
    kernel.run(functions("kept", f=2))
    assert get(kernel, "pinned(), first()") == "(2, 1)"
    kernel.run("pinned = first")
    kernel.run(functions("kept", f=3))
    assert get(kernel, "pinned(), first()") == "(1, 1)"


def test_an_imported_name_that_is_assigned_the_same_value_is_the_users(kernel: Kernel) -> None:
    kernel.run(functions("same", f=1, g=1, h=1, LIMIT=7))
    kernel.run("import same; from same import *; from same import h\nh = same.h")
    kernel.run("try:\n    from same import g as tried\nexcept ImportError:\n    tried = None")
    kernel.run("f, LIMIT = same.f, 7")
    kernel.run(functions("same", f=2, g=2, h=2, LIMIT=8))
    assert get(kernel, "f(), g(), h(), tried(), LIMIT") == "(1, 2, 1, 2, 7)"
    kernel.run("from same import f")  # and is followed again
    kernel.run(functions("same", f=3, g=3, h=3, LIMIT=9))
    assert get(kernel, "f(), g(), h(), tried(), LIMIT") == "(3, 3, 1, 3, 7)"


def test_names_that_are_gone_disappear_and_those_held_are_said_to_be_stale_once(
    kernel: Kernel,
) -> None:
    kernel.run(functions("fading", stays=1, goes=1, leaves=1))
    kernel.run("import fading; from fading import goes, leaves as left, stays")
    shown = kernel.run(functions("fading", stays=2))
    assert shown.stdout == ""
    assert shown.stderr == (
        "goes, left are stale: the new version of fading has nothing of that name; what you hold "
        "still works\n"
    )
    assert get(kernel, "hasattr(fading, 'goes'), 'leaves' in dir(fading)") == "(False, False)"
    assert get(kernel, "goes(), left(), stays()") == "(1, 1, 2)"
    assert kernel.run("from fading import goes").error == "ImportError"
    assert kernel.run("fading.goes()").error == "AttributeError"
    # A name that comes back is followed again, and said again when it goes.
    assert kernel.run(functions("fading", stays=3, goes=3)).stderr == ""
    assert get(kernel, "goes(), left(), stays()") == "(3, 1, 3)"
    assert kernel.run(functions("fading", "-q", stays=4)).stderr == ""
    kernel.run(functions("fading", stays=5, goes=5))
    assert kernel.run(functions("fading", stays=6)).stderr.startswith("goes is stale: ")


def test_an_unchanged_cell_changes_no_name(kernel: Kernel) -> None:
    kernel.run(functions("steady", f=1))
    kernel.run("from steady import f as s; before = s; import steady; n = len(vars(steady))")
    assert kernel.run(functions("steady", f=1)) == Shown()
    assert get(kernel, "s is before is steady.f, len(vars(steady)) == n") == "(True, True)"


def test_a_failed_cell_leaves_names_as_they_were(kernel: Kernel) -> None:
    kernel.run(functions("unhurt", f=1))
    kernel.run("from unhurt import f as u")
    assert kernel.run("%%cppimport unhurt --lang c\nint f( {").error == "BuildError"
    assert get(kernel, "u()") == "1"


# Names in the user's own modules


def test_names_in_the_users_modules_follow(kernel: Kernel, place: Path) -> None:
    kernel.run(functions("source", f=1, LIMIT=10))
    (place / "user.py").write_text(
        "import source\nimport source as lg\nfrom source import f, f as g, LIMIT\n"
        "from source import *\n"
        "own = f\n"
        "from source import f as reassigned\n"
        "reassigned = source.f\n"
        "def values(): return source.f(), lg.f(), f(), g(), LIMIT, own(), reassigned()\n"
        "def late():\n    from source import f as inner\n    return inner()\n"
    )
    kernel.run("import user")
    assert get(kernel, "user.values(), user.late()") == "((1, 1, 1, 1, 10, 1, 1), 1)"
    assert kernel.run(functions("source", f=2, LIMIT=20)) == Shown()
    assert get(kernel, "user.values(), user.late()") == "((2, 2, 2, 2, 20, 1, 1), 2)"


def test_a_name_that_a_module_bound_again_is_left(kernel: Kernel, place: Path) -> None:
    kernel.run(functions("rebound", f=1))
    (place / "rebinds.py").write_text("from rebound import f\ndef f(original=f): return 'own'\n")
    kernel.run("import rebinds")
    kernel.run(functions("rebound", f=2))
    assert get(kernel, "rebinds.f()") == "'own'"


def test_relative_imports_in_a_package_follow(kernel: Kernel, place: Path) -> None:
    package = place / "pack"
    (package / "deep").mkdir(parents=True)
    (package / "__init__.py").write_text("from .fast import f as exported\n")
    (package / "deep" / "__init__.py").write_text("")
    (package / "sibling.py").write_text("from . import fast\nfrom .fast import f\n")
    (package / "deep" / "below.py").write_text("from ..fast import f as up\n")

    def write(value: int) -> None:
        text = functions("fast", f=value).partition("\n")[2]
        (package / "fast.c").write_text("// cppmagic\n" + text)

    write(1)
    kernel.run("import cppmagic.import_hook, pack, pack.sibling, pack.deep.below as below, sys")
    expression = "pack.exported(), pack.sibling.f(), pack.sibling.fast.f(), below.up()"
    assert get(kernel, expression) == "(1, 1, 1, 1)"
    write(2)
    kernel.run("import cppmagic; cppmagic.reload(pack.fast)")
    assert get(kernel, expression) == "(2, 2, 2, 2)"


# What users see


@pytest.fixture(scope="module")
def shaped(kernel: Kernel) -> Kernel:
    """The kernel with version 2 of shapes, and `old`, a Thing of version 1."""
    assert kernel.run(shapes(1)) == Shown()
    kernel.run("old = shapes.Thing(); import shapes; old_sub = shapes.sub")
    assert kernel.run(shapes(2)) == Shown()
    return kernel


def is_plain(text: str) -> bool:
    return not re.search(r"cppmagic\.versions|\._[0-9a-f]{8}|[0-9a-f]{24}|\.so\b|/cache", text)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("shapes", r"<module 'shapes' from 'In\[\d+\]'>|<module 'shapes' \(In\[\d+\]\)>"),
        ("shapes.Thing", r"shapes\.Thing"),
        ("shapes.Thing()", r"<shapes\.Thing (object )?at 0x\w+>"),
        ("old", r"<shapes\.Thing object at 0x\w+, made by version 1>"),
        ("shapes.sub", r"<module 'shapes\.sub'.*>"),
        ("shapes.sub.Inner", r"shapes\.sub\.Inner"),
        ("shapes.Color.red", r"<Color\.red: 10>"),
        ("shapes.Old.red", r"<Old\.red: 10>"),
        ("shapes.MyError('x')", r"shapes\.MyError\('x'\)|MyError\('x'\)"),
        ("shapes.read", r"<.*read.*>"),
        ("shapes.Thing.area", r"<instancemethod area.*>|<.*area.*>"),
        ("shapes.__name__, shapes.Thing.__module__", r"\('shapes', 'shapes'\)"),
        ("shapes.read.__module__, shapes.sub.__name__", r"\('shapes', 'shapes\.sub'\)"),
    ],
)
def test_what_is_shown_has_plain_names(shaped: Kernel, expression: str, expected: str) -> None:
    shown = get(shaped, expression)
    assert re.fullmatch(expected, shown), shown
    assert is_plain(shown), shown


def test_signatures_have_plain_names(shaped: Kernel) -> None:
    shown = shaped.run(
        "print(shapes.read.__doc__, shapes.Thing.plus.__doc__, shapes.total.__doc__, "
        "shapes.paint.__doc__, shapes.sub.inner.__doc__)"
    ).stdout
    assert "read(thing: shapes.Thing, extra: " in shown
    assert "plus(self: shapes.Thing, other: shapes.Thing)" in shown
    assert "inner(arg0: shapes.sub.Inner)" in shown
    assert is_plain(shown), shown


def test_help_shows_the_module_as_a_python_one(shaped: Kernel) -> None:
    shown = shaped.run("import pydoc; print(pydoc.render_doc(shapes, renderer=pydoc.plaintext))")
    assert shown.error == "", shown.traceback
    assert "module shapes" in shown.stdout
    assert "Shapes and what holds them." in shown.stdout
    assert "class Thing(Base)" in shown.stdout
    assert "Read a thing." in shown.stdout
    assert is_plain(shown.stdout), shown.stdout
    for name in ("shapes.Thing", "shapes.read", "shapes.Color", "shapes.Old", "shapes.MyError"):
        shown = shaped.run(f"print(pydoc.render_doc({name}, renderer=pydoc.plaintext))")
        assert shown.error == "", shown.traceback
        assert "in module shapes" in shown.stdout
        assert "#include" not in shown.stdout
        assert is_plain(shown.stdout), shown.stdout


def inspected(kernel: Kernel, code: str) -> str:
    """Run `name?` or `name??` and return the text that the pager gets, without colours."""
    kernel.client.execute(code)
    while True:
        reply = kernel.client.get_shell_msg(timeout=60)
        if reply["content"].get("payload"):
            text = str(reply["content"]["payload"][0]["data"]["text/plain"])
            return re.sub(r"\x1b\[[\d;]*m", "", text)


def test_question_marks_show_documentation_and_the_c_plus_plus(shaped: Kernel) -> None:
    text = inspected(shaped, "shapes?")
    assert "Shapes and what holds them." in text
    assert re.search(r"File: +\S*In\[\d+\]", text), text
    assert is_plain(text), text
    text = inspected(shaped, "shapes??")
    assert "PYBIND11_MODULE(shapes, m) {" in text
    assert "#define VERSION 2" in text
    assert is_plain(text), text
    text = inspected(shaped, "shapes.read?")
    assert "read(thing: shapes.Thing, extra: " in text
    assert is_plain(text), text
    text = inspected(shaped, "shapes.Thing?")
    assert is_plain(text), text


def test_getsource_gives_the_c_plus_plus_of_the_newest_version(kernel: Kernel) -> None:
    cell = functions("sourced", f=41)
    kernel.run(cell)
    kernel.run("import inspect, sourced; first = inspect.getsource(sourced)")
    changed = functions("sourced", f=42)
    kernel.run(changed)
    kernel.run("second = inspect.getsource(sourced)")
    assert get(kernel, "'PyLong_FromLong(41)' in first, 'PyLong_FromLong(42)' in second") == (
        "(True, True)"
    )
    assert kernel.run("print(second)").stdout.strip() == changed.partition("\n")[2].strip()


def completions(kernel: Kernel, code: str) -> list[str]:
    reply = kernel.client.complete(code, reply=True, timeout=60)
    return [name.rpartition(".")[2] for name in reply["content"]["matches"]]


def test_tab_completion_has_the_newest_members(shaped: Kernel) -> None:
    names = completions(shaped, "shapes.")
    assert {"Thing", "read", "fresh", "Color", "sub"} <= set(names)
    assert "gone" not in names
    assert {"area", "plus", "a"} <= set(completions(shaped, "shapes.Thing."))
    assert "Inner" in completions(shaped, "shapes.sub.")


def test_tracebacks_have_plain_names(shaped: Kernel) -> None:
    raised = shaped.run("def wraps():\n    shapes.fail()\nwraps()")
    assert (raised.error, raised.message) == ("MyError", "bad")
    assert "shapes.fail()" in raised.traceback
    assert is_plain(raised.traceback), raised.traceback
    wrong = shaped.run("shapes.read('text')")
    assert wrong.error == "TypeError"
    assert "(thing: shapes.Thing, extra: " in wrong.message
    assert is_plain(wrong.traceback), wrong.traceback
    printed = shaped.run(
        "import traceback\ntry:\n    shapes.fail()\n"
        "except shapes.MyError:\n    print(traceback.format_exc())"
    )
    assert "shapes.MyError: bad" in printed.stdout
    assert is_plain(printed.stdout), printed.stdout


def test_a_submodule_that_was_taken_is_the_newest_too(shaped: Kernel) -> None:
    assert get(shaped, "old_sub is shapes.sub, old_sub.inner(shapes.sub.Inner())") == "(True, 9)"


def test_classes_and_enums_that_are_imported_follow(kernel: Kernel) -> None:
    kernel.run(shapes(1))
    kernel.run("from shapes import Thing, Color as C, MyError, read; made = Thing()")
    kernel.run(shapes(2))
    assert get(kernel, "read(Thing()), Thing is shapes.Thing, C is shapes.Color") == (
        "(2, True, True)"
    )
    assert get(kernel, "isinstance(made, Thing), MyError is shapes.MyError") == "(False, True)"


def test_names_of_submodules_follow(kernel: Kernel, place: Path) -> None:
    (place / "inside.py").write_text(
        "import shapes.sub\nfrom shapes import sub\nfrom shapes.sub import Inner as I, inner\n"
        "def value(): return inner(I()), sub.inner(shapes.sub.Inner())\n"
    )
    kernel.run(shapes(1))
    kernel.run("import inside, shapes.sub as taken\nfrom shapes.sub import Inner, inner")
    kernel.run("old_inner = shapes.sub.inner; made = Inner()")
    assert get(kernel, "inner(Inner()), inside.value(), inner(made)") == "(9, (9, 9), 9)"
    kernel.run(shapes(2))
    assert get(kernel, "inner(Inner()), inside.value(), old_inner(made)") == "(9, (9, 9), 9)"
    assert get(kernel, "taken is shapes.sub, Inner is taken.Inner is inside.I") == "(True, True)"
    assert kernel.run("inner(made)").message.startswith(
        "this Inner was made by version 1 of shapes and was given to code of version 2"
    )
    kernel.run("import pickle")
    assert get(kernel, "pickle.loads(pickle.dumps(taken)) is shapes.sub") == "True"
    assert get(kernel, "pickle.loads(pickle.dumps(Inner)) is Inner") == "True"
