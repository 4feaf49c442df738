"""Settings: names, values, the environment; and what `import cppmagic` costs."""

from __future__ import annotations

import json
import os
import re
import typing
from pathlib import Path

import pytest
from conftest import Script

import cppmagic
from cppmagic import SettingsError, cache
from cppmagic.settings import Settings, settings

NAMES = [
    *("force_rebuild", "file_exts", "rtld_flags", "use_filelock", "lock_suffix", "lock_timeout"),
    *("remove_strict_prototypes", "release_mode", "cache_dir", "cache_size_limit", "compiler"),
]

# Name, text in the environment, value that it means.
FROM_TEXT = [
    ("force_rebuild", "1", True),
    ("force_rebuild", "No", False),
    ("file_exts", ".cc, .cxx .c", (".cc", ".cxx", ".c")),
    ("rtld_flags", "256", 256),
    ("use_filelock", "off", False),
    ("lock_suffix", ".l", ".l"),
    ("lock_timeout", "2.5", 2.5),
    ("remove_strict_prototypes", "false", False),
    ("release_mode", "true", True),
    ("cache_dir", "/some where", "/some where"),
    ("cache_size_limit", "4 GB", 4 * 10**9),
    ("cache_size_limit", "1.5MiB", 1_500_000),
    ("cache_size_limit", "4096", 4096),
    ("compiler", "ccache g++", "ccache g++"),
    ("compiler_launcher", "ccache", "ccache"),
    ("accelerate", "off", False),
    ("background", "0", False),
    ("jobs", "3", 3),
]

SHOW = "import cppmagic, json; print(json.dumps(dict(cppmagic.settings)))"


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_is_reached_by_attribute_and_as_a_mapping(name: str) -> None:
    assert name in settings
    assert settings[name] == getattr(settings, name)
    other = Settings()
    other[name] = settings[name]
    assert getattr(other, name) == settings[name]
    assert dict(other).keys() == set(other) == set(dict(settings))


def test_assigning_either_way_is_seen_the_other_way() -> None:
    settings.lock_timeout = 5
    assert settings["lock_timeout"] == 5.0
    settings["lock_timeout"] = 6
    assert settings.lock_timeout == 6.0
    del settings["lock_timeout"]
    assert settings.lock_timeout == 600.0


def test_the_defaults_are_as_documented() -> None:
    fresh = Settings()
    assert fresh.lock_timeout == 600
    assert fresh.file_exts == (".cpp", ".c")
    assert fresh.use_filelock is True
    assert fresh.lock_suffix == ".lock"
    assert (fresh.force_rebuild, fresh.release_mode) == (False, False)


@pytest.mark.parametrize("name", list(Settings()))
def test_every_setting_is_documented_and_typed(name: str) -> None:
    described = re.findall(r"^(\w+) = .*\n    (.+)$", settings.describe(), re.MULTILINE)
    assert dict(described)[name].endswith(".")
    kind = typing.get_type_hints(Settings)[name]
    assert isinstance(settings[name], typing.get_origin(kind) or kind)


def test_every_setting_takes_its_first_value_from_the_environment(run_python: Script) -> None:
    assert {name for name, _, _ in FROM_TEXT} == set(Settings())
    texts = {name: text for name, text, _ in reversed(FROM_TEXT)}
    values = {name: value for name, _, value in reversed(FROM_TEXT)}
    done = run_python(SHOW, **{f"CPPMAGIC_{name.upper()}": text for name, text in texts.items()})
    assert done.stderr == ""
    assert json.loads(done.stdout) == json.loads(json.dumps(values))


@pytest.mark.parametrize(("name", "text", "value"), FROM_TEXT)
def test_text_means_the_same_in_code_as_in_the_environment(
    name: str, text: str, value: object
) -> None:
    fresh = Settings()
    fresh[name] = text
    assert fresh[name] == value
    assert type(fresh[name]) is type(value)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"CPPIMPORT_RELEASE_MODE": "true"}, True),
        ({"CPPIMPORT_RELEASE_MODE": "1"}, True),
        ({"CPPIMPORT_RELEASE_MODE": "0"}, False),
        ({"CPPIMPORT_RELEASE_MODE": "whatever"}, False),
        ({"CPPIMPORT_RELEASE_MODE": "1", "CPPMAGIC_RELEASE_MODE": "0"}, False),
        ({}, False),
    ],
)
def test_the_release_mode_of_cppimport_is_honoured(
    environment: dict[str, str], expected: bool, run_python: Script
) -> None:
    done = run_python("import cppmagic; print(cppmagic.settings.release_mode)", **environment)
    assert done.stdout == f"{expected}\n"


def test_an_unknown_setting_raises_and_names_the_nearest() -> None:
    message = "there is no setting 'lock_timout' .did you mean 'lock_timeout'"
    with pytest.raises(SettingsError, match=message):
        settings.lock_timout = 1
    with pytest.raises(AttributeError, match=message):
        settings.lock_timout
    with pytest.raises(KeyError, match=message):
        settings["lock_timout"]
    with pytest.raises(KeyError, match=message):
        settings["lock_timout"] = 1
    with pytest.raises(KeyError, match=message):
        del settings["lock_timout"]
    with pytest.raises(SettingsError, match="there is no setting 'lock_timout'"):
        settings.update(lock_timout=1)
    assert "lock_timout" not in settings
    assert settings.get("lock_timout", 7) == 7
    assert not hasattr(settings, "lock_timout")


def test_a_name_that_is_near_to_none_gets_no_suggestion() -> None:
    with pytest.raises(SettingsError) as caught:
        settings["zzzzzzzz"]
    assert "did you mean" not in str(caught.value)
    assert "describe()" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("force_rebuild", "perhaps", "expected true or false"),
        ("file_exts", ["cpp"], "starts with a dot"),
        ("file_exts", [], "expected a list"),
        ("file_exts", 3, "expected a list"),
        ("rtld_flags", "many", "expected a whole number"),
        ("rtld_flags", -1, "0 or more"),
        ("lock_timeout", -1, "0 or more"),
        ("lock_timeout", float("nan"), "0 or more"),
        ("lock_timeout", "soon", "expected a number of seconds"),
        ("lock_timeout", None, "expected a number of seconds"),
        ("cache_size_limit", "4 parrots", "'4 GB'"),
        ("cache_size_limit", "", "'4 GB'"),
        ("cache_size_limit", -4, "'4 GB'"),
        ("cache_size_limit", True, "'4 GB'"),
        ("cache_size_limit", float("inf"), "'4 GB'"),
        ("cache_dir", 3, "expected str"),
        ("compiler", 3, "expected str"),
        ("jobs", -2, "0 or more"),
    ],
)
def test_a_bad_value_raises_with_the_reason_and_changes_nothing(
    name: str, value: object, reason: str
) -> None:
    before = settings[name]
    with pytest.raises(ValueError, match=rf"settings\.{name} cannot be .*{reason}"):
        settings[name] = value
    assert settings[name] == before


@pytest.mark.parametrize(
    ("name", "value"),
    [("lock_timeout", "soon"), ("release_mode", "perhaps"), ("cache_size_limit", "big")],
)
def test_a_bad_value_in_the_environment_names_the_variable(
    name: str, value: str, run_python: Script
) -> None:
    variable = f"CPPMAGIC_{name.upper()}"
    done = run_python("import cppmagic", **{variable: value})
    assert done.returncode == 1
    assert f"{variable} cannot be '{value}'" in done.stderr.splitlines()[-1]


def test_the_cache_setting_takes_a_path(tmp_path: Path) -> None:
    settings.cache_dir = tmp_path
    assert settings.cache_dir == str(tmp_path)


def test_the_functions_of_cppimport_set_settings() -> None:
    cppmagic.force_rebuild()
    assert settings.force_rebuild is True
    cppmagic.force_rebuild(False)
    assert settings.force_rebuild is False
    cppmagic.set_rtld_flags(os.RTLD_GLOBAL)
    assert settings.rtld_flags == os.RTLD_GLOBAL


def test_importing_cppmagic_imports_nothing_but_the_standard_library(run_python: Script) -> None:
    done = run_python(
        """
        import sys
        before = set(sys.modules)
        import cppmagic
        new = {name.partition(".")[0] for name in set(sys.modules) - before}
        print(*sorted(new - set(sys.stdlib_module_names)))
        """
    )
    assert done.stderr == ""
    assert done.stdout == "cppmagic\n"


def test_importing_the_hook_imports_nothing_but_the_standard_library(run_python: Script) -> None:
    done = run_python(
        """
        import sys
        before = set(sys.modules)
        import cppmagic.import_hook
        new = {name.partition(".")[0] for name in set(sys.modules) - before}
        print(*sorted(new - set(sys.stdlib_module_names)))
        """
    )
    assert done.stdout == "cppmagic\n"


@pytest.mark.parametrize("base", [None, "", "relative/path", "/some/where", "  ", "~/elsewhere"])
def test_the_default_cache_is_where_platformdirs_says(
    base: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    platformdirs = pytest.importorskip("platformdirs")
    if base is None:
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    else:
        monkeypatch.setenv("XDG_CACHE_HOME", base)
    assert cache.default_root() == platformdirs.user_cache_dir("cppmagic", appauthor=False)
