"""Evaluating in one call, as the public interface has it."""

import pytest

from mean_colour import write_mean_colour
from stylemapgan import evaluate
from stylemapgan.cli.main import main
from stylemapgan.errors import ConfigError


def test_a_model_is_measured_and_its_page_written(data_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    record = evaluate(
        "hands-64", data_folder, tmp_path / "report", tasks=["reconstruction"], methods=["w-plus"]
    )
    (task,) = record.tasks
    assert task.task == "reconstruction"
    assert any(figure.key.startswith("mse") for figure in task.findings.figures)
    assert (tmp_path / "report/report.html").exists()


def test_another_methods_model_is_measured_alone_too(
    colour_model, data_folder, tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    alone = evaluate(colour_model, data_folder, tmp_path / "alone", tasks=["reconstruction"])
    assert alone.subject.methods == ("mean-colour",)
    assert alone.subject.model["method"] == "mean-colour"
    (task,) = alone.tasks
    assert any(
        "mean-colour" in figure.key or figure.key == "mse" for figure in task.findings.figures
    )


def test_a_method_of_another_image_size_is_refused(colour_model, data_folder, tmp_path):
    with pytest.raises(ConfigError, match=r"one size, got pixels: the model 64, mean-colour 32"):
        evaluate("hands-64", data_folder, tmp_path / "report", beside=[colour_model])


def test_a_comparison_takes_a_file_and_one_of_its_methods(
    colour_model, data_folder, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    output, one = tmp_path / "comparison", f"{colour_model}:mean-colour"
    other = colour_model.with_name("other.safetensors")
    write_mean_colour(other, 1.0)
    measured = ("--data", data_folder, "--tasks", "reconstruction", "--output", output)
    assert main([str(each) for each in ("compare", one, other, *measured)]) == 0
    assert any(output.glob("*.html"))
    assert main(["compare", f"{colour_model}:w-plus", one, "--output", str(output)]) == 2
    assert "opens no method 'w-plus': choose from mean-colour." in capsys.readouterr().err
