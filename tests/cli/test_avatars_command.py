"""`stylemapgan avatars` draws faces, says where, and what to do next."""


def test_a_small_set_is_drawn_and_drawn_again_for_nothing(run, tmp_path):
    arguments = ("avatars", tmp_path / "a b", "--count", 4, "--size", 16, "--triples", 1)
    outcome = run(*arguments, "--validation-share", 0.25, "--workers", 1)
    assert (outcome.code, outcome.err) == (0, "")
    assert f"4 faces: {tmp_path}/a b/card.md" in outcome.out
    assert f"next: stylemapgan train '{tmp_path}/a b/train' --validation" in outcome.out
    assert len(list((tmp_path / "a b" / "train").glob("*.png"))) == 3
    assert len(list((tmp_path / "a b" / "labels" / "val").glob("*.png"))) == 1
    assert (tmp_path / "a b" / "triples" / "000000" / "truth.png").exists()

    again = run(*arguments, "--validation-share", 0.25, "--workers", 1)
    assert (again.code, again.err) == (0, "")


def test_a_folder_with_other_settings_fails_in_one_line(run, tmp_path):
    arguments = ("avatars", tmp_path, "--count", 2, "--triples", 0, "--workers", 1)
    assert run(*arguments, "--size", 16, "--no-labels").code == 0
    outcome = run(*arguments, "--size", 32, "--no-labels")
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1
    assert "made with size 16, not 32" in outcome.err
