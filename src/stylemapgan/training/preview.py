"""Pictures that show how a run is going."""

import numpy as np
import torch

from stylemapgan import images
from stylemapgan.data import PhotoSet
from stylemapgan.editing.operations import truncate
from stylemapgan.models import Generator
from stylemapgan.training.state import TrainState
from stylemapgan.types import Images

COLUMNS = 8
TRUNCATION = 0.7


@torch.inference_mode()
def sample_sheet(state: TrainState, photos: PhotoSet) -> Images:
    """Lay out photos, reconstructions, half-and-half edits and random generations.

    The same photos and the same z every time, so that sheets of a run can be compared.
    """
    generator, encoder = state.generator_ema, state.encoder_ema
    device = next(encoder.parameters()).device
    spread = np.linspace(0, len(photos) - 1, COLUMNS).round().astype(int)
    real = torch.from_numpy(photos.take(spread)).to(device)
    stylemaps = encoder(real)
    columns = stylemaps.shape[-1]
    halves = stylemaps.clone()
    halves[..., columns // 2 :] = stylemaps.roll(-1, dims=0)[..., columns // 2 :]
    rows = {
        "photos": real,
        "reconstructions": generator.synthesize(stylemaps),
        "left half of one, right half of the next": generator.synthesize(halves),
        "random": generator.synthesize(_random_stylemaps(generator, COLUMNS)),
        "random, more": generator.synthesize(_random_stylemaps(generator, COLUMNS, seed=1)),
    }
    return images.contact_sheet(
        [list(pictures.float().cpu().split(1)) for pictures in rows.values()],
        row_titles=list(rows),
        caption=f"{state.images_seen:,} images seen",
    )


def _random_stylemaps(generator: Generator, count: int, seed: int = 0) -> torch.Tensor:
    randomness = torch.Generator().manual_seed(seed)
    device = next(generator.parameters()).device
    z = torch.randn(1_000 + count, generator.config.style_channels, generator=randomness)
    stylemaps = generator.mapping(z.to(device))
    mean = stylemaps[:1_000].mean(dim=0, keepdim=True)
    return truncate(stylemaps[1_000:], mean, TRUNCATION)
