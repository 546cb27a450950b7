"""How a model's photos are framed, read from stylemaps, and its file.

The stylemap of a misplaced square tells how far it is off: eyes lie in other cells than usual.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from jaxtyping import Float, Float32, Float64

from stylemapgan import zoo
from stylemapgan.checkpoints.file import read_tensors, write_tensors
from stylemapgan.editing.photo.cropped_photo import FINDERS, Find
from stylemapgan.errors import CheckpointError, EditError
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Stylemap

Offsets: TypeAlias = Float64[np.ndarray, "squares 4"]
"""Where the right square lies, seen from another one: how far to the right and down in its own
axes and sides, the logarithm of how many times larger it is, and how many degrees it is turned
clockwise."""
NUMBERS = 4
"""Of an offset."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Framing:
    """How far a square is off a model's framing: a linear function of the square's stylemap."""

    find: Find
    """What finds squares of such photos roughly."""
    weights: Float32[np.ndarray, "numbers 4"]
    """Of every number of a stylemap, channel by channel, row by row."""
    bias: Float32[np.ndarray, " 4"]

    def offsets(self, stylemaps: Stylemap) -> Offsets:
        """Estimate where the right squares lie.

        Args:
            stylemaps: What the model makes of squares of photos.

        Raises:
            EditError: The framing belongs to another model.
        """
        numbers = to_numpy(stylemaps).reshape(len(stylemaps), -1)
        if numbers.shape[1] != len(self.weights):
            raise EditError(
                f"This framing belongs to a model whose stylemaps have {len(self.weights)} "
                f"numbers, these have {numbers.shape[1]}: use the framing of the same model."
            )
        return (numbers @ self.weights + self.bias).astype(np.float64)


def framing_of(name_or_path: str | Path) -> Framing | None:
    """Read how the photos of a model are framed; None if that is not known.

    Args:
        name_or_path: A bundled name, a model file, or a folder that `stylemapgan export` wrote.

    Raises:
        CheckpointError: Its file is damaged.
    """
    file = zoo.framing_file(name_or_path)
    return None if file is None else read_framing(file)


def learn(
    stylemaps: Float[np.ndarray, "squares numbers"], offsets: Offsets, find: Find, penalty: float
) -> Framing:
    """Fit a framing to squares whose offsets are known, by ridge regression.

    Args:
        stylemaps: Of the squares, each as one vector.
        offsets: Where the right squares lie.
        find: What finds squares of such photos roughly.
        penalty: Of the weights of standardised numbers, for each square.

    Source: Hoerl and Kennard, Ridge Regression, Technometrics 1970.
    """
    mean, spread = stylemaps.mean(axis=0), stylemaps.std(axis=0) + 1e-6
    standard = (stylemaps - mean) / spread
    centre = offsets.mean(axis=0)
    weights = _ridge(standard, offsets - centre, penalty * len(standard)) / spread[:, None]
    return Framing(
        find=find,
        weights=weights.astype(np.float32),
        bias=(centre - mean @ weights).astype(np.float32),
    )


def _ridge(
    inputs: Float[np.ndarray, "squares numbers"], outputs: Offsets, penalty: float
) -> Float[np.ndarray, "numbers 4"]:
    """Solve for the weights, by way of the smaller of the two products of the inputs."""
    has_few = len(inputs) < inputs.shape[1]
    gram = inputs @ inputs.T if has_few else inputs.T @ inputs
    gram[np.diag_indices(len(gram))] += penalty
    if has_few:
        return inputs.T @ np.linalg.solve(gram, outputs)
    return np.linalg.solve(gram, inputs.T @ outputs)


FORMAT = "stylemapgan-framing-1"
"""Written into every file; a change that older versions cannot read gets the next number."""
WHAT = "framing"
"""Name of the file's contents in messages."""
MAX_BYTES = 16 * 2**20
"""Largest file that is read."""


def read_framing(path: Path) -> Framing:
    """Read a file with a framing; safetensors cannot hold code.

    Raises:
        CheckpointError: The file is missing, damaged, or holds something else.
    """
    tensors, metadata = read_tensors(path, WHAT, MAX_BYTES)
    if metadata.get("format") != FORMAT:
        raise CheckpointError(
            f"{path} does not hold a framing of this version: its metadata names the format "
            f"{metadata.get('format', 'nothing')!r}, expected {FORMAT!r}."
        )
    try:
        return _to_framing(metadata, tensors)
    except (KeyError, ValueError) as error:
        raise CheckpointError(f"{path}: its contents are invalid: {error}") from None


def write_framing(path: Path, framing: Framing) -> None:
    """Write a file with a framing; it appears complete or not at all.

    Raises:
        CheckpointError: The file has another suffix, or its folder is missing or protected.
    """
    tensors = {"weights": framing.weights, "bias": framing.bias}
    write_tensors(path, WHAT, tensors, {"format": FORMAT, "find": framing.find})


def _to_framing(metadata: Mapping[str, str], tensors: Mapping[str, np.ndarray]) -> Framing:
    weights, bias = tensors["weights"], tensors["bias"]
    if weights.ndim != 2 or weights.shape[1] != NUMBERS or bias.shape != (NUMBERS,):
        raise ValueError(f"weights {weights.shape}, bias {bias.shape}")
    if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
        raise ValueError("weights that are not numbers")
    known: dict[str, Find] = {name: name for name in FINDERS}
    find = known.get(metadata["find"])
    if find is None:
        raise ValueError(f"the finder {metadata['find']!r} is none of {', '.join(FINDERS)}")
    return Framing(find=find, weights=weights.astype(np.float32), bias=bias.astype(np.float32))
