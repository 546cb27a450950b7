"""Limits cut optimisations short, and they report how far they have come."""

import numpy as np
import pytest

from stylemapgan.config.optimising import AS_PUBLISHED, OptimisationConfig
from stylemapgan.editing import Editor
from stylemapgan.errors import ConfigError
from stylemapgan.methods.backbone.result_cache import ResultCache
from stylemapgan.methods.image2stylegan import Image2StyleGAN, Image2StyleGANSettings
from stylemapgan.methods.pix2latent import Pix2LatentSettings
from stylemapgan.methods.registry import METHODS


def test_no_limits_leave_the_published_settings():
    for settings in (Image2StyleGANSettings(), Pix2LatentSettings()):
        assert settings.cut_short(AS_PUBLISHED) == settings


@pytest.mark.parametrize("steps", [0, 1, 7, 31, 299, 900, 1_150, 5_000, 17_000])
def test_a_limit_is_never_exceeded_and_never_raised(steps):
    limits = OptimisationConfig(steps=steps, seconds=2.5)
    for usual in (Image2StyleGANSettings(), Pix2LatentSettings()):
        cut = usual.cut_short(limits)
        assert cut.all_steps <= min(steps or usual.all_steps, usual.all_steps)
        assert cut.all_steps == usual.all_steps or steps
        assert cut.seconds == 2.5


def test_pix2latent_keeps_whole_rounds_and_ends_with_what_is_left():
    cut = Pix2LatentSettings().cut_short(OptimisationConfig(steps=3 * 18 * 30 + 10))
    assert (cut.rounds, cut.steps, cut.final_steps) == (3, 30, 10)


def test_pix2latent_shortens_its_only_round_when_the_limit_is_less():
    cut = Pix2LatentSettings().cut_short(OptimisationConfig(steps=100))
    assert (cut.rounds, cut.steps, cut.final_steps) == (1, 5, 10)
    none = Pix2LatentSettings().cut_short(OptimisationConfig(steps=17))
    assert (none.rounds, none.final_steps) == (0, 17)


def test_a_method_that_is_cut_short_is_another_encoding_and_reports_its_steps(backbone, photos):
    whole = Image2StyleGAN(backbone, Image2StyleGANSettings(steps=50), ResultCache("", None))
    method = whole.cut_short(OptimisationConfig(steps=3))
    seen: list[tuple[int, int]] = []
    method.watch(lambda done, total: seen.append((done, total)))
    found = method.encode(photos[:2])
    assert seen[-1] == (6, 6)  # three steps of each photo
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert method.encoding != whole.encoding
    expected = Image2StyleGAN(backbone, Image2StyleGANSettings(steps=3), ResultCache("", None))
    np.testing.assert_array_equal(
        found.arrays["w_plus"], expected.encode(photos[:2]).arrays["w_plus"]
    )


def test_methods_of_one_pass_have_nothing_to_cut(editor: Editor):
    method = METHODS["w-plus"].open(editor)
    assert method.cut_short(OptimisationConfig(steps=1)) is method


def test_limits_are_not_negative():
    with pytest.raises(ConfigError, match="steps"):
        OptimisationConfig(steps=-1)
