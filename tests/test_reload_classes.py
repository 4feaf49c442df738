"""Classes are redefined; objects of an old version are kept apart; statics start anew."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy
import pytest
from kernel import FROM_JUPYTER, Kernel, Shown
from shapes_source import shapes, write_shapes

import cppmagic

pytestmark = FROM_JUPYTER


class Edited(SimpleNamespace):
    """Two versions: `old` has the names of the first, `new` is the live module."""

    old: Any
    new: Any
    objects: dict[str, Any]


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Iterator[Edited]:
    before = cppmagic.settings.cache_dir
    cppmagic.settings.cache_dir = str(shared_cache)
    place = tmp_path_factory.mktemp("shapes")
    module = cppmagic.imp_from_filepath(write_shapes(place, 1))
    old: Any = SimpleNamespace(**vars(module))
    old.sub = SimpleNamespace(**vars(module.sub))
    objects = {
        "thing": old.Thing(),
        "base": old.Base(),
        "held": old.Held(),
        "owned": old.Owned(),
        "smart": old.Smart(),
        "inner": old.sub.Inner(),
        "color": old.Color.green,
        "old_color": old.Old.green,
        "records": old.records(3),
    }
    again = cppmagic.imp_from_filepath(write_shapes(place, 2))
    assert again is module
    yield Edited(old=old, new=module, objects=objects)
    cppmagic.settings.cache_dir = before
    del sys.modules["shapes"]


OLD_TO_NEW = (
    r"this {0} was made by version 1 of shapes and was given to code of version 2: its file has "
    r"changed\. Make it again with shapes\.{0} "
    r"\(cppmagic\.versions\._\w+\.shapes is not cppmagic\.versions\._\w+\.shapes\)"
)
NEW_TO_OLD = (
    r"this {0} was made by version 2 of shapes and was given to code of version 1: its file has "
    r"changed\. Take the function or class from shapes again"
)

# What is called, with what, the class of the object that does not fit.
CALLS: dict[str, tuple[Any, str]] = {
    "a reference": (lambda m, o: m.read(o["thing"]), "Thing"),
    "a pointer": (lambda m, o: m.read_pointer(o["thing"]), "Thing"),
    "a keyword": (lambda m, o: m.read(extra=1, thing=o["thing"]), "Thing"),
    "a reference to the base": (lambda m, o: m.area(o["thing"]), "Thing"),
    "the base itself": (lambda m, o: m.area(o["base"]), "Base"),
    "self of a method": (lambda m, o: m.Thing.plus(o["thing"], m.Thing()), "Thing"),
    "self of a base's method": (lambda m, o: m.Base.area(o["thing"]), "Thing"),
    "an argument of a method": (lambda m, o: m.Thing().plus(o["thing"]), "Thing"),
    "the value of a property": (lambda m, o: m.Thing.a.fget(o["thing"]), "Thing"),
    "an element of a vector": (lambda m, o: m.total([m.Thing(), o["thing"]]), "Thing"),
    "an optional": (lambda m, o: m.maybe(o["thing"]), "Thing"),
    "an implicit conversion": (lambda m, o: m.wrapped(o["thing"]), "Thing"),
    "a constructor": (lambda m, o: m.Wrapped(o["thing"]), "Thing"),
    "a shared_ptr": (lambda m, o: m.held(o["held"]), "Held"),
    "a unique_ptr's object": (lambda m, o: m.owned(o["owned"]), "Owned"),
    "a unique_ptr that is taken": (lambda m, o: m.smart(o["smart"]), "Smart"),
    "a class of a submodule": (lambda m, o: m.sub.inner(o["inner"]), "Inner"),
    "an overload of no other type": (lambda m, o: m.number_of(o["thing"]), "Thing"),
    "an enumerator of py::enum_": (lambda m, o: m.paint_old(o["old_color"]), "Old"),
}


@pytest.mark.parametrize("way", CALLS)
def test_an_old_object_does_not_fit_new_code_and_the_error_says_why(
    edited: Edited, way: str
) -> None:
    call, name = CALLS[way]
    with pytest.raises(TypeError, match=OLD_TO_NEW.format(name)):
        call(edited.new, edited.objects)


@pytest.mark.parametrize("way", CALLS)
def test_a_new_object_does_not_fit_old_code_and_the_error_says_why(
    edited: Edited, way: str
) -> None:
    new = edited.new
    objects = {
        "thing": new.Thing(),
        "base": new.Base(),
        "held": new.Held(),
        "owned": new.Owned(),
        "smart": new.Smart(),
        "inner": new.sub.Inner(),
        "old_color": new.Old.green,
    }
    call, name = CALLS[way]
    with pytest.raises(TypeError, match=NEW_TO_OLD.format(name)):
        call(edited.old, objects)


@pytest.mark.parametrize("way", CALLS)
def test_objects_of_one_version_fit_its_own_code(edited: Edited, way: str) -> None:
    call, _ = CALLS[way]
    objects = {**edited.objects, "smart": edited.old.Smart()}  # that one is taken
    assert call(edited.old, objects) is not None


def test_old_objects_keep_working_with_their_own_methods_and_functions(edited: Edited) -> None:
    old, objects = edited.old, edited.objects
    assert (objects["thing"].a, objects["thing"].b, objects["thing"].area()) == (1, 7, 1)
    objects["thing"].a = 1
    assert objects["thing"].plus(old.Thing()) == 2
    assert old.area(objects["thing"]) == 8
    assert (objects["held"].h, objects["owned"].o, objects["smart"].s) == (5, 6, 8)
    assert old.sub.inner(objects["inner"]) == 9
    assert old.paint(objects["color"]) == old.paint_old(objects["old_color"]) == 1
    assert old.gone() == "still here"


def test_the_new_version_has_its_own_layout_values_and_classes(edited: Edited) -> None:
    new, old = edited.new, edited.old
    thing = new.Thing()
    assert (thing.a, thing.b, thing.area(), new.area(thing)) == (2, 70, 2, 72)
    assert (new.held(new.Held()), new.owned(new.Owned()), new.smart(new.Smart())) == (5, 6, 8)
    assert (new.paint(new.Color.green), new.paint_old(new.Old.red)) == (20, 10)
    assert new.total([new.Thing(), new.Thing()]) == 4
    assert new.wrapped(thing) == 2
    assert issubclass(new.Thing, new.Base)
    assert not issubclass(new.Thing, old.Base)
    assert not hasattr(new, "gone")
    assert new.fresh() == "new"


def test_an_old_object_is_no_instance_of_the_new_class(edited: Edited) -> None:
    assert not isinstance(edited.objects["thing"], edited.new.Thing)
    assert isinstance(edited.objects["thing"], edited.old.Thing)
    assert edited.objects["color"] != edited.new.Color.green


def test_an_overload_that_takes_any_object_takes_old_ones_too(edited: Edited) -> None:
    assert edited.new.either(edited.new.Thing()) == "Thing"
    assert edited.new.either(edited.objects["thing"]) == "object"
    assert edited.old.either(edited.new.Thing()) == "object"


def test_a_member_of_another_versions_native_enum_is_refused_and_the_error_names_both(
    edited: Edited,
) -> None:
    said = r"Color\.green: 1, of version 1> \(this Color was made by version 1 of shapes and was "
    said += r"given to code of version 2: .*Make it again with shapes\.Color"
    with pytest.raises(TypeError, match=said):
        edited.new.paint(edited.objects["color"])
    said = r"this Color was made by version 2 of shapes and was given to code of version 1: .*Take "
    with pytest.raises(TypeError, match=said):
        edited.old.paint(edited.new.Color.green)


def test_a_members_own_repr_is_short_again_after_a_refusal(edited: Edited) -> None:
    member = edited.new.Color.green
    assert not isinstance(member, edited.old.Color)
    assert [isinstance(member, edited.old.Color), repr(member)] == [False, "<Color.green: 20>"]
    with pytest.raises(TypeError):
        edited.old.paint(member)
    assert repr(member) == "<Color.green: 20>"
    assert repr(edited.objects["color"]) == "<Color.green: 1, of version 1>"


def test_an_object_of_another_kind_gets_the_usual_error(edited: Edited) -> None:
    with pytest.raises(TypeError, match="incompatible function arguments"):
        edited.new.read("text")
    with pytest.raises(TypeError, match="incompatible function arguments"):
        edited.new.read(edited.new.Held())


def test_python_classes_derive_from_each_version(edited: Edited) -> None:
    class OldShape(edited.old.Base):  # type: ignore[misc, name-defined]
        def area(self) -> int:
            return 100

    class NewShape(edited.new.Base):  # type: ignore[misc, name-defined]
        def area(self) -> int:
            return 200

    assert edited.old.area(OldShape()) == 107
    assert edited.new.area(NewShape()) == 270
    with pytest.raises(TypeError, match="this OldShape was made by version 1 of shapes"):
        edited.new.area(OldShape())


def test_each_version_raises_and_catches_its_own_exception(edited: Edited) -> None:
    with pytest.raises(edited.new.MyError, match="bad"):
        edited.new.fail()
    with pytest.raises(edited.old.MyError, match="bad") as caught:
        edited.old.fail()
    assert not isinstance(caught.value, edited.new.MyError)


def test_an_exception_of_one_version_passes_through_the_other(edited: Edited) -> None:
    with pytest.raises(edited.old.MyError, match="bad"):
        edited.new.call(edited.old.fail)
    with pytest.raises(TypeError, match="made by version 1"):
        edited.old.call(lambda: edited.new.read(edited.objects["thing"]))


def test_structured_arrays_have_the_dtype_of_their_version(edited: Edited) -> None:
    old, new = edited.objects["records"], edited.new.records(2)
    assert old.dtype == numpy.dtype([("r", "i4"), ("s", "f8")], align=True)
    assert (new.dtype["r"], new.dtype.fields["s"][1]) == (numpy.dtype("i4"), 0)
    assert edited.old.sum_records(old) == 4.5
    assert edited.new.sum_records(new) == 4.5
    # Arrays are data: numpy converts them as it does everywhere, field by field in their order.
    assert edited.new.sum_records(old) == edited.new.sum_records(old.astype(new.dtype))


def test_what_has_been_refused_is_still_whole(edited: Edited) -> None:
    thing = edited.old.Thing()
    count = sys.getrefcount(thing)
    for _ in range(100):
        with pytest.raises(TypeError, match="version 1"):
            edited.new.total([thing])
    gc.collect()
    assert sys.getrefcount(thing) == count
    assert thing.area() == 1


def test_in_a_notebook_the_error_names_the_cell_and_what_to_do(
    tmp_path: Path, shared_cache: Path
) -> None:
    kernel = Kernel(cwd=str(tmp_path), env={**os.environ, "CPPMAGIC_CACHE_DIR": str(shared_cache)})
    try:
        assert kernel.run(shapes(1)) == Shown()
        kernel.run("old, read = shapes.Thing(), shapes.read")
        assert kernel.run(shapes(2)) == Shown()
        refused = kernel.run("shapes.read(old)")
        assert refused.error == "TypeError"
        assert refused.message.startswith(
            "this Thing was made by version 1 of shapes and was given to code of version 2: the "
            "cell has been run again since. Make it again with shapes.Thing ("
        )
        assert "classes.py" not in refused.traceback
        assert kernel.run("read(shapes.Thing())").message.startswith(
            "this Thing was made by version 2 of shapes and was given to code of version 1: the "
            "cell has been run again since. Take the function or class from shapes again: "
        )
        assert (
            kernel.run("old.area(), read(old), shapes.read(shapes.Thing())").result == "(1, 1, 2)"
        )
        assert kernel.run("isinstance(old, shapes.Thing)").result == "False"
        assert kernel.run(shapes(1)) == Shown()  # back again
        assert kernel.run("shapes.read(old), read(shapes.Thing())").result == "(1, 1)"
    finally:
        kernel.stop()


HANDED_OVER = """
import ctypes, shutil, sys
import cppmagic
first, second, control = sys.argv[1:]
module = cppmagic.imp_from_filepath(first)
old, read, total, held = module.Thing(), module.read, module.total, module.Held()
old_held, old_area, old_owned = module.held, module.area, module.Owned()
shutil.copyfile(second, first)
cppmagic.reload(module)
assert module.read is not read

def refused(call, *arguments):
    try:
        call(*arguments)
    except TypeError as error:
        assert "by version" in str(error), error
    else:
        raise SystemExit("not refused")

for _ in range(3):
    for call in (module.read, module.read_pointer, module.area, module.wrapped, module.maybe):
        refused(call, old)
    refused(module.total, [module.Thing(), old])
    refused(module.held, held)
    refused(module.owned, old_owned)
    for call in (read, old_area):
        refused(call, module.Thing())
    refused(total, [module.Thing()])
    refused(old_held, module.Held())
assert (read(old), old.area(), old_held(held), old_owned.o) == (1, 1, 5, 6)
assert module.read(module.Thing()) == 2
if control == "control":
    ctypes.string_at(id(object()), 4000)
"""

# The dynamic linker reads strings by words; valgrind finds fault with that.
SUPPRESSED = "".join(
    f"{{\n  linker\n  Memcheck:Addr{size}\n  obj:*/ld-*\n  ...\n}}\n" for size in (1, 4, 8, 16, 32)
)


@pytest.mark.parametrize("control", ["", "control"])
def test_no_memory_is_read_with_a_wrong_layout(
    control: str, tmp_path: Path, edited: Edited
) -> None:
    (tmp_path / "suppressed").write_text(SUPPRESSED)
    (tmp_path / "script.py").write_text(HANDED_OVER)
    (tmp_path / "second").mkdir()
    first, second = write_shapes(tmp_path, 1), write_shapes(tmp_path / "second", 2)
    command = ["valgrind", "-q", "--undef-value-errors=no", "--error-exitcode=77"]
    command += ["--suppressions=suppressed", sys.executable, "script.py", first, second, control]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONMALLOC": "malloc"},
        timeout=300,
        check=False,
    )
    # Reading outside of an object on purpose shows that it would be noticed.
    assert done.returncode == (77 if control else 0), done.stderr
    assert ("Invalid read" in done.stderr) == bool(control)


COUNTERS = """\
#include <Python.h>
#define VERSION {number}
int in_namespace = 0;
static int of_the_file = 0;
inline int of_all_files = 0;
thread_local int of_the_thread = 0;
int in_function() {{ static int count = 0; return ++count; }}
inline int in_inline_function() {{ static int count = 0; return ++count; }}
template <class T> int in_template() {{ static int count = 0; return ++count; }}
template <class T> struct Holder {{ static int count; }};
template <class T> int Holder<T>::count = 0;
struct Member {{ static inline int count = 0; }};

static PyObject *count(PyObject *, PyObject *) {{
    return Py_BuildValue("iiiiiiiiii", VERSION, ++in_namespace, ++of_the_file, ++of_all_files,
        ++of_the_thread, in_function(), in_inline_function(), in_template<int>(),
        ++Holder<int>::count, ++Member::count);
}}
static PyMethodDef methods[] = {{{{"count", count, METH_NOARGS, 0}}, {{0, 0, 0, 0}}}};
static struct PyModuleDef definition = {{
    PyModuleDef_HEAD_INIT, "counters", 0, -1, methods, 0, 0, 0, 0}};
PyMODINIT_FUNC PyInit_counters(void) {{ return PyModule_Create(&definition); }}
<% cfg['extra_compile_args'] = {flags} %>
"""


@pytest.mark.parametrize("rtld_flags", [0, os.RTLD_GLOBAL], ids=["local", "global"])
@pytest.mark.parametrize(
    ("compiler", "flags"),
    [
        ("g++", []),
        ("g++", ["-fvisibility=default"]),
        ("g++", ["-fvisibility=default", "-fno-visibility-inlines-hidden"]),
        ("clang++", ["-fvisibility=default"]),
    ],
)
def test_statics_start_anew_in_each_version(
    compiler: str, flags: list[str], rtld_flags: int, tmp_path: Path
) -> None:
    cppmagic.settings.compiler = compiler
    cppmagic.settings.rtld_flags = rtld_flags
    path = tmp_path / "counters.cpp"
    old, new = 1 + rtld_flags, 2 + rtld_flags  # no version that this process has loaded already
    path.write_text(COUNTERS.format(number=old, flags=flags))
    counters = cppmagic.imp_from_filepath(path)
    first = counters.count
    assert [first()[1:] for _ in range(3)] == [(1,) * 9, (2,) * 9, (3,) * 9]
    path.write_text(COUNTERS.format(number=new, flags=flags))
    cppmagic.reload(counters)
    assert counters.count() == (new, *(1,) * 9)
    assert first() == (old, *(4,) * 9)
    assert counters.count() == (new, *(2,) * 9)
