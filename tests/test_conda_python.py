"""A Python that says of its compiler what conda's do: `-B directory` stands behind its name."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest
from conftest import Script, c_module

USE = """
    import sys, sysconfig, cppmagic
    assert "-B" in sysconfig.get_config_var("CC").split(), "the test's configuration is not used"
    print(cppmagic.imp_from_filepath(sys.argv[1]).value())
"""


@pytest.mark.parametrize("compiler", ["", "clang++"])
def test_a_module_builds_in_a_python_from_conda(
    tmp_path: Path, own_cache: Path, run_python: Script, compiler: str
) -> None:
    compat = tmp_path / "compiler_compat"
    compat.mkdir()
    told = dict(sysconfig.get_config_vars())
    told |= {"CC": f"gcc -pthread -B {compat}", "CXX": f"g++ -pthread -B {compat}"}
    told |= {"LDSHARED": f"gcc -pthread -B {compat} -shared -Wl,-O2"}
    (tmp_path / "told_by_conda.py").write_text(f"build_time_vars = {told!r}\n")
    source = tmp_path / "plain.c"
    source.write_text(c_module("plain", 3))
    done = run_python(
        USE,
        str(source),
        PYTHONPATH=str(tmp_path),
        _PYTHON_SYSCONFIGDATA_NAME="told_by_conda",
        CPPMAGIC_COMPILER=compiler,
    )
    assert done.stdout == "3\n", done.stderr
