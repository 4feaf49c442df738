"""Types are kept apart, and shared on purpose."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pybind11
import pytest
from conftest import pybind11_module
from kernel import FROM_JUPYTER, Kernel, Shown

pytestmark = FROM_JUPYTER

POINT = "#pragma once\nstruct Point { double x = 1, y = 2; };\n"
MAKES = 'py::class_<Point>(m, "Point").def(py::init<>()).def_readwrite("x", &Point::x);'
READS = (
    'm.def("sum", [](const Point& p) { return p.x + p.y; });m.def("make", [] { return Point(); });'
)
SHARE = "<% cfg['share_types'] = True %>\n"


def maker(name: str, extra: str = "") -> str:
    return pybind11_module(name, MAKES + extra, '#include "point.h"')


def reader(name: str, extra: str = "") -> str:
    return pybind11_module(name, READS + extra, '#include "point.h"')


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a header, and a package that was built without cppmagic."""
    root = tmp_path_factory.mktemp("sharing")
    (root / "point.h").write_text(POINT)
    (root / "installed").mkdir()
    (root / "installed" / "__init__.py").write_text("from .points import Point\n")
    source = root / "installed" / "points.cpp"
    source.write_text(maker("points"))
    library = source.with_suffix(sysconfig.get_config_var("EXT_SUFFIX"))
    places = [pybind11.get_include(), sysconfig.get_paths()["include"], str(root)]
    command = ["g++", "-O0", "-shared", "-fPIC", "-std=c++17", "-fvisibility=hidden"]
    command += [f"-I{place}" for place in places]
    subprocess.run([*command, str(source), "-o", str(library)], check=True, timeout=300)
    return root


def test_modules_that_share_exchange_objects_of_a_common_header(kernel: Kernel) -> None:
    assert kernel.run(
        "%%cppimport sharing_maker -O 0 --share-types\n" + maker("sharing_maker")
    ) == (Shown())
    text = reader("sharing_reader") + SHARE
    assert kernel.run("%%cppimport sharing_reader -O 0\n" + text) == Shown()
    kernel.run("point = sharing_maker.Point(); point.x = 40")
    assert kernel.run("sharing_reader.sum(point)").result == "42.0"
    assert kernel.run("type(sharing_reader.make()) is sharing_maker.Point").result == "True"
    # The one that only reads can be edited on; objects that exist go on fitting.
    edited = text.replace("p.x + p.y", "p.x - p.y")
    assert kernel.run("%%cppimport sharing_reader -O 0\n" + edited) == Shown()
    assert kernel.run("sharing_reader.sum(point), sharing_reader.sum(sharing_reader.make())") == (
        Shown(result="(38.0, -1.0)")
    )


def test_an_edit_of_the_module_that_defines_a_shared_class_says_to_restart(
    kernel: Kernel,
) -> None:
    edited = maker("sharing_maker", 'm.attr("EDITED") = 1;')
    shown = kernel.run("%%cppimport sharing_maker -O 0 --share-types\n" + edited)
    assert shown.error == "LoadError"
    assert "an earlier version of it has registered the class 'Point'" in shown.message
    assert "Restart" in shown.message
    assert "--share-types" in shown.message
    assert kernel.run("hasattr(sharing_maker, 'EDITED'), sharing_reader.sum(point)").result == (
        "(False, 38.0)"
    )


def test_a_conflict_is_reported_with_both_modules_names(kernel: Kernel) -> None:
    shown = kernel.run("%%cppimport second_maker -O 0 --share-types\n" + maker("second_maker"))
    assert shown.error == "LoadError"
    assert shown.message.startswith("second_maker (In[")
    assert "sharing_maker" in shown.message
    assert "'Point'" in shown.message
    assert "cppmagic.versions" not in shown.message
    assert kernel.run("second_maker").error == "NameError"


def test_without_the_option_types_are_kept_apart(kernel: Kernel) -> None:
    apart = "%%cppimport apart -O 0\n" + reader("apart", MAKES)
    assert kernel.run(apart) == Shown()  # no conflict with the shared class
    assert kernel.run("apart.sum(apart.Point()), apart.sum(apart.make())").result == "(3.0, 3.0)"
    assert kernel.run("apart.sum(sharing_maker.Point())").error == "TypeError"
    assert kernel.run("sharing_reader.sum(apart.Point())").error == "TypeError"


@pytest.fixture
def other_kernel(place: Path, shared_cache: Path) -> Iterator[Kernel]:
    environment = {**os.environ, "CPPMAGIC_CACHE_DIR": str(shared_cache)}
    running = Kernel(cwd=str(place), env=environment)
    yield running
    running.stop()


def test_objects_of_an_installed_package_fit_a_cell_that_opts_in(other_kernel: Kernel) -> None:
    other_kernel.run("import installed; point = installed.Point(); point.x = 5")
    text = reader("sharing_reader") + SHARE
    assert other_kernel.run("%%cppimport sharing_reader -O 0\n" + text) == Shown()
    assert other_kernel.run("sharing_reader.sum(point)").result == "7.0"
    assert other_kernel.run("type(sharing_reader.make()) is installed.Point").result == "True"
    apart = "%%cppimport apart -O 0\n" + reader("apart", MAKES)
    assert other_kernel.run(apart) == Shown()
    assert other_kernel.run("apart.sum(point)").error == "TypeError"
    shown = other_kernel.run(
        "%%cppimport sharing_maker -O 0 --share-types\n" + maker("sharing_maker")
    )
    assert shown.error == "LoadError"
    assert "installed" in shown.message


def test_a_class_that_nobody_registered_is_an_error_of_pybind11s(other_kernel: Kernel) -> None:
    text = reader("sharing_reader") + SHARE
    assert other_kernel.run("%%cppimport sharing_reader -O 0\n" + text) == Shown()
    shown = other_kernel.run("sharing_reader.make()")
    assert shown.error == "TypeError"
    assert "Point" in shown.message
