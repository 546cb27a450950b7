"""What losses for sharpness gain in the same processor time, from the same model.

`python -m benchmarks.sharpening_options MODEL PHOTOS VALIDATION --seconds 100 --sheets sheets/`
continues training a model that was warmed up on pixels, once for each option, and prints a table.
The averaged weights are measured; their half-life is short. A sheet of each option shows
validation photos above their reconstructions. The Fréchet distance is that of reconstructions of
training photos to the photos; a discriminator of the same features can lower it without making
pictures better, so look at the sheets.
"""

import argparse
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.equal_time import NEVER, QUIET, trained
from stylemapgan import DataConfig, RunConfig, images
from stylemapgan.checkpoints.file import read
from stylemapgan.checkpoints.networks import Networks, load
from stylemapgan.config import LossWeights, StabilityConfig, preset
from stylemapgan.data import open_photos
from stylemapgan.features import EfficientNetDistance
from stylemapgan.features.efficientnet import load_efficientnet_lite0
from stylemapgan.machine.precision import processor_name
from stylemapgan.metrics.clouds import frechet_distance, measure_cloud, pooled_features
from stylemapgan.training.validation import validate

BATCH = 4
PIXELS = {"adversarial": 0.25, "reconstruction": 12.0, "perceptual": 0.0, "domain_guided": 0.0}
OPTIONS: dict[str, dict[str, float]] = {
    "pixels alone": {},
    "gradient 2": {"gradient": 2.0},
    "Laplacian 1": {"laplacian": 1.0},
    "perceptual 3": {"perceptual": 3.0},
    "adversarial 0.1": {"perceptual": 3.0, "domain_guided": 0.1},
    "adversarial 0.1 by gradient norms": {
        **{"perceptual": 3.0, "domain_guided": 0.1},
        "most_adversarial": 1000.0,
    },
    "features 0.05": {"perceptual": 3.0, "domain_guided": 0.1, "feature_guided": 0.05},
}
"""Changed loss weights, by what the table calls them."""
PHOTOS = 200
"""Training photos behind the Fréchet distance."""
ROW = 8
"""Photos on a sheet."""


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("photos")
    parser.add_argument("validation")
    parser.add_argument("--seconds", type=float, default=100.0, help="processor time of each")
    parser.add_argument("--sheets", type=Path, help="folder for a sheet of each option")
    parser.add_argument("--only", nargs="*", default=list(OPTIONS), help="options to measure")
    given = parser.parse_args()
    data = DataConfig(photos=given.photos, validation=given.validation)
    measure = _Measure(data, load(given.model).generator.config.image_size)
    print(processor_name())
    print("| loss | images seen | MSE | sharpness | perceptual | Fréchet |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    print(f"| none: the model as it was | 0 | {measure.row(load(given.model))}", flush=True)
    for name in given.only:
        with trained(_config(given.model, data, OPTIONS[name]), given.seconds) as path:
            networks = load(path)
            seen = read(path).images_seen
            print(f"| {name} | {seen:,} | {measure.row(networks)}", flush=True)
        if given.sheets:
            given.sheets.mkdir(parents=True, exist_ok=True)
            measure.write_sheet(networks, given.sheets / f"{name.replace(' ', '-')}.png")


def _config(model: Path, data: DataConfig, changes: dict[str, Any]) -> RunConfig:
    most = changes.get("most_adversarial", 0.0)
    weights = {name: value for name, value in changes.items() if name != "most_adversarial"}
    is_adversarial = "domain_guided" in weights
    usual = preset("laptop-64").training
    training = dataclasses.replace(
        usual,
        **QUIET,
        batch=BATCH,
        init_from=str(model),
        perceptual_from=0 if "perceptual" in weights else NEVER,
        adversarial_from=BATCH if is_adversarial else NEVER,
        warm_up_learning_rate=usual.learning_rate,
        warm_up_beta1=0.5,
        weights=LossWeights(**PIXELS | weights),
        stability=StabilityConfig(ema_ramp_up=0.1, most_adversarial=most),
    )
    return RunConfig(model=load(model).generator.config, training=training, data=data)


class _Measure:
    """Measures models on the same photos."""

    def __init__(self, data: DataConfig, size: int) -> None:
        self._validation = open_photos(data.validation, size)
        self._photos = open_photos(data.photos, size)
        self._features = load_efficientnet_lite0()
        self._distance = EfficientNetDistance(self._features)
        self._cloud = measure_cloud(pooled_features(self._features, self._batches()))

    def row(self, networks: Networks) -> str:
        """Format the figures of a model as the end of a table's line."""
        cpu = torch.device("cpu")
        figures = validate(networks.reconstruct, self._validation, self._distance, cpu)
        rebuilt = (_reconstructed(networks, batch) for batch in self._batches())
        distance = frechet_distance(
            self._cloud, measure_cloud(pooled_features(self._features, rebuilt))
        )
        return (
            f"{figures['mse']:.5f} | {figures['sharpness']:.3f} | {figures['perceptual']:.4f} "
            f"| {distance:.2f} |"
        )

    def write_sheet(self, networks: Networks, path: Path) -> None:
        """Show validation photos above their reconstructions."""
        rows = np.linspace(0, len(self._validation) - 1, ROW).round().astype(np.int64)
        real = torch.from_numpy(self._validation.take(rows))
        pictures = [real, _reconstructed(networks, real)]
        sheet = images.contact_sheet([list(each.split(1)) for each in pictures])
        images.write(path, sheet)

    def _batches(self) -> Iterator[torch.Tensor]:
        return (torch.from_numpy(each) for each in self._photos.spread(PHOTOS, 16))


@torch.inference_mode()
def _reconstructed(networks: Networks, real: torch.Tensor) -> torch.Tensor:
    return networks.generator.synthesize(networks.encoder(real)).float().clamp(-1, 1)


if __name__ == "__main__":
    main()
