"""The cell magic in a real kernel."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time
from pathlib import Path

import pexpect
import psutil
import pytest
from conftest import c_module, pybind11_module
from kernel import FROM_JUPYTER, Kernel, Shown

pytestmark = FROM_JUPYTER


def c_cell(name: str, value: object = 1, options: str = "") -> str:
    """Return a cell whose module has one function `value()`."""
    return f"%%cppimport {name} --lang c {options}\n" + c_module(name, value)


def living_members(group: int) -> list[int]:
    """Return the processes of a group that have not ended (a zombie has)."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
    return found


def test_a_cell_is_a_module_in_the_namespace_and_for_import(kernel: Kernel, place: Path) -> None:
    assert kernel.run(c_cell("first", 11)) == Shown()
    assert kernel.run("first.value()").result == "11"
    assert kernel.run("import first as again; again is first").result == "True"
    (place / "uses_first.py").write_text("import first\ndef twice(): return 2 * first.value()\n")
    assert kernel.run("import uses_first; uses_first.twice()").result == "22"


def test_an_edited_cell_is_the_new_version_everywhere_at_once(kernel: Kernel, place: Path) -> None:
    kernel.run(c_cell("edited", 1))
    (place / "uses_edited.py").write_text("import edited\ndef get(): return edited.value()\n")
    kernel.run("import uses_edited, edited as other_name; old = edited.value; before = edited")
    for value in range(2, 6):
        assert kernel.run(c_cell("edited", value)) == Shown()
        shown = kernel.run("edited.value(), other_name.value(), uses_edited.get(), old()")
        assert shown.result == f"({value}, {value}, {value}, 1)"
    assert kernel.run("edited is before").result == "True"


def test_an_unchanged_cell_is_not_compiled_again_here_or_in_a_later_kernel(
    kernel: Kernel, place: Path, shared_cache: Path
) -> None:
    kernel.run(c_cell("unchanged", 5))
    again = kernel.run(c_cell("unchanged", 5, "-v"))
    assert "unchanged: unchanged" in again.stdout
    assert "building" not in again.stdout
    later = Kernel(
        cwd=str(place),
        env={**os.environ, "CPPMAGIC_CACHE_DIR": str(shared_cache), "CC": "/no/such/compiler"},
    )
    try:
        # Another environment could mean another compiler; with none at all nothing can be built.
        assert later.run(c_cell("unchanged", 5)).error == "ToolchainError"
        later.run("import os; del os.environ['CC']")
        shown = later.run(c_cell("unchanged", 5, "-v"))
        assert "building" not in shown.stdout
        assert later.run("unchanged.value()").result == "5"
    finally:
        later.stop()


def test_redefined_classes_load_and_old_objects_are_kept_apart(kernel: Kernel) -> None:
    body = (
        'py::class_<Thing>(m, "Thing").def(py::init<>()).def("get", &Thing::get);'
        'm.def("read", [](const Thing& t) { return t.get(); });'
    )
    first = pybind11_module(
        "shapes", body, "struct Thing { int a = 1; int get() const { return a; } };"
    )
    second = first.replace("int a = 1;", "double x = 0; int a = 2;")
    assert kernel.run("%%cppimport shapes\n" + first) == Shown()
    assert kernel.run("old = shapes.Thing(); shapes.read(old)").result == "1"
    assert kernel.run("%%cppimport shapes\n" + second) == Shown()
    assert kernel.run("shapes.read(shapes.Thing()), old.get()").result == "(2, 1)"
    assert kernel.run("shapes.read(old)").error == "TypeError"


def test_a_failed_build_raises_and_changes_nothing(kernel: Kernel) -> None:
    kernel.run(c_cell("kept", 3))
    broken = kernel.run(c_cell("kept", "undeclared_name"))
    assert broken.error == "BuildError"
    assert kernel.run("kept.value()").result == "3"
    assert kernel.run(c_cell("kept", 4)) == Shown()
    assert kernel.run("kept.value()").result == "4"


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_compile_errors_name_the_cell_and_the_line_that_the_user_sees(
    kernel: Kernel, compiler: str
) -> None:
    text = "#include <Python.h>\n\nint f() { return mistake; }\n"
    cell = f"%%cppimport broken --lang c --compiler {compiler}\n" + text
    sent = kernel.send(cell)
    shown = kernel.collect(sent)
    number = kernel.reply(sent)["execution_count"]
    assert shown.error == "BuildError"
    assert f"In[{number}]:4:18: error:" in shown.traceback
    assert "    4 | int f() { return mistake; }\n      |                  ^" in shown.message
    assert "magics.py" not in shown.traceback


def test_an_error_behind_a_block_at_the_top_has_the_users_line(kernel: Kernel) -> None:
    text = "<%\ncfg['std'] = 'c11'\n%>\n#include <Python.h>\nint f() { return mistake; }\n"
    cell = "%%cppimport broken --lang c\n" + text
    assert ":6:18: error:" in kernel.run(cell).message


def test_a_template_that_raises_names_the_line(kernel: Kernel) -> None:
    shown = kernel.run("%%cppimport broken\nint a;\n<%\nx = 1\n1 / 0\n%>\n")
    assert shown.error == "TemplateError"
    assert re.search(r"In\[\d+\]:5: .*ZeroDivisionError: division by zero", shown.message)


@pytest.mark.parametrize(
    ("cell", "error", "message"),
    [
        ("%%cppimport\nint a;", "", "the module's name is missing"),
        ("%%cppimport empty\n\n  \n", "SourceError", "the cell is empty"),
        ("%%cppimport a.b\nint a;", "SourceError", "'a.b' has a dot"),
        ("%%cppimport class\nint a;", "SourceError", "Python keyword"),
        ("%%cppimport 2fast\nint a;", "SourceError", "not a valid identifier"),
        ("%%cppimport x y\nint a;", "", "there is one module name"),
        ("%%cppimport x --stdd c++20\nint a;", "", "unknown option --stdd (did you mean '--std'?)"),
        ("%%cppimport x -fopenmp\nint a;", "", "-c -fopenmp"),
        ("%%cppimport x -c\nint a;", "", "expected one argument"),
        ("%%cppimport x --lang pascal\nint a;", "", "invalid choice"),
        ("%%cppimport x 'open\nint a;", "", "No closing quotation"),
        ("%%cppimport x --compiler nope++\nint a;", "ToolchainError", "'nope++'"),
        ("%%cppimport x --pkg nope\nint a;", "ConfigError", "nope"),
        ("%%cppimport x -S nope.cpp\nint a;", "ConfigError", "nope.cpp"),
        ("%%cppimport x\nPYBIND11_MODULE(y, m) {}", "ModuleNameError", "'y'"),
        ("%%cppimport x --lang c\nint a;", "ModuleNameError", "defines no Python module"),
        ("%%cppimport x\n#include <nope/nope.h>", "BuildError", "include_dirs in cfg"),
        ("%%cppimport x --lang c -l nope\n" + c_module("x"), "BuildError", "library_dirs in cfg"),
        ("%%cppimport x -c -fnope\nint a;", "BuildError", "-fnope"),
    ],
)
def test_what_is_wrong_is_said(kernel: Kernel, cell: str, error: str, message: str) -> None:
    shown = kernel.run(cell)
    assert shown.error in (error, "UsageError")
    assert message in shown.message + shown.stderr + shown.traceback
    assert "Traceback" not in shown.traceback


def test_an_undefined_symbol_and_a_raising_initialisation_are_load_errors(kernel: Kernel) -> None:
    text = c_module("loads").replace("PyMODINIT_FUNC", "int missing(void);\nPyMODINIT_FUNC")
    undefined = text.replace("return PyModule", "missing(); return PyModule")
    shown = kernel.run("%%cppimport loads --lang c\n" + undefined)
    assert shown.error == "LoadError"
    assert "undefined symbol: missing" in shown.message
    raising = text.replace(
        "return PyModule_Create(&definition)",
        'PyErr_SetString(PyExc_ValueError, "not today"); return 0',
    )
    shown = kernel.run("%%cppimport loads --lang c\n" + raising)
    assert shown.error == "LoadError"
    assert "ValueError: not today" in shown.message


def test_a_name_that_belongs_to_a_module_is_bound_in_the_namespace_only(kernel: Kernel) -> None:
    shown = kernel.run(c_cell("colorsys", 8))
    assert "import colorsys" in shown.stderr
    assert shown.stderr.count("\n") == 1
    assert kernel.run("colorsys.value()").result == "8"
    assert kernel.run("import colorsys as real; hasattr(real, 'rgb_to_hsv')").result == "True"
    assert kernel.run(c_cell("colorsys", 9)).stderr == ""  # said once
    assert kernel.run("colorsys.value()").result == "9"


def test_options_add_to_the_block_and_win_over_it(kernel: Kernel, place: Path) -> None:
    (place / "inc").mkdir()
    (place / "inc" / "part.h").write_text("int part(void);\n")
    (place / "part.c").write_text("int part(void) { return 30; }\n")
    text = '#include "part.h"\n' + c_module("both", "PLUS + MINUS + part()") + "\n<%\n"
    text += "cfg['extra_compile_args'] = ['-DPLUS=1', '-DMINUS=1', '-O0']\n%>\n"
    shown = kernel.run(
        "%%cppimport both --lang c -S part.c -I inc -c -UMINUS -D MINUS=5 -O2 -v\n" + text
    )
    assert shown.error == "", shown.traceback
    assert kernel.run("both.value()").result == "36"
    assert kernel.run("both.__doc__").result == "'A module.'"
    command = next(line for line in shown.stdout.splitlines() if " -c both.c" in line)
    assert " -O2 " in command
    assert " -O0 " not in command


def test_verbose_shows_commands_and_quiet_hides_warnings(kernel: Kernel) -> None:
    warned = c_module("warned", 1, "static int unused_thing;\n")
    shown = kernel.run("%%cppimport warned --lang c\n" + warned)
    (bundle,) = shown.displayed
    assert "warning: 'unused_thing' defined but not used" in bundle["text/plain"]
    assert shown.stderr == ""
    assert kernel.run("%%cppimport warned --lang c\n" + warned).stderr == ""  # not built, not said
    assert kernel.run("%%cppimport warned --lang c -f -q\n" + warned) == Shown()
    shown = kernel.run("%%cppimport warned --lang c -fqv\n" + warned)
    assert "-o 0.o" in shown.stdout
    assert re.search(r"warned: built in \d+\.\d\d s", shown.stdout)
    phases = re.findall(r"^ +\d+\.\d{3} s  (.*)$", shown.stdout, re.MULTILINE)
    assert phases == ["rendered", "planned", "compiled warned.c", "linked", "loaded"]
    again = kernel.run("%%cppimport warned --lang c -v\n" + warned).stdout
    assert re.findall(r" s  (\w+)", again) == ["recalled", "loaded"]


def test_star_puts_public_names_into_the_namespace(kernel: Kernel) -> None:
    kernel.run(c_cell("starred", 6, "--star"))
    assert kernel.run("value()").result == "6"


def test_starred_names_of_a_module_whose_name_is_taken_are_told_when_stale(kernel: Kernel) -> None:
    # `import bisect` is Python's own: what the star took must not be looked up there.
    kernel.run(c_cell("bisect", 6, "--star -q"))
    renamed = c_module("bisect", 7).replace('"value", value', '"other", value')
    shown = kernel.run("%%cppimport bisect --lang c --star\n" + renamed)
    assert "value is stale" in shown.stderr
    assert kernel.run("value(), other()").result == "(6, 7)"


def test_the_manual_opens_with_an_example_that_works(kernel: Kernel) -> None:
    shown = kernel.run("%%cppimport --help\n-")
    manual = shown.stdout
    assert manual.index("%%cppimport logistic") < manual.index("--force")
    example = manual[manual.index("    %%cppimport") : manual.index("Then, in another cell")]
    cell = "\n".join(line.removeprefix("    ") for line in example.splitlines())
    assert kernel.run(cell) == Shown()
    assert kernel.run("0 < logistic.logistic(3.9, 0.5, 1000) < 1").result == "True"
    kernel.client.execute("%%cppimport?")
    reply = kernel.client.get_shell_msg(timeout=30)
    while not reply["content"].get("payload"):
        reply = kernel.client.get_shell_msg(timeout=30)
    assert "%%cppimport logistic" in reply["content"]["payload"][0]["data"]["text/plain"]


def test_interrupting_a_build_ends_the_compiler_and_the_next_run_works(
    kernel: Kernel, place: Path
) -> None:
    started = place / "started"
    slow = place / "slow-cc"
    slow.write_text(
        "#!/bin/sh\n"
        f'case "$*" in *" -c "*) echo $$ > {started}.part; mv {started}.part {started}; '
        "sleep 600;; esac\n"
        'exec gcc "$@"\n'
    )
    slow.chmod(0o755)
    message_id = kernel.send(c_cell("interrupted", 1, f"--compiler {slow}"))
    deadline = time.monotonic() + 60
    while not started.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    kernel.manager.interrupt_kernel()
    shown = kernel.collect(message_id)
    assert shown.error == "KeyboardInterrupt"
    assert living_members(int(started.read_text())) == []
    assert kernel.run(c_cell("interrupted", 2)) == Shown()
    assert kernel.run("interrupted.value()").result == "2"


def test_two_kernels_with_one_cache_keep_their_own_versions(
    kernel: Kernel, place: Path, shared_cache: Path
) -> None:
    other = Kernel(cwd=str(place), env={**os.environ, "CPPMAGIC_CACHE_DIR": str(shared_cache)})
    try:
        ids = [running.send(c_cell("shared", 7)) for running in (kernel, other)]
        shown = [running.collect(id_) for running, id_ in zip((kernel, other), ids, strict=True)]
        assert shown == [Shown(), Shown()]
        kernel.run(c_cell("shared", 8))
        assert kernel.run("shared.value()").result == "8"
        assert other.run("shared.value()").result == "7"
    finally:
        other.stop()


def test_in_a_terminal(place: Path, shared_cache: Path) -> None:
    terminal = pexpect.spawn(
        sys.executable,
        [
            "-m",
            "IPython",
            "--no-banner",
            "--simple-prompt",
            "--colors=NoColor",
            "--no-confirm-exit",
        ],
        cwd=str(place),
        env={**os.environ, "CPPMAGIC_CACHE_DIR": str(shared_cache), "TERM": "dumb"},
        encoding="utf-8",
        timeout=120,
    )
    terminal.expect(r"In \[1\]: ")
    terminal.sendline("%load_ext cppmagic")
    terminal.expect(r"In \[2\]: ")
    (place / "cell.c").write_text(c_module("typed", 77))
    terminal.sendline(
        "get_ipython().run_cell_magic('cppimport', 'typed --lang c', open('cell.c').read())"
    )
    terminal.expect(r"In \[3\]: ")
    terminal.sendline("typed.value()")
    terminal.expect("Out.*77")
    terminal.sendline("get_ipython().run_cell_magic('cppimport', 'typed --lang c', 'int f( {')")
    terminal.expect(r"BuildError: typed did not compile")
    terminal.expect(r"2 \| int f\( \{")
    terminal.sendline("exit")
    terminal.expect(pexpect.EOF)
    terminal.close()
