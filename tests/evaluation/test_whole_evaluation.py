"""Evaluating in one call, as the public interface has it."""

from stylemapgan import evaluate


def test_a_model_is_measured_and_its_page_written(data_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    record = evaluate(
        "hands-64", data_folder, tmp_path / "report", tasks=["reconstruction"], methods=["w-plus"]
    )
    (task,) = record.tasks
    assert task.task == "reconstruction"
    assert any(figure.key.startswith("mse") for figure in task.findings.figures)
    assert (tmp_path / "report/report.html").exists()
