"""Our light dataclasses do what those of the standard library do."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from typing import Any

import pytest

from cppmagic import light

CLASS = """
@{module}.dataclass(frozen={frozen}, eq={eq})
class Point:
    x: int
    y: int = 2
    names: list = {module}.field(default_factory=list)
"""


def made(module: Any, frozen: bool = True, eq: bool = True) -> Any:
    names: dict[str, Any] = {"light": light, "dataclasses": dataclasses, "__name__": __name__}
    exec(CLASS.format(module=module.__name__.split(".")[-1], frozen=frozen, eq=eq), names)
    return names["Point"]


Point = made(light)  # where pickle finds it


@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("eq", [True, False])
def test_they_behave_alike(frozen: bool, eq: bool) -> None:
    ours, theirs = made(light, frozen, eq), made(dataclasses, frozen, eq)
    assert repr(ours(1)) == repr(theirs(1)).replace("made.<locals>.", "")
    assert str(inspect.signature(ours)).replace("missing", "<factory>").count(",") == 2
    assert (ours(1) == ours(1)) is (theirs(1) == theirs(1)) is eq
    assert ours(1) != theirs(1)
    assert (ours.__hash__ is None) is (theirs.__hash__ is None)
    assert ours.__match_args__ == theirs.__match_args__
    assert ours(1).names is not ours(1).names
    for wrong in ((), (1, 2, [], 4)):
        with pytest.raises(TypeError):
            ours(*wrong)
    if frozen:
        with pytest.raises(dataclasses.FrozenInstanceError):
            ours(1).x = 2
        with pytest.raises(dataclasses.FrozenInstanceError):
            del ours(1).x
    else:
        value = ours(1)
        value.x = 3
        assert value.x == 3


def test_the_functions_of_dataclasses_work_on_them() -> None:
    value = Point(1, names=["a"])
    assert dataclasses.is_dataclass(value)
    assert dataclasses.asdict(value) == {"x": 1, "y": 2, "names": ["a"]}
    assert [item.name for item in dataclasses.fields(value)] == ["x", "y", "names"]
    assert dataclasses.replace(value, y=5) == light.replace(value, y=5) == Point(1, 5, ["a"])
    assert pickle.loads(pickle.dumps(value)) == copy.deepcopy(value) == value


def test_equal_values_have_equal_hashes() -> None:
    assert hash(made(light)(1, 2, ())) == hash((1, 2, ()))
