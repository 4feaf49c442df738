"""Tab completion, asked of a real kernel and of IPython in a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Script, c_module
from kernel import FROM_JUPYTER, Kernel
from terminal import Terminal

pytestmark = FROM_JUPYTER


@pytest.fixture(scope="module")
def place(place: Path) -> Path:
    (place / "include").mkdir()
    (place / "include" / "libown_library.so").touch()
    (place / "more.cpp").touch()
    (place / "own.hpp").touch()
    return place


WORDS = ("true", "false")


def complete(kernel: Kernel, text: str) -> list[str]:
    """Return what the text becomes up to the cursor, which is a bar in it or its end."""
    before, _, after = text.partition("|")
    reply = kernel.client.complete(before + after, len(before), reply=True, timeout=60)
    content = reply["content"]
    assert content["cursor_end"] == len(before)
    line = before[: content["cursor_start"]].rpartition("\n")[2]
    return [line + match for match in content["matches"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%cppmagic au", ["%cppmagic autoreload"]),
        ("x = 1\n%cppmagic so", ["%cppmagic source"]),
        ("%cppmagic autoreload ", ["%cppmagic autoreload on", "%cppmagic autoreload off"]),
        ("%%cppimport m --st", ["%%cppimport m --star", "%%cppimport m --std"]),
        ("\n%%cppimport m --open", ["%%cppimport m --openmp"]),
        ("%%cppimport m --star --st", ["%%cppimport m --star --std"]),
        ("%%cppimport m --define=A --def", ["%%cppimport m --define=A --define"]),
        ("%%cppimport m --std c++2", ["%%cppimport m --std c++20", "%%cppimport m --std c++23"]),
        ("%%cppimport m --std=c++1|\nint x;", [f"%%cppimport m --std=c++1{n}" for n in (1, 4, 7)]),
        ("%%cppimport m -std=c++20", ["%%cppimport m -std=c++20"]),
        (
            "%%cppimport m --lang c --std ",
            [f"%%cppimport m --lang c --std {std}" for std in ("c99", "c11", "c17", "c23")],
        ),
        ("%%cppimport m --lang ", ["%%cppimport m --lang c", "%%cppimport m --lang c++"]),
        ("%%cppimport m -Of", ["%%cppimport m -Ofast"]),
        ("%%cppimport m -c -ma", ["%%cppimport m -c -march=native"]),
        ("%%cppimport m -I ", ["%%cppimport m -I include/"]),
        ("%%cppimport m -S m", ["%%cppimport m -S more.cpp"]),
        ("%%cppimport |\nPYBIND11_MODULE(shapes, m) {}", ["%%cppimport shapes"]),
        ("%%cppimport m --no-such-opt", ["%%cppimport m --no-such-opt"]),
        ("%%cppimport m\n#include <vec", ["#include <vector"]),
        ("%%cppimport m\n# include <pybind11/nump", ["# include <pybind11/numpy.h"]),
        ('%%cppimport m\n#include "o', ['#include "own.hpp']),
        ("%%cppimport m\nstruct Particle {};\nPart| p;", ["Particle"]),
        ("%%cppimport m\nstruct P { double speed; };\nP p; p.sp", ["P p; p.speed"]),
        ("%%cppimport m\nint f() { retu|; }", ["int f() { return"]),
        ("%%cppimport m\n// wordy\nint word", ["int word"]),
        ("%%cppimp", ["%%cppimport"]),
        ("%cppmagic conf", ["%cppmagic config"]),
        ("%cppmagic config accel", ["%cppmagic config accelerate="]),
        ("%cppmagic config accelerate=", [f"%cppmagic config accelerate={v}" for v in WORDS]),
        ("%cppmagic config accelerate=t", ["%cppmagic config accelerate=true"]),
        ("%cppmagic config compiler=g", ["%cppmagic config compiler=g++"]),
        ("%%cppimport m -L include -l own_", ["%%cppimport m -L include -l own_library"]),
    ],
)
def test_completions(kernel: Kernel, text: str, expected: list[str]) -> None:
    assert complete(kernel, text) == expected


def test_every_option_and_every_command_is_offered(kernel: Kernel) -> None:
    offered = complete(kernel, "%%cppimport m -")
    manual = kernel.run(
        "import re; doc = get_ipython().magics_manager.magics['cell']['cppimport'].__doc__;"
        "set(re.findall(r'(?m)^  (?:-\\w[^-]*, )?(--[\\w-]+)', doc))"
    )
    named = eval(manual.result)
    assert len(named) > 12
    assert named <= {each.split()[-1] for each in offered}
    commands = {"list", "source", "path", "autoreload", "help", "clear", "config", "doctor"}
    assert commands <= {each.split()[-1] for each in complete(kernel, "%cppmagic ")}


def test_modules_and_compilers_and_packages_of_this_place(kernel: Kernel) -> None:
    kernel.run("%%cppimport completed --lang c\n" + c_module("completed"))
    for command in ("path", "clear"):
        assert complete(kernel, f"%cppmagic {command} comp") == [f"%cppmagic {command} completed"]
    compilers = complete(kernel, "%%cppimport m --compiler ")
    assert "%%cppimport m --compiler g++" in compilers
    assert complete(kernel, "%%cppimport m --pkg fftw3|")[0] == "%%cppimport m --pkg fftw3"


def test_python_is_completed_as_before(kernel: Kernel) -> None:
    kernel.run("import os")
    assert complete(kernel, "os.getcw") == ["os.getcwd", "os.getcwdb"]
    assert "%time" in complete(kernel, "%tim")


def test_loading_the_extension_loads_no_completion_and_no_lexer(run_python: Script) -> None:
    result = run_python(
        """
        import sys
        from IPython.core.interactiveshell import InteractiveShell
        shell = InteractiveShell.instance()
        before = set(sys.modules)
        shell.run_line_magic("load_ext", "cppmagic")
        loaded = {name for name in set(sys.modules) - before if name.startswith("cppmagic.ipython")}
        print(sorted(name.rpartition(".")[2] for name in loaded))
        matchers = len(shell.Completer.custom_matchers)
        shell.run_line_magic("reload_ext", "cppmagic")
        print(len(shell.Completer.custom_matchers) - matchers)
        shell.run_line_magic("unload_ext", "cppmagic")
        print(len(shell.Completer.custom_matchers) - matchers)
        """
    )
    names, reloaded, unloaded = result.stdout.splitlines()
    assert "magics" in names
    assert not any(word in names for word in ("completion", "lexers", "terminal"))
    assert (reloaded, unloaded) == ("0", "-1")


def test_the_tab_key_completes_in_the_terminal(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    try:
        terminal.wait_for(r"In \[1\]:")
        terminal.type("%load_ext cppmagic\n")
        terminal.wait_for(r"In \[2\]:")
        terminal.type("%%cppimport m --openm\t")
        terminal.wait_for("--openmp")
        terminal.type("\x03%cppmagic config release_\t")
        terminal.wait_for("%cppmagic config release_mode=")
        terminal.type("t\t")
        terminal.wait_for("release_mode=true")
        terminal.type("\n")
        terminal.wait_for(r"release_mode = True  \(set in this session\)")
    finally:
        terminal.close()
