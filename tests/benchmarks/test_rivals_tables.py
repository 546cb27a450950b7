"""Results come back as written, and tables show them, with what several seeds say together."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stylemapgan.errors import DataError
from stylemapgan.metrics.intervals import Estimate

ROOT = Path(__file__).parents[2]
NAN = float("nan")


@pytest.fixture(autouse=True)
def _benchmarks_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)


def made_up_result(name: str, **changes: Any) -> Any:
    """A row with figures that tell rows apart."""
    from benchmarks.rivals.entries import choose_entries
    from benchmarks.rivals.results import Result

    (entry,) = choose_entries([name])
    values: dict[str, Any] = {
        "entry": entry.name,
        "data": entry.cell.data,
        "method": entry.method,
        "about": "edits",
        "time": "one pass",
        "cell": entry.cell.name,
        "seed": entry.cell.seed,
        "training": {},
        "evaluation": {},
        "seconds": {"photo": 0.0123, "edit": 0.5},
        "left_out": {},
        "figures": {
            "reconstruction": {"mse": Estimate(0.1, 0.09, 0.12, 8)},
            "generation": {"frechet (random)": Estimate(1000.0, NAN, NAN, 8)},
        },
    }
    return Result(**values | changes)


def test_a_result_comes_back_as_it_was_written(tmp_path):
    from benchmarks.rivals.results import read_result, write_result

    result = made_up_result("faces-64-alae-0", left_out={"swap": "does not edit by mask"})
    write_result(tmp_path / "result.json", result)
    read = read_result(tmp_path / "result.json")
    assert read.figure("reconstruction", "mse") == result.figure("reconstruction", "mse")
    assert np.isnan(read.figures["generation"]["frechet (random)"].low)
    assert read.left_out == {"swap": "does not edit by mask"}
    (tmp_path / "result.json").write_text("{}", "utf-8")
    with pytest.raises(DataError, match="measure again"):
        read_result(tmp_path / "result.json")


def test_a_table_shows_intervals_times_and_reasons():
    from benchmarks.rivals.tables import to_markdown

    edits = {"local-editing": {"mse-src (halves, poisson)": Estimate(0.02, 0.01, 0.03, 8)}}
    rows = [
        made_up_result("faces-64-poisson-0", figures=edits),
        made_up_result(
            "faces-64-alae-0",
            left_out={"local-editing": "does not edit by mask"},
            seconds={"photo": 0.0123},
        ),
    ]
    text = to_markdown(rows)
    assert "| alae | one pass | 0.100 (0.090 to 0.120) | - | 1,000 | - | 0.0123 | - | - |" in text
    assert "| poisson | 0.0200 (0.0100 to 0.0300) | - | - | 0.500 |" in text
    assert "| alae | does not edit by mask |" in text
    assert "photographed truth" not in text


def test_a_table_says_what_training_took_and_how_large_the_networks_are():
    from benchmarks.rivals.tables import to_markdown

    starts = [{"processor_seconds": 1_800.0}, {"processor_seconds": 3_600.0}]
    training = {"starts": starts, "parameter_bytes": 9_480_000}
    text = to_markdown([made_up_result("faces-64-alae-0", training=training)])
    assert "| 0.0123 | 1.50 | 2.37 |" in text


def test_edits_with_a_photographed_truth_have_a_table_where_they_were_measured():
    from benchmarks.rivals.tables import to_markdown

    found = {"error-inside (composite, poisson)": Estimate(0.02, 0.01, 0.03, 8)}
    text = to_markdown([made_up_result("faces-64-poisson-0", figures={"true-edits": found})])
    assert "#### Edits with a photographed truth, faces-64" in text
    assert "| poisson | - | - | - | - | 0.0200 (0.0100 to 0.0300) | - |" in text


def of_seeds(method: str, *errors: float, data: str = "faces-64") -> list[Any]:
    """Results with one error of reconstructions for each seed."""
    return [
        made_up_result(
            f"{data}-{method}-{seed}",
            figures={"reconstruction": {"mse": Estimate(error, error / 2, error * 2, 8)}},
            seconds={"photo": 1.0 + seed},
        )
        for seed, error in enumerate(errors)
    ]


def test_tables_show_mean_and_spread_of_seeds_and_mark_what_is_no_difference():
    from benchmarks.rivals.tables import to_markdown

    rows = [
        *of_seeds("w-plus", 0.10, 0.12, 0.14),
        *of_seeds(
            "in-domain", 0.16, 0.17, 0.15
        ),  # means 0.04 apart, the first has a spread of 0.04
        *of_seeds("image2stylegan", 0.20, 0.10, 0.90),  # far away, with a spread larger than that
        *of_seeds("neural-collage", 0.17, 0.18, 0.16),
        *of_seeds("alae", 0.15),
        *of_seeds("bigan", 0.20),
    ]
    lines = to_markdown(rows).splitlines()
    photos = {line.split(" | ")[0][2:]: line.split(" | ")[2] for line in lines if "| o" in line}
    assert photos == {
        "w-plus": "0.120 [0.0400]",
        "in-domain": "0.160 [0.0200] ≈",
        "image2stylegan": "0.400 [0.800] ≈",
        "neural-collage": "0.170 [0.0200]",
        "alae": "0.150 (0.075 to 0.300) ≈",
        "bigan": "0.200 (0.100 to 0.400)",
    }
    assert "| w-plus | one pass | 0.120 [0.0400] | - | - | - | 2.00 | - | - |" in lines
    assert sum(line.startswith("Of methods with several seeds") for line in lines) == 2


def test_data_with_one_seed_has_no_marks_and_no_note_beside_data_with_several():
    from benchmarks.rivals.tables import to_markdown

    rows = [*of_seeds("w-plus", 0.1, 0.2), *of_seeds("w-plus", 0.1, data="hands-64")]
    rows += of_seeds("alae", 0.1, data="hands-64")
    faces, hands = to_markdown(rows).split("#### Photos, hands-64")
    assert "seeds" in faces
    assert "seeds" not in hands
    assert "≈" not in hands


def test_marks_wait_until_stylemapgan_has_several_seeds():
    from benchmarks.rivals.tables import to_markdown

    text = to_markdown([*of_seeds("w-plus", 0.1), *of_seeds("in-domain", 0.1, 0.2)])
    assert "0.150 [0.100] |" in text


def test_the_report_says_what_is_missing(tmp_path, capsys):
    from benchmarks.rivals.command import run
    from benchmarks.rivals.results import write_result

    write_result(tmp_path / "faces-64-ali-0.json", made_up_result("faces-64-ali-0"))
    assert run(["report", "--results", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert "| ali | one pass |" in said.out
    assert "faces-64-bigan-0" in said.err


def test_edits_of_named_parts_are_detected_in_the_column_of_edits_of_halves():
    from benchmarks.rivals.tables import to_markdown

    figures = {
        "local-editing": {"mse-src (halves, poisson)": Estimate(0.02, 0.01, 0.03, 8)},
        "detectability": {"average-precision (parts, poisson)": Estimate(0.75, 0.7, 0.8, 8)},
    }
    text = to_markdown([made_up_result("avatars-64-poisson-0", figures=figures)])
    assert "0.750 (0.700 to 0.800)" in text
