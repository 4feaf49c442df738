"""How failures look: HTML in a kernel's output, colours in a terminal, plain text for programs."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pexpect
import pytest
from conftest import c_module
from kernel import Kernel, Shown
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

import cppmagic
from cppmagic import BuildError
from cppmagic.errors import Diagnostic, FixIt, Range
from cppmagic.toolchain import rendering

MISTAKE = """\
%%cppimport shaky
long sum(long steps) {
    return step * 2;
}
"""


class Page(HTMLParser):
    """Reads a view: its text, its open elements by class, and whether all are closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.by_class: dict[str, list[str]] = {}
        self.tags: list[str] = []
        self.text = ""
        self.folded = ""
        self._classes: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == [], "not all elements are closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.tags.append(tag)
        self._classes.append(dict(attrs).get("class") or "")
        self.by_class.setdefault(self._classes[-1], []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self._classes.pop()

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            return
        self.text += data
        if "details" in self.open:
            self.folded += data
        for name in self._classes:
            self.by_class[name][-1] += data


def page(shown: Shown) -> Page:
    (bundle,) = shown.displayed
    return Page(bundle["text/html"])


def fail_as_html(kernel: Kernel, body: str, options: str = "") -> Page:
    shown = kernel.run(f"%%cppimport shaky {options}\n{body}")
    assert shown.error == "BuildError"
    return page(shown)


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_a_failed_build_is_shown_as_html_with_the_text_beside_it(
    kernel: Kernel, compiler: str
) -> None:
    shown = kernel.run(MISTAKE.replace("shaky", f"shaky --compiler {compiler}", 1))
    view = page(shown)
    assert shown.displayed[0]["text/plain"] == f"BuildError: {shown.message}"
    assert view.by_class["cppmagic-title"] == ["shaky did not compile"]
    assert view.by_class["cppmagic-severity"][0] == "error"
    assert re.fullmatch(r"In\[\d+\]:3:12", view.by_class["cppmagic-place"][0])
    assert view.by_class["cppmagic-mark"][0] == "step"
    assert view.by_class["cppmagic-source"][0] == "    3     return step * 2;"
    assert view.by_class["cppmagic-fix"] == ["    +     return steps * 2;"]


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_warnings_are_shown_as_html_with_their_text(kernel: Kernel, compiler: str) -> None:
    body = c_module("shaky", extra="static long idle(long steps) {\n    return steps * 2;\n}\n")
    shown = kernel.run(f"%%cppimport shaky --lang c -f --compiler {compiler}\n{body}")
    assert (shown.error, shown.stdout, shown.stderr) == ("", "", "")
    view = page(shown)
    assert view.by_class["cppmagic-severity"] == ["warning"]
    assert "-Wunused-function" in view.by_class["cppmagic-head"][0]
    assert view.by_class["cppmagic-mark"] == ["idle"]
    assert "cppmagic-item cppmagic-warning" in view.by_class
    assert re.match(r"In\[\d+\]:9:13: warning: ", shown.displayed[0]["text/plain"])


def test_warnings_come_once_in_a_kernel_also_of_what_was_built_before(
    kernel: Kernel, shared_cache: Path, place: Path
) -> None:
    extra = "static long idle(long steps) {\n    return steps * 2;\n}\n"
    cell = "%%cppimport warned --lang c\n" + c_module("warned", extra=extra)
    assert len(kernel.run(cell).displayed) == 1
    assert kernel.run(cell).displayed == []
    environment = {**os.environ, "CPPMAGIC_CACHE_DIR": str(shared_cache)}
    later = Kernel(cwd=str(place), env=environment)
    try:
        later.run("pass")
        shown = later.run(cell)
        assert page(shown).by_class["cppmagic-mark"] == ["idle"]
        assert shown.displayed[0]["text/plain"].startswith("In[3]:9:13: warning: ")
    finally:
        later.stop()


def test_a_pragma_of_openmp_that_is_ignored_names_the_option(kernel: Kernel) -> None:
    cell = (
        "%%cpp ignoring -O 0\nint f(int n) {\n#pragma omp parallel\n    n += 1;\n    return n;\n}\n"
    )
    (view,) = kernel.run(cell).displayed
    assert "note: if it is OpenMP's: the option --openmp" in view["text/plain"]
    assert "option --openmp" in view["text/html"]


def test_the_error_itself_is_short_where_html_has_been_shown(kernel: Kernel) -> None:
    shown = kernel.run(MISTAKE)
    first, second = shown.traceback.split("\n")
    assert first == "BuildError: shaky did not compile"
    assert re.match(r"In\[\d+\]:3:12: error: .*step", second)
    assert shown.stderr == shown.stdout == ""


def test_run_all_stops_and_the_next_cell_can_go_on(kernel: Kernel) -> None:
    sent = kernel.client.execute(MISTAKE, stop_on_error=True)
    follower = kernel.client.execute("ran = True", stop_on_error=True)
    assert kernel.collect(sent).error == "BuildError"
    assert kernel.reply(follower)["status"] == "aborted"
    assert kernel.run("'ran' in globals()").result == "False"


def test_the_reply_to_programs_has_the_whole_text(kernel: Kernel) -> None:
    sent = kernel.send(MISTAKE)
    shown = kernel.collect(sent)
    reply = kernel.reply(sent)
    assert "\n".join(reply["traceback"]) == f"BuildError: {shown.message}"
    assert "    3 |     return step * 2;" in shown.message
    # It is this reply's only.
    sent = kernel.send("1 / 0")
    kernel.collect(sent)
    assert "BuildError" not in "\n".join(kernel.reply(sent)["traceback"])


def test_whoever_executes_notebooks_reads_the_whole_text(place: Path, shared_cache: Path) -> None:
    cells = [nbformat.v4.new_code_cell(text) for text in ("%load_ext cppmagic", MISTAKE)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    client = NotebookClient(notebook, kernel_name="python3", resources={"metadata": {}})
    with pytest.raises(CellExecutionError) as caught:
        client.execute(env={**os.environ, "CPPMAGIC_CACHE_DIR": str(shared_cache)})
    assert "    3 |     return step * 2;" in str(caught.value)
    assert [output.output_type for output in cells[1].outputs] == ["display_data", "error"]


def test_the_traceback_magic_shows_it_again(kernel: Kernel) -> None:
    first, again = kernel.run(MISTAKE), kernel.run("%tb")
    assert page(again).text == page(first).text


def test_an_error_that_is_caught_shows_nothing(kernel: Kernel) -> None:
    body = MISTAKE.partition("\n")[2]
    shown = kernel.run(
        f"import cppmagic\ntry:\n    get_ipython().run_cell_magic('cppimport', 'shaky', {body!r})\n"
        "except cppmagic.BuildError as error:\n    print(error.title)"
    )
    assert (shown.stdout, shown.displayed, shown.error) == ("shaky did not compile\n", [], "")


def test_a_file_that_is_imported_is_shown_in_the_same_way(kernel: Kernel, place: Path) -> None:
    (place / "wrong_file.cpp").write_text("// cppmagic\nint f() { return nope; }\n")
    shown = kernel.run("import cppmagic.import_hook, wrong_file")
    assert shown.error == "BuildError"
    view = page(shown)
    assert view.by_class["cppmagic-place"] == [f"{place}/wrong_file.cpp:2:18"]
    assert view.by_class["cppmagic-mark"] == ["nope"]


def test_autoreload_shows_the_view_and_goes_on(kernel: Kernel, place: Path) -> None:
    path = place / "reloaded.c"
    path.write_text(c_module("reloaded", 1))
    kernel.run("import cppmagic.import_hook, reloaded\n%cppmagic autoreload on")
    path.write_text(c_module("reloaded", "mistaken"))
    try:
        shown = kernel.run("reloaded.value()")
    finally:
        kernel.run("%cppmagic autoreload off")
    assert shown.result == "1"
    assert page(shown).by_class["cppmagic-mark"][0] == "mistaken"
    assert shown.stderr == "reloaded stays as it was.\n"


def test_what_the_user_wrote_is_text_in_html(kernel: Kernel) -> None:
    nasty = 'int a = "<script>alert(1)</script><img src=x onerror=f()>&amp;" + nope<int>;\n'
    nasty += "#error <b>\"bold\" & 'bright'</b>\n"
    view = fail_as_html(kernel, nasty)
    assert not {"script", "img"} & set(view.tags)
    assert "<script>alert(1)</script><img src=x onerror=f()>&amp;" in view.text
    assert "<b>\"bold\" & 'bright'</b>" in view.text


def test_notes_are_folded_and_what_is_proposed_is_not(kernel: Kernel) -> None:
    text = "void g(int);\nvoid g(const char *, int);\nvoid f() {\n  g(1, 2, 3);\n  printf(0);\n}\n"
    view = fail_as_html(kernel, text, "--compiler g++")
    assert "candidate" in view.folded
    assert "candidate" not in view.text.replace(view.folded, "")
    assert "#include <cstdio>" in view.by_class["cppmagic-fix"][0]
    assert "#include <cstdio>" not in view.folded


def test_the_line_that_includes_a_wrong_header_is_not_folded(kernel: Kernel, place: Path) -> None:
    (place / "wrong.h").write_text("int bad = nope;\n")
    view = fail_as_html(kernel, '\n#include "wrong.h"\n')
    assert re.search(r"included from here In\[\d+\]:3", view.text)
    assert view.folded == ""


def test_many_errors_are_folded(kernel: Kernel) -> None:
    view = fail_as_html(kernel, "".join(f"int a{i} = nope{i};\n" for i in range(12)))
    assert "4 more errors" in view.folded
    assert "nope11" in view.folded
    assert "nope7" not in view.folded


def test_of_very_many_errors_the_first_are_in_the_view(kernel: Kernel) -> None:
    text = "".join(f"int a{i} = nope{i};\n" for i in range(60))
    view = fail_as_html(kernel, text, "--compiler g++")
    assert view.by_class["cppmagic-title"] == ["shaky did not compile (60 errors)"]
    assert "52 more errors" in view.folded
    assert "nope47" in view.folded
    assert view.folded.endswith("... and 12 more")


def test_a_linker_error_is_shown_with_its_hint(kernel: Kernel) -> None:
    shown = kernel.run("%%cppimport linked --lang c -l no_such_library\n" + c_module("linked"))
    view = page(shown)
    assert view.by_class["cppmagic-title"] == ["linked did not link"]
    assert "no_such_library" in view.text
    assert "-L" in view.by_class["cppmagic-hint"][0]


def test_colours_suit_light_and_dark(kernel: Kernel) -> None:
    (bundle,) = kernel.run(MISTAKE).displayed
    style = bundle["text/html"].partition("</style>")[0]
    # Text has the page's colour; no background covers the page's.
    assert not re.search(r"background: (?!none|rgba)", style)
    for colour in re.findall(r"(?<!-)color: ([^;]+);", style):
        assert re.match(r"inherit|var\(--", colour)


# A terminal


@pytest.fixture
def terminal(
    place: Path, shared_cache: Path, request: pytest.FixtureRequest
) -> Iterator[pexpect.spawn]:
    environment = {**os.environ, "CPPMAGIC_CACHE_DIR": str(shared_cache), "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    environment.update(getattr(request, "param", {}))
    (place / "shaky.cpp").write_text(MISTAKE.partition("\n")[2])
    running = pexpect.spawn(
        sys.executable,
        ["-m", "IPython", "--no-banner", "--simple-prompt", "--colors=Linux", "--no-confirm-exit"],
        cwd=str(place),
        env=environment,
        encoding="utf-8",
        timeout=60,
        dimensions=(50, 160),
    )
    running.expect(r"In \[")
    running.sendline("%load_ext cppmagic")
    running.expect(r"In \[")
    yield running
    running.sendline("exit")
    running.expect(pexpect.EOF)
    running.close()


COMMAND = "get_ipython().run_cell_magic('cppimport', 'shaky', open('shaky.cpp').read())"


def test_a_terminal_has_the_text_in_colours(terminal: pexpect.spawn) -> None:
    terminal.sendline(COMMAND)
    terminal.expect(r"\x1b\[31mBuildError\x1b\[39m: .*shaky did not compile")
    terminal.expect(r"\x1b\[1;31merror:\x1b\[0m")
    terminal.expect(r"3 \|     return \x1b\[1;31mstep\x1b\[0m \* 2;")
    terminal.expect(r"\|            \x1b\[1;31m\^~~~\x1b\[0m")
    terminal.expect(r"\+ \| \x1b\[32m    return steps \* 2;\x1b\[0m")
    terminal.expect(r"In \[")
    assert "did not compile" not in terminal.before


@pytest.mark.parametrize("terminal", [{"NO_COLOR": "1"}], indirect=True)
def test_no_color_is_respected(terminal: pexpect.spawn) -> None:
    terminal.sendline(COMMAND)
    terminal.expect(r"\nBuildError: shaky did not compile")
    terminal.expect(r"3 \|     return step \* 2;")
    terminal.expect(r"\+ \|     return steps \* 2;")
    terminal.expect(r"In \[")


# Text


def line(
    text: str, column: int | None, *ranges: Range, fixes: tuple[FixIt, ...] = ()
) -> Diagnostic:
    return Diagnostic("error", "wrong", "a.cpp", 1, column, text, (), ranges, fixes)


@pytest.mark.parametrize(
    ("item", "marks"),
    [
        (line("int x = nope;", 9), "        ^~~~"),
        (line("a + b", 3, Range(1, 1, 1, 2), Range(1, 5, 1, 6)), "~ ^ ~"),
        (line("f(1", 4), "   ^"),
        (line("\tx = é1;", 6), "     ^~"),
        (line('s = "漢字"; x', 11), "            ^"),
        (line("e\u0301 = x", 6), "    ^"),
        (line("int x = nope;", None), ""),
        (line("short", 60), ""),
        (line("f(a,", 2, Range(1, 2, 3, 4)), " ^~~"),
    ],
)
def test_the_caret_stands_below_its_letter(item: Diagnostic, marks: str) -> None:
    assert rendering.caret_line(item) == marks


@pytest.mark.parametrize(
    ("fixes", "changed"),
    [
        ((FixIt("a.cpp", Range(1, 9, 1, 13), "n"),), ["int x = n;"]),
        ((FixIt("a.cpp", Range(1, 14, 1, 14), "}"),), ["int x = nope;}"]),
        (
            (FixIt("a.cpp", Range(1, 5, 1, 6), "y"), FixIt("a.cpp", Range(1, 9, 1, 13), "z1")),
            ["int y = z1;"],
        ),
        ((FixIt("a.cpp", Range(1, 1, 1, 1), "#include <n>\n"),), ["#include <n>"]),
        ((FixIt("b.h", Range(1, 1, 1, 1), "x"),), []),
        ((FixIt("a.cpp", Range(1, 1, 2, 1), "x"),), []),
    ],
)
def test_a_fix_is_shown_as_the_changed_line(fixes: tuple[FixIt, ...], changed: list[str]) -> None:
    item = line("int x = nope;", 9, fixes=fixes)
    assert rendering.changed_lines(item) == changed


def test_the_coloured_text_says_what_the_plain_one_does(tmp_path: Path) -> None:
    path = tmp_path / "x.cpp"
    path.write_text("#include <nope.h>\nint a = b;\n")
    with pytest.raises(BuildError) as caught:
        cppmagic.imp_from_filepath(path)
    text = rendering.render_error(caught.value, rendering.coloured)
    assert re.sub(r"\x1b\[[0-9;]*m", "", text) == str(caught.value)
    assert "\x1b[" not in str(caught.value)
