"""Exported networks beside PyTorch's, on real inputs.

How far results may differ depends on how much they vary: float32 rounds each layer's result by
about 1e-7 of its size, and networks of random weights give pictures far outside [-1, 1]. So a
difference is measured in standard deviations of the network's own output. Another order of adding
up makes 1e-6 to 1e-4 of them, most in the networks with most layers; a wrong graph makes 0.1 and
more.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from stylemapgan.checkpoints.networks import Networks
from stylemapgan.editing.normal_draws import standard_normal
from stylemapgan.editing.onnx_sessions import OnnxNetworks
from stylemapgan.errors import CheckpointError
from stylemapgan.interop.onnx_graphs import Graph
from stylemapgan.types import Images

TOLERANCE = 1e-3
"""Largest difference allowed, in standard deviations of the output."""
LEAST_SPREAD = 1e-3
"""Outputs that hardly vary count as varying by this share of their largest value."""


def compare(
    known: Mapping[str, Graph],
    networks: Networks,
    folder: Path,
    photos: Images,
    tell: Callable[[str], None] = lambda name: None,
) -> dict[str, float]:
    """Run exported networks beside PyTorch's, each on what PyTorch makes of photos.

    One photo and one open file at a time: the modulations of a large model take gigabytes, and its
    networks several times their files.

    Args:
        known: Networks in PyTorch by name, see `graphs`.
        networks: The model they are of.
        folder: Exported networks; those that are not there are left out.
        photos: What to compare on.
        tell: Told before a network runs on a photo.

    Returns:
        The largest difference for each network, in standard deviations of its output.

    Raises:
        CheckpointError: A file cannot be run, or PyTorch's results are not finite.
    """
    errors = {name: 0.0 for name in known if (folder / f"{name}.onnx").is_file()}
    for index in range(len(photos)):
        for name, inputs, expected in _steps(known, networks, photos, index):
            if name in errors:
                tell(name)
                given = dict(zip(known[name].inputs, inputs, strict=True))
                results = OnnxNetworks(folder).run(name, given)
                errors[name] = max(errors[name], _worst(name, results, expected))
    return errors


def refuse_differences(errors: Mapping[str, float]) -> None:
    """Let only networks pass that compute what PyTorch's do.

    Raises:
        CheckpointError: One is further off than `TOLERANCE`.
    """
    worst = max(errors, key=lambda name: np.nan_to_num(errors[name], nan=np.inf))
    if not errors[worst] <= TOLERANCE:
        raise CheckpointError(
            f"{worst}.onnx is off from PyTorch by {errors[worst]:.2g} standard deviations of its "
            f"output, more than {TOLERANCE:g}: nothing was written."
        )


def _steps(
    known: Mapping[str, Graph], networks: Networks, photos: Images, index: int
) -> Iterator[tuple[str, list[np.ndarray], list[np.ndarray]]]:
    """Give, for each network, what goes in when a photo is edited, and what PyTorch makes of it."""

    def step(name: str, inputs: list[np.ndarray]) -> tuple[str, list[np.ndarray], list[np.ndarray]]:
        return name, inputs, _with_pytorch(known[name], inputs)

    image = [np.ascontiguousarray(photos[index : index + 1], np.float32)]
    z = standard_normal(len(photos), networks.generator.config.style_channels, seed=0)
    yield step("mapping", [z[index : index + 1]])
    yield (found := step("encoder", image))
    yield (found := step("resizer", found[2]))
    yield (found := step("modulation", found[2]))
    yield (found := step("synthesis", found[2]))
    yield "reconstruct", image, found[2][:1]  # the image of the last step


def _with_pytorch(graph: Graph, inputs: list[np.ndarray]) -> list[np.ndarray]:
    tensors = [torch.from_numpy(array) for array in inputs]
    with torch.inference_mode():
        found = graph.network(tensors) if graph.takes_a_list else graph.network(*tensors)
    outputs = [found] if isinstance(found, Tensor) else found
    return [np.ascontiguousarray(tensor.numpy()) for tensor in outputs]


def _worst(name: str, results: Sequence[np.ndarray], expected: Sequence[np.ndarray]) -> float:
    """Find the output of the largest difference, each measured by its own spread."""
    return max(
        _difference(name, result, array) for result, array in zip(results, expected, strict=True)
    )


def _difference(name: str, result: np.ndarray, expected: np.ndarray) -> float:
    largest = float(max(expected.max(), -expected.min()))
    if not np.isfinite(largest):
        raise CheckpointError(
            f"The model itself is broken: in PyTorch, its {name} network gives results that are "
            "not finite. Export another snapshot."
        )
    difference = result - expected
    np.abs(difference, out=difference)
    spread = max(float(expected.std(dtype=np.float64)), LEAST_SPREAD * largest)
    return float(difference.max()) / spread if spread else float(difference.max())
