"""How each method that can be trained is trained; needs PyTorch."""

from typing import Any

from stylemapgan.config import RunConfig
from stylemapgan.errors import ConfigError
from stylemapgan.methods import alae, ali, bigan
from stylemapgan.methods.backbone.recipe import BACKBONE
from stylemapgan.methods.sean.recipe import RECIPE as SEAN
from stylemapgan.methods.structured_noise import recipe as structured_noise
from stylemapgan.methods.stylemapgan.recipe import STYLEMAPGAN
from stylemapgan.training.recipe import Recipe

RECIPES: dict[str, Recipe[Any]] = {
    recipe.method: recipe
    for recipe in (
        STYLEMAPGAN,
        BACKBONE,
        ali.RECIPE,
        bigan.RECIPE,
        alae.RECIPE,
        structured_noise.RECIPE,
        SEAN,
    )
}
"""Name in configurations → recipe: a new one is one line here."""


def recipe_for(config: RunConfig) -> Recipe[Any]:
    """Look up how the method of a configuration is trained.

    Raises:
        ConfigError: There is no such method, or it is not trained.
    """
    try:
        return RECIPES[config.method]
    except KeyError:
        raise ConfigError(
            f"There is no method {config.method!r} to train: choose from {', '.join(RECIPES)}."
        ) from None
