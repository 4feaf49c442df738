"""Code for "this machine's processor" is not given to a machine with another one."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import c_module

import cppmagic
from cppmagic import LoadError, ahead, pipeline, processor, settings
from cppmagic.config import BuildConfig
from cppmagic.recall import recall
from cppmagic.source import from_file

NATIVE = BuildConfig(extra_compile_args=("-march=native",))
INTEL = "processor : 0\nvendor_id : GenuineIntel\nmodel : 85\nflags : fpu avx512f\ncpu MHz : 1000\n"


def become(description: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = place / "cpuinfo"
    path.write_text(description)
    monkeypatch.setattr(processor, "_DESCRIPTION", str(path))


def test_native_code_is_built_again_on_another_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "here.c"
    path.write_text(c_module("here"))
    source = from_file(path)
    plain, native = pipeline.obtain(source), pipeline.obtain(source, NATIVE)
    assert recall(source, NATIVE) == native
    become(INTEL, tmp_path, monkeypatch)
    assert recall(source, NATIVE) is None
    assert pipeline.obtain(source, NATIVE).fingerprint != native.fingerprint
    assert recall(source) == plain


@pytest.mark.parametrize("text", ["-mtune=native", "-march=x86-64-v3", "native", ""])
def test_other_flags_know_no_processor(text: str) -> None:
    assert processor.native_identity(text) == ""


def test_what_changes_from_moment_to_moment_is_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = set()
    for description in (INTEL, INTEL.replace("1000", "3500"), INTEL + INTEL):
        become(description, tmp_path, monkeypatch)
        found.add(processor.native_identity("-mcpu=native"))
    assert len(found) == 1
    become(INTEL.replace("avx512f", "avx2"), tmp_path, monkeypatch)
    assert processor.native_identity("-mcpu=native") not in found


def test_a_library_built_ahead_for_another_processor_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ahead_of_time.c"
    path.write_text(
        "<% cfg['extra_compile_args'] = ['-march=native'] %>\n" + c_module("ahead_of_time")
    )
    cppmagic.build_filepath(path)
    source = from_file(path)
    assert ahead.prebuilt(source) is not None
    become(INTEL, tmp_path, monkeypatch)
    assert ahead.prebuilt(source) is None
    settings.release_mode = True
    with pytest.raises(LoadError, match="-march=native on a machine with another processor"):
        cppmagic.imp_from_filepath(path)
