"""Training in one call, as the public interface has it."""

import stylemapgan
from stylemapgan import open_editor


def test_a_run_stopped_early_is_resumed_to_its_end(settings, tmp_path):
    folder = tmp_path / "run"
    answers = iter([False, False, True])

    stopped = stylemapgan.train(settings(images=12), folder, should_stop=lambda: next(answers))
    finished = stylemapgan.resume(folder)

    assert [path.name for path in stopped] == ["000000008.safetensors"]
    assert finished[-1].name == "000000012.safetensors"
    assert open_editor(finished[-1]).image_size == 32
