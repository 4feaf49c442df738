"""Functions, objects and modules of each version in other processes."""

from __future__ import annotations

import os
import pickle
import re
import shutil
import sys
from pathlib import Path

import pytest
from conftest import Script, c_module
from kernel import FROM_JUPYTER, Kernel, Shown
from shapes_source import shapes

import cppmagic
from cppmagic.modules.live import live_of

pytestmark = FROM_JUPYTER


@pytest.fixture(scope="module")
def kernel(kernel: Kernel) -> Kernel:
    """A kernel with version 2 of shapes; `old` has objects of version 1."""
    assert kernel.run(shapes(1)) == Shown()
    first = kernel.run(
        "import pickle, types\n"
        "old = types.SimpleNamespace(thing=shapes.Thing(), read=shapes.read, Thing=shapes.Thing,\n"
        "    color=shapes.Color.green, error=shapes.MyError('old', 1), inner=shapes.sub.inner,\n"
        "    Inner=shapes.sub.Inner, total=shapes.total)\n"
        "old.thing.a = 11\n"
    )
    assert first == Shown()
    assert kernel.run(shapes(2)) == Shown()
    return kernel


def test_pickles_are_understood_by_a_new_process(
    kernel: Kernel, place: Path, run_python: Script
) -> None:
    made = kernel.run(
        "new = shapes.Thing(); new.a = 22\n"
        "new_error = shapes.MyError('new'); new_error.note = 'more'\n"
        "what = dict(old=vars(old), new=dict(thing=new, read=shapes.read, Thing=shapes.Thing,\n"
        "    color=shapes.Color.green, error=new_error, inner=shapes.sub.inner,\n"
        "    Inner=shapes.sub.Inner, total=shapes.total), module=shapes)\n"
        "for protocol in range(2, 6):\n"
        "    with open(f'data{protocol}', 'wb') as file: pickle.dump(what, file, protocol)"
    )
    assert made == Shown()
    done = run_python(
        """
        import pickle, sys
        for protocol in range(2, 6):
            with open(f"data{protocol}", "rb") as file:
                what = pickle.load(file)
            for part, a in (("old", 11), ("new", 22)):
                x = what[part]
                print(x["thing"].a, x["read"](x["thing"], 1), x["read"](x["Thing"]()), end=" ")
                print(x["total"]([x["thing"]]), x["inner"](x["Inner"]()), repr(x["color"]), end=" ")
                print(repr(x["error"]), vars(x["error"]))
                assert type(x["thing"]) is x["Thing"]
            try:
                what["new"]["read"](what["old"]["thing"])
            except TypeError:
                print("apart")
            module = what["module"]
            print(module.__name__, module.read(what["new"]["thing"]), module.read.__doc__[:25])
            import shapes
            assert shapes is module
        """,
        cwd=place,
    )
    assert done.stderr == ""
    each = (
        "11 12 1 11 9 <Color.green: 1> MyError('old', 1) {}\n"
        "22 23 2 22 9 <Color.green: 20> MyError('new') {'note': 'more'}\n"
        "apart\n"
        "shapes 22 read(thing: shapes.Thing,\n"
    )
    assert done.stdout == each * 4


def test_pickles_come_back_to_the_process_that_made_them(kernel: Kernel) -> None:
    kernel.run(
        "copies = pickle.loads(pickle.dumps([old.thing, old.read, old.Thing, old.color, old.inner,"
        "shapes, shapes.read, shapes.Color.red, shapes.Color]))"
    )
    assert kernel.run(
        "copies[0].a, copies[1](old.thing), copies[2] is old.Thing, copies[3] is old.color, "
        "copies[4](old.Inner()), copies[5] is shapes, copies[6](shapes.Thing()), "
        "copies[7] is shapes.Color.red, copies[8] is shapes.Color"
    ) == Shown(result="(11, 11, True, True, 9, True, 2, True, True)")
    # An old pickle of the module does not take the newer version away.
    kernel.run("kept = pickle.dumps(shapes)")
    kernel.run(shapes(1))
    assert kernel.run("pickle.loads(kept) is shapes, shapes.LIMIT").result == "(True, 10)"
    kernel.run(shapes(2))


POOLS = """
import concurrent.futures, multiprocessing
method = {method!r}
with concurrent.futures.ProcessPoolExecutor(
    2, mp_context=multiprocessing.get_context(method)
) as pool:
    things = [shapes.Thing() for _ in range(3)]
    for number, thing in enumerate(things): thing.a = number
    print(list(pool.map(shapes.read, things)), list(pool.map(old.read, [old.thing] * 2)))
    print(pool.submit(shapes.Thing).result().a, pool.submit(old.Thing).result().a)
    try:
        pool.submit(shapes.fail).result()
    except shapes.MyError as error:
        print(repr(error))
    try:
        pool.submit(shapes.read, old.thing).result()
    except TypeError as error:
        print(type(error).__name__, "Thing" in str(error))
with multiprocessing.get_context(method).Pool(1) as pool:
    print(pool.map(shapes.read, things), pool.apply(repr, (shapes.Color.red,)))
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_pools_of_processes(kernel: Kernel, method: str) -> None:
    shown = kernel.run(POOLS.format(method=method))
    assert shown.error == "", shown.traceback
    assert shown.stdout == (
        "[0, 1, 2] [11, 11]\n2 1\nMyError('bad')\nTypeError True\n[0, 1, 2] <Color.red: 10>\n"
    )


def test_loky_workers_that_are_used_again_have_the_newest_version(kernel: Kernel) -> None:
    kernel.run(c_cell("looped", 1))
    kernel.run(
        "import os, joblib, looped, looped as alias\nfrom looped import value as taken\n"
        "def work(i): return i * looped.value(), alias.value(), taken(), os.getpid()\n"
        "def run(n=4):\n"
        "    return joblib.Parallel(n_jobs=2)(joblib.delayed(work)(i) for i in range(n))\n"
        "first = run(); pids = {row[3] for row in first}"
    )
    assert kernel.run("[row[:3] for row in first]").result == (
        "[(0, 1, 1), (1, 1, 1), (2, 1, 1), (3, 1, 1)]"
    )
    for value in (10, 20):
        assert kernel.run(c_cell("looped", value)).error == ""
        kernel.run("again = run()")
        assert kernel.run("[row[:3] for row in again]").result == (
            f"[(0, {value}, {value}), ({value}, {value}, {value}), "
            f"({2 * value}, {value}, {value}), ({3 * value}, {value}, {value})]"
        )
        assert kernel.run("bool(pids & {row[3] for row in again})").result == "True"
    kernel.run(c_cell("looped", 1))  # back again
    assert kernel.run("run(2)[1][:3]").result == "(1, 1, 1)"
    assert kernel.run("joblib.Parallel(n_jobs=2)(joblib.delayed(taken)() for i in range(2))") == (
        Shown(result="[1, 1]")
    )


def test_loky_sends_objects_and_exceptions(kernel: Kernel) -> None:
    shown = kernel.run(
        "import joblib\n"
        "def grown(thing):\n    thing.a += 1\n    return thing\n"
        "print([t.a for t in joblib.Parallel(2)(joblib.delayed(grown)(t)\n"
        "    for t in (old.thing, shapes.Thing()))])\n"
        "bound = [old.thing.area, shapes.Thing().area]\n"
        "print(joblib.Parallel(2)(joblib.delayed(method)() for method in bound))\n"
        "import cloudpickle\n"
        "kept = pickle.loads(cloudpickle.dumps([old.Thing, shapes.MyError]))\n"
        "print(kept == [old.Thing, shapes.MyError])\n"
        "try:\n    joblib.Parallel(2)(joblib.delayed(shapes.fail)() for _ in range(2))\n"
        "except shapes.MyError as error:\n    print(repr(error))"
    )
    assert shown.error == "", shown.traceback
    assert shown.stdout == "[12, 3]\n[11, 2]\nTrue\nMyError('bad')\n"


def c_cell(name: str, value: int) -> str:
    return f"%%cppimport {name} --lang c\n" + c_module(name, value)


def test_cloudpickle_of_a_function_that_refers_to_modules_of_both_versions(
    kernel: Kernel, place: Path, run_python: Script
) -> None:
    made = kernel.run(
        "import cloudpickle\n"
        "def work(thing):\n    return shapes.read(thing), shapes.LIMIT, old.read(old.Thing())\n"
        "with open('cloud', 'wb') as file: cloudpickle.dump((work, shapes.Thing()), file)"
    )
    assert made.error == "", made.traceback
    script = (
        "import pickle\nwith open('cloud', 'rb') as file: work, thing = pickle.load(file)\n"
        "print(work(thing))"
    )
    done = run_python(script, cwd=place)
    assert (done.stdout, done.stderr) == ("(2, 20, 1)\n", "")


def test_a_version_that_is_gone_from_the_cache_says_how_to_get_it_back(
    own_cache: Path, project: Path, run_python: Script
) -> None:
    path = project / "lost.c"
    path.write_text(c_module("lost", 3))
    lost = cppmagic.imp_from_filepath(path)
    (project / "data").write_bytes(pickle.dumps((lost.value, 1)))
    script = "import pickle\nwith open('data', 'rb') as file: print(pickle.load(file)[0]())"
    assert run_python(script, cwd=project).stdout == "3\n"
    shutil.rmtree(own_cache)
    done = run_python(script, cwd=project)
    last = done.stderr.strip().splitlines()[-1]
    assert re.match(
        r"cppmagic\.errors\.LoadError: this version of lost \(cppmagic\.versions\.", last
    )
    assert "running the cell, or importing the file, that made it" in last
    assert str(own_cache) in last
    # As the message says.
    again = f"import cppmagic; cppmagic.imp_from_filepath({str(path)!r})\n" + script
    assert run_python(again, cwd=project).stdout == "3\n"
    assert run_python(script, cwd=project).stdout == "3\n"


def test_another_cache_is_named_too(
    own_cache: Path, project: Path, tmp_path: Path, run_python: Script
) -> None:
    (project / "elsewhere.c").write_text(c_module("elsewhere", 4))
    module = cppmagic.imp("elsewhere")
    (project / "data").write_bytes(pickle.dumps(module))
    script = "import pickle\nwith open('data', 'rb') as file: print(pickle.load(file).value())"
    other = run_python(script, cwd=project, CPPMAGIC_CACHE_DIR=str(tmp_path / "other"))
    assert f"is not in the cache {tmp_path / 'other'}" in other.stderr
    assert "CPPMAGIC_CACHE_DIR" in other.stderr
    assert run_python(script, cwd=project).stdout == "4\n"


def test_modules_of_files_pickle_and_show_the_version_they_were(
    project: Path, run_python: Script
) -> None:
    (project / "filed.c").write_text(c_module("filed", 5))
    module = cppmagic.imp("filed")
    (project / "data").write_bytes(pickle.dumps([module, module.value]))
    (project / "filed.c").write_text(c_module("filed", 6))
    cppmagic.reload(module)
    assert live_of(module)
    script = (
        "import pickle\nwith open('data', 'rb') as file: module, value = pickle.load(file)\n"
        "print(module.value(), value())"
    )
    assert run_python(script, cwd=project).stdout == "5 5\n"
    newer = "import cppmagic; cppmagic.imp('filed')\n" + script
    done = run_python(newer, cwd=project, PYTHONPATH=f"{project}{os.pathsep}{sys.path[0]}")
    assert done.stdout == "5 5\n", done.stderr


def test_other_modules_still_cannot_be_pickled() -> None:
    with pytest.raises(TypeError, match="cannot pickle 'module' object"):
        pickle.dumps(re)
