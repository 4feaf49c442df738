from __future__ import annotations

import json
import platform
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # benchmarks is no part of the package that is installed

from benchmarks.__main__ import main  # noqa: E402
from benchmarks.cases import CASES  # noqa: E402
from benchmarks.plot import draw_ratios, draw_versions  # noqa: E402
from benchmarks.report import Figure, Result, table, update_json, write_json  # noqa: E402
from benchmarks.summary import readme_table, update_readme  # noqa: E402
from benchmarks.workplace import HELLO, START  # noqa: E402

sys.path.remove(str(ROOT))


def figure(ours: list[float], theirs: list[float], target: float | None = None) -> Figure:
    return Figure("import", tuple(ours), tuple(theirs), target)


def result(*figures: Figure) -> Result:
    return Result("cached", "import again", "cppimport", figures)


def test_ratio_is_the_median_of_the_pairs_ratios_and_not_the_ratio_of_medians() -> None:
    # The machine was ten times slower in the last two pairs: the ratio must not show it.
    slowed = figure([1.0, 10.0, 30.0], [4.0, 20.0, 40.0])
    assert slowed.ratios == (0.25, 0.5, 0.75)
    assert slowed.ratio == 0.5
    crossed = figure([1.0, 8.0, 3.0], [10.0, 10.0, 1.0])
    assert crossed.ratio == 0.8  # while the medians' ratio is 0.3


def test_a_sample_without_its_partner_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        figure([1.0, 2.0, 3.0], [1.0, 2.0]).ratio


def test_target_is_met_up_to_its_own_value_and_only_if_there_is_one() -> None:
    assert figure([1.0], [4.0], target=0.25).is_met is True
    assert figure([1.1], [4.0], target=0.25).is_met is False
    assert figure([1.0], [4.0]).is_met is None


def test_table_shows_medians_ranges_ratios_and_targets() -> None:
    text = table(
        [
            result(
                figure([0.010, 0.030, 0.020], [0.1, 0.3, 0.2], target=0.25),
                figure([9e-6], [4e-4], target=0.01),
                figure([9e-8], [7.5]),
            )
        ]
    )
    title, header, first, second, third = text.splitlines()
    assert title == "cached: import again"
    assert header.split() == ["cppmagic", "cppimport", "ratio", "target"]
    assert "20.0 ms (10.0 ms to 30.0 ms)  200 ms (100 ms to 300 ms)  0.1x" in first
    assert first.endswith("at most 0.25: met")
    assert "9.00 us" in second
    assert second.endswith("at most 0.01: NOT MET")
    assert third.split()[1:3] == ["90.0", "ns"]
    assert third.endswith("x")


def test_json_holds_every_sample_the_summary_and_the_machine(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    write_json(path, [result(figure([1.0, 3.0, 2.0], [4.0, 4.0, 4.0], 0.25))], {"cores": 2})
    data = json.loads(path.read_text(encoding="utf-8"))
    assert data["machine"] == {"cores": 2}
    (only,) = data["results"]
    assert (only["case"], only["peer"]) == ("cached", "cppimport")
    (measured,) = only["figures"]
    assert measured["ours"] == {"median": 2.0, "min": 1.0, "max": 3.0, "samples": [1.0, 3.0, 2.0]}
    assert measured["ratios"] == [0.25, 0.75, 0.5]
    assert (measured["ratio"], measured["target"], measured["met"]) == (0.5, 0.25, False)


def test_sizes_are_shown_as_sizes() -> None:
    sizes = Figure("memory", (224_000.0,), (2_316_000.0,), 1.0, "B")
    row = table([result(sizes)]).splitlines()[-1]
    assert "224 kB" in row
    assert "2.32 MB" in row
    assert row.endswith("at most 1: met")


def test_an_update_replaces_its_cases_only_and_says_where_it_was_measured(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    kept = Result("miss", "a miss", "cppimport", (figure([1.0], [2.0]),))
    write_json(path, [result(figure([1.0], [4.0])), kept], {"commit": "old"})
    before = json.loads(path.read_text(encoding="utf-8"))
    new = Result("versions", "many", "compared with", (figure([5.0], [5.0]),), {"loaded": 3})
    cases = ["cached", "versions", "miss"]
    update_json(path, [new, result(figure([2.0], [4.0]))], {"commit": "new"}, cases)

    data = json.loads(path.read_text(encoding="utf-8"))
    assert data["machine"] == {"commit": "old"}
    cached, versions, miss = data["results"]
    assert miss == before["results"][1]
    assert (cached["figures"][0]["ratio"], cached["machine"]) == (0.5, {"commit": "new"})
    assert (versions["case"], versions["facts"]) == ("versions", {"loaded": 3})


def test_the_committed_plot_is_drawn_from_the_committed_results(tmp_path: Path) -> None:
    data = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))
    (facts,) = (item["facts"] for item in data["results"] if item["case"] == "versions")
    assert facts["live"]["loaded"] == 5000
    assert "could not initialize the TSS key" in facts["naive"]["failure"]
    draw_versions(facts, tmp_path / "versions.svg")
    drawn = (tmp_path / "versions.svg").read_text(encoding="utf-8")
    committed = (ROOT / "benchmarks" / "versions.svg").read_text(encoding="utf-8")
    for text in (drawn, committed):
        assert "<svg" in text
        assert f"version {facts['naive']['loaded'] + 1:,} fails" in text


def test_the_committed_bars_are_those_of_the_committed_results(tmp_path: Path) -> None:
    data = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))
    draw_ratios(data["results"], tmp_path / "ratios.svg")
    drawn, committed = (
        re.findall(r">([\w-]+: [^<]+)<", path.read_text(encoding="utf-8"))
        for path in (tmp_path / "ratios.svg", ROOT / "benchmarks" / "ratios.svg")
    )
    assert drawn == committed
    assert any(text.startswith("edited: ") for text in drawn)


def test_the_readme_has_the_committed_results(tmp_path: Path) -> None:
    data = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme_table(data) in readme
    copy = tmp_path / "README.md"
    copy.write_text(readme, encoding="utf-8")
    update_readme(copy, data)
    assert copy.read_text(encoding="utf-8") == readme


def test_committed_results_have_all_cases_and_name_no_machine() -> None:
    text = (ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8")
    data = json.loads(text)
    assert [item["case"] for item in data["results"]] == list(CASES)
    assert data["machine"]["packages"]["cppmagic"]["cppmagic"]
    assert data["machine"]["packages"]["cppimport"]["cppimport"]
    assert re.search(r"\w/\w*/\w|\"/", text) is None  # no paths
    assert f'"{platform.node()}"' not in text


def test_the_edit_of_the_edited_case_still_has_its_line_in_the_measured_file() -> None:
    assert HELLO.count(START) == 1


def test_an_unknown_case_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--case", "colt"])
    assert ended.value.code == 2
    assert "cold-same-flags" in capsys.readouterr().err


def test_zero_repetitions_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--repetitions", "0"])
    assert "expected 1 or more" in capsys.readouterr().err
