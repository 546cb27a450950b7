"""Which updates of a recipe an iteration consists of."""

from stylemapgan.training.context import Batch, StepContext
from stylemapgan.training.descent import Losses
from stylemapgan.training.memory_limits import out_of_memory_explained
from stylemapgan.training.recipe import Kept, Recipe, State


def one_iteration(
    recipe: Recipe[State], context: StepContext, state: State, batch: Batch
) -> Losses:
    """Run all updates that are due; counts and averaged weights stay as they are."""
    losses: Losses = {}
    kept: Kept = {}
    images = len(batch[0].real)
    for update in recipe.updates:
        if update.is_due(context.config, state.images_seen, state.updates):
            with out_of_memory_explained(f"the {update.name}", context.config, images):
                losses |= update.run(context, state, batch, kept)
    return losses | recipe.finish(context, state, losses)
