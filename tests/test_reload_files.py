"""Files are rebuilt when they or their headers changed: reload, and autoreload in a kernel."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from conftest import c_module
from kernel import FROM_JUPYTER, Kernel, Shown

import cppmagic
import cppmagic.import_hook

pytestmark = FROM_JUPYTER

Reload = Callable[[ModuleType], ModuleType]


@pytest.fixture(params=[importlib.reload, cppmagic.reload], ids=["importlib", "cppmagic"])
def reload(request: pytest.FixtureRequest) -> Reload:
    function: Reload = request.param
    return function


def with_header(name: str) -> str:
    """Return a module whose value comes from a header beside it."""
    return c_module(name, "VALUE").replace("<Python.h>", f'<Python.h>\n#include "{name}.h"', 1)


# reload


def test_a_reload_builds_a_changed_file_and_updates_in_place(project: Path, reload: Reload) -> None:
    (project / "filed.c").write_text(c_module("filed", 1))
    import filed  # type: ignore[import-not-found]

    old, namespace = filed.value, vars(filed)
    spec = filed.__spec__
    (project / "filed.c").write_text(c_module("filed", 2))
    assert reload(filed) is filed
    assert vars(filed) is namespace
    assert (filed.value(), old()) == (2, 1)
    assert (filed.__name__, filed.__spec__.name, filed.__spec__.origin) == (
        "filed",
        spec.name,
        spec.origin,
    )
    assert filed.__file__ == str(project / "filed.c")


def test_a_reload_builds_when_only_a_header_changed(project: Path, reload: Reload) -> None:
    (project / "headed.h").write_text("#define VALUE 1\n")
    (project / "headed.c").write_text(with_header("headed"))
    headed = cppmagic.imp("headed")
    (project / "headed.h").write_text("#define VALUE 2\n")
    assert reload(headed).value() == 2


def test_a_reload_of_an_unchanged_file_changes_nothing(project: Path, reload: Reload) -> None:
    (project / "steady.c").write_text(c_module("steady", 1))
    steady = cppmagic.imp("steady")
    before = steady.value
    os.utime(project / "steady.c")
    assert reload(steady).value is before


def test_a_reload_that_fails_leaves_the_module_as_it_was(project: Path, reload: Reload) -> None:
    (project / "fails.c").write_text(c_module("fails", 1))
    fails = cppmagic.imp("fails")
    (project / "fails.c").write_text(c_module("fails", "no_such_name"))
    with pytest.raises(cppmagic.BuildError, match="no_such_name"):
        reload(fails)
    assert fails.value() == 1
    (project / "fails.c").write_text(c_module("fails", 3))
    assert reload(fails).value() == 3


def test_a_file_that_is_gone_is_named_and_the_module_stays(project: Path, reload: Reload) -> None:
    (project / "gone.c").write_text(c_module("gone", 1))
    gone = cppmagic.imp("gone")
    (project / "gone.c").unlink()
    with pytest.raises((cppmagic.CppmagicError, ModuleNotFoundError), match="gone"):
        reload(gone)
    assert gone.value() == 1


def test_modules_in_packages_reload(project: Path, reload: Reload) -> None:
    (project / "wrapped").mkdir()
    (project / "wrapped" / "__init__.py").write_text(
        "from . import fast\nfrom .fast import value\n"
    )
    (project / "wrapped" / "fast.c").write_text(c_module("fast", 1))
    wrapped = importlib.import_module("wrapped")
    (project / "wrapped" / "fast.c").write_text(c_module("fast", 2))
    reload(wrapped.fast)
    assert (wrapped.fast.value(), wrapped.value()) == (2, 2)
    assert wrapped.fast.__name__ == "wrapped.fast"


def test_only_our_modules_are_reloaded_by_cppmagic() -> None:
    import json

    with pytest.raises(TypeError, match="json"):
        cppmagic.reload(json)
    assert importlib.reload(json) is json


# In a kernel


@pytest.fixture(scope="module")
def kernel(kernel: Kernel) -> Kernel:
    kernel.run("import cppmagic, cppmagic.import_hook, importlib")
    return kernel


def test_cells_are_reloaded_too(kernel: Kernel, place: Path) -> None:
    (place / "celled.h").write_text("#define VALUE 1\n")
    assert kernel.run("%%cppimport celled --lang c\n" + with_header("celled")) == Shown()
    kernel.run("import celled; from celled import value")
    for number, call in ((2, "importlib.reload(celled)"), (3, "cppmagic.reload(celled)")):
        (place / "celled.h").write_text(f"#define VALUE {number}\n")
        assert kernel.run("celled.value()").result == str(number - 1)
        assert kernel.run(f"{call} is celled, celled.value(), value()").result == (
            f"(True, {number}, {number})"
        )
    (place / "celled.h").write_text("#define VALUE nothing\n")
    assert kernel.run("importlib.reload(celled)").error == "BuildError"
    assert kernel.run("celled.value()").result == "3"


def said(shown: Shown) -> str:
    return shown.stderr + "".join(bundle["text/plain"] for bundle in shown.displayed)


def test_autoreload_follows_sources_headers_and_shows_a_build_error_once(
    kernel: Kernel, place: Path
) -> None:
    (place / "auto.h").write_text("#define VALUE 1\n")
    (place / "auto.c").write_text(with_header("auto"))
    kernel.run("import auto, auto as again; from auto import value")
    expression = "auto.value(), again.value(), value()"
    (place / "auto.h").write_text("#define VALUE 2\n")
    assert kernel.run(expression) == Shown(result="(1, 1, 1)")  # it is off
    assert kernel.run("%cppmagic autoreload on").stdout == "autoreload of C++ files is on\n"
    assert kernel.run(expression) == Shown(result="(2, 2, 2)")
    (place / "auto.h").write_text("#define VALUE 3\n")
    assert kernel.run(expression) == Shown(result="(3, 3, 3)")
    (place / "auto.c").write_text(with_header("auto").replace("VALUE", "10 * VALUE"))
    assert kernel.run(expression) == Shown(result="(30, 30, 30)")
    assert kernel.run(expression) == Shown(result="(30, 30, 30)")

    (place / "auto.h").write_text("#define VALUE mistaken\n")
    failed = kernel.run(expression)
    assert failed.result == "(30, 30, 30)"
    assert "BuildError" in said(failed)
    assert "mistaken" in said(failed)
    assert failed.stderr.endswith("auto stays as it was.\n")
    assert "Traceback" not in failed.stderr
    assert kernel.run(expression) == Shown(result="(30, 30, 30)")  # said once
    (place / "auto.h").write_text("#define VALUE mistaken_otherwise\n")
    assert "mistaken_otherwise" in said(kernel.run(expression))
    (place / "auto.h").write_text("#define VALUE 4\n")
    assert kernel.run(expression) == Shown(result="(40, 40, 40)")
    (place / "auto.h").write_text("#define VALUE mistaken\n")
    assert "mistaken" in said(kernel.run(expression))  # it is new again
    (place / "auto.h").write_text("#define VALUE 4\n")
    kernel.run("pass")

    (place / "auto.c").write_text(with_header("auto").replace('{"value"', '{"renamed"'))
    shown = kernel.run("auto.renamed(), value()")
    assert shown.result == "(4, 40)"
    assert shown.stderr == (
        "value is stale: the new version of auto has nothing of that name; what you hold still "
        "works\n"
    )
    assert kernel.run("pass") == Shown()

    assert kernel.run("%cppmagic autoreload off").stdout == "autoreload of C++ files is off\n"
    (place / "auto.h").write_text("#define VALUE 5\n")
    assert kernel.run("auto.renamed()") == Shown(result="4")
    assert kernel.run("%cppmagic autoreload").stdout == "autoreload of C++ files is off\n"


def test_autoreload_follows_a_file_that_imp_imported_and_leaves_cells_alone(
    kernel: Kernel, place: Path
) -> None:
    (place / "plain.c").write_text(c_module("plain", 1))
    (place / "incell.h").write_text("#define VALUE 1\n")
    kernel.run("plain = cppmagic.imp('plain')\n%cppmagic autoreload on")
    kernel.run("%%cppimport incell --lang c\n" + with_header("incell"))
    (place / "plain.c").write_text(c_module("plain", 2))
    (place / "incell.h").write_text("#define VALUE 2\n")
    assert kernel.run("plain.value(), incell.value()") == Shown(result="(2, 1)")
    (place / "plain.c").unlink()
    shown = kernel.run("plain.value()")
    assert shown.result == "2"
    assert "plain stays as it was" in shown.stderr
    assert kernel.run("plain.value()") == Shown(result="2")
    (place / "plain.c").write_text(c_module("plain", 3))
    assert kernel.run("plain.value()") == Shown(result="3")
    kernel.run("%cppmagic autoreload off")


def test_autoreload_works_beside_ipythons(kernel: Kernel, place: Path) -> None:
    (place / "beside.c").write_text(c_module("beside", 1))
    (place / "user.py").write_text(
        "import beside\nfrom beside import value as taken\n"
        "def both(): return beside.value(), taken()\n"
    )
    kernel.run("%load_ext autoreload\n%autoreload 2\n%cppmagic autoreload on -q")
    kernel.run("import user; from user import both")
    assert kernel.run("user.both(), both()") == Shown(result="((1, 1), (1, 1))")
    (place / "beside.c").write_text(c_module("beside", 2))
    assert kernel.run("user.both(), both()") == Shown(result="((2, 2), (2, 2))")
    # Both change: the Python file, too, sees the new C++.
    (place / "beside.c").write_text(c_module("beside", 3))
    text = (place / "user.py").read_text() + "def more(): return 'more', *both()\n"
    (place / "user.py").write_text(text)
    os.utime(place / "user.py", (2_000_000_000, 2_000_000_000))
    assert kernel.run("user.more(), both()") == Shown(result="(('more', 3, 3), (3, 3))")
    (place / "beside.c").write_text(c_module("beside", 4))
    assert kernel.run("user.more(), both()") == Shown(result="(('more', 4, 4), (4, 4))")
    kernel.run("%autoreload 0\n%cppmagic autoreload off")


def test_ipythons_autoreload_alone_leaves_modules_whole(kernel: Kernel, place: Path) -> None:
    (place / "alone.c").write_text(c_module("alone", 1))
    kernel.run("%load_ext autoreload\n%autoreload 2\nimport alone")
    (place / "alone.c").write_text(c_module("alone", 2))
    os.utime(place / "alone.c", (2_000_000_000, 2_000_000_000))
    shown = kernel.run("alone.value()")
    assert shown.result in ("1", "2")
    assert shown.stderr == ""
    kernel.run("%autoreload 0")
    assert kernel.run("cppmagic.reload(alone).value()").result == "2"
