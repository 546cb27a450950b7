"""Named parts of pictures, found in the features of a synthesis network, and their files.

Features form clusters that mean something: skin, hair, the edge of a hand. A few clusters together
make a part that a person would name and click.

Source: Collins et al., "Editing in Style: Uncovering the Local Semantics of GANs", CVPR 2020.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Int

from stylemapgan.checkpoints.file import read_tensors, write_tensors
from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.editing.operations import WPlus
from stylemapgan.errors import CheckpointError, EditError
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Features

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
"""What a part may be called: its mask is a file of that name."""
COORDINATES = 2
"""Numbers that follow the features of a position: how far down and to the right it is."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Parts:
    """The parts of pictures that one model makes."""

    names: tuple[str, ...]
    """Of the parts: small letters, digits and single hyphens."""
    labels: tuple[str, ...]
    """What people read instead of the names."""
    centroids: Float[np.ndarray, "groups description"]
    """Groups of features, each a vector of length 1: features first, then coordinates."""
    owners: Int[np.ndarray, " _"]
    """Index of the part that each group belongs to."""
    position_weight: float
    """Weight of the position beside the features, which weigh 1."""

    def __post_init__(self) -> None:
        for name in self.names:
            if not NAME.fullmatch(name):
                raise EditError(
                    f"A part cannot be called {name!r}: use small letters, digits and hyphens."
                )
        if len(set(self.names)) != len(self.names) or len(self.labels) != len(self.names):
            raise EditError(
                f"Parts need names of their own and a label each, got the names "
                f"{', '.join(self.names)} and {len(self.labels)} labels."
            )
        if set(self.owners.tolist()) != set(range(len(self.names))) or (
            len(self.owners) != len(self.centroids)
        ):
            raise EditError(
                f"Each of {len(self.names)} parts needs a group of features, and each of "
                f"{len(self.centroids)} groups a part."
            )
        lengths = np.linalg.norm(self.centroids, axis=1)
        if not np.allclose(lengths, 1, atol=1e-3) or not 0 <= self.position_weight < np.inf:
            raise EditError("The groups of features must be vectors of length 1.")

    def masks(
        self, editor: AbstractEditor, w_plus: WPlus
    ) -> dict[str, Float32[np.ndarray, "batch 1 size size"]]:
        """Find where each part is; every pixel belongs to exactly one.

        Args:
            editor: Runs the model that the parts were found with.
            w_plus: Resized stylemaps of the pictures.

        Returns:
            Name → mask of ones and zeros, in pixels of the image; all zeros where it is not seen.

        Raises:
            EditError: The parts are those of another model.
        """
        owner = self.label_map(editor, w_plus)
        return {
            name: (owner == index).astype(np.float32)[:, None]
            for index, name in enumerate(self.names)
        }

    def label_map(
        self, editor: AbstractEditor, w_plus: WPlus
    ) -> Int[np.ndarray, "batch size size"]:
        """Find the index of the part that each pixel belongs to.

        How well each part fits is enlarged smoothly before the best one is chosen, so borders
        are finer than the features.

        Raises:
            EditError: The parts are those of another model.
        """
        features = to_numpy(editor.features(w_plus))
        batch, channels, rows, columns = features.shape
        if channels + COORDINATES != self.centroids.shape[1]:
            raise EditError(
                f"These parts were found with a model of {self.centroids.shape[1] - COORDINATES} "
                f"features, this one has {channels}: use the parts that belong to it."
            )
        fit = describe_positions(features, self.position_weight) @ self.centroids.T
        best = np.stack([fit[:, self.owners == part].max(axis=1) for part in range(self.count)])
        maps = best.reshape(self.count, batch, rows, columns)
        size = editor.image_size
        enlarged = enlarging(rows, size) @ maps @ enlarging(columns, size).T
        return np.argmax(enlarged, axis=0)

    def merge(self, groups: Mapping[str, Sequence[str]]) -> "Parts":
        """Merge parts under new names.

        Args:
            groups: Label of a new part → names of those it is made of. Its name is its label in
                small letters, with hyphens. Every part goes somewhere.

        Raises:
            EditError: A part is missing, named twice or unknown.
        """
        given = [name for members in groups.values() for name in members]
        if sorted(given) != sorted(self.names):
            raise EditError(
                f"Each of the parts {', '.join(self.names)} must go into exactly one new part, "
                f"got {', '.join(given) or 'none'}."
            )
        target = {name: new for new, members in enumerate(groups.values()) for name in members}
        return Parts(
            names=tuple(to_name(label) for label in groups),
            labels=tuple(groups),
            centroids=self.centroids,
            owners=np.array([target[self.names[owner]] for owner in self.owners]),
            position_weight=self.position_weight,
        )

    @property
    def count(self) -> int:
        """How many parts there are."""
        return len(self.names)


def to_name(label: str) -> str:
    """Make a name of a label: `Thumb side` becomes `thumb-side`."""
    return "-".join(re.findall(r"[a-z0-9]+", label.lower()))


def describe_positions(
    features: Features, position_weight: float
) -> Float32[np.ndarray, "positions description"]:
    """Turn features into one vector of length 1 for each position, row by row, picture by picture.

    Args:
        features: As NumPy array.
        position_weight: Weight of the position beside the features, which weigh 1; rows and columns
            go from -1 to 1.
    """
    batch, channels, rows, columns = features.shape
    vectors = unit_rows(np.moveaxis(features, 1, -1).reshape(-1, channels))
    down, right = np.meshgrid(_centres(rows), _centres(columns), indexing="ij")
    position = np.stack([down.ravel(), right.ravel()], axis=1)  # (rows * columns, 2)
    positions = position_weight * np.tile(position, (batch, 1))
    return unit_rows(np.concatenate([vectors, positions], axis=1)).astype(np.float32)


def unit_rows(
    vectors: Float[np.ndarray, "count channels"],
) -> Float[np.ndarray, "count channels"]:
    """Scale every vector to length 1; those of length 0 stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)


def enlarging(length: int, size: int) -> Float32[np.ndarray, "{size} {length}"]:
    """Make the matrix that enlarges a line of values to `size` pixels, linearly."""
    position = (np.arange(size) + 0.5) * length / size - 0.5
    distance = np.abs(np.clip(position, 0, length - 1)[:, None] - np.arange(length))
    return np.maximum(1 - distance, 0).astype(np.float32)


def _centres(count: int) -> Any:
    return (np.arange(count) + 0.5) / count * 2 - 1


FORMAT = "stylemapgan-parts-1"
"""Written into every file; a change that older versions cannot read gets the next number."""
WHAT = "parts"
"""Name of the file's contents in messages."""
MAX_BYTES = 16 * 2**20
"""Largest file that is read: room for thousands of groups."""


def read_parts(path: Path) -> Parts:
    """Read a file of parts; safetensors cannot hold code.

    Raises:
        CheckpointError: The file is missing, damaged, or holds something else.
    """
    tensors, metadata = read_tensors(path, WHAT, MAX_BYTES)
    if metadata.get("format") != FORMAT:
        raise CheckpointError(
            f"{path} does not hold parts of this version: its metadata names the format "
            f"{metadata.get('format', 'nothing')!r}, expected {FORMAT!r}."
        )
    try:
        return _to_parts(metadata, tensors)
    except EditError as error:
        raise CheckpointError(f"{path}: {error}") from None
    except (KeyError, ValueError, TypeError) as error:
        raise CheckpointError(f"{path}: its contents are invalid: {error}") from None


def write_parts(path: Path, parts: Parts) -> None:
    """Write a file of parts; it appears complete or not at all.

    Raises:
        CheckpointError: The file has another suffix, or its folder is missing or protected.
    """
    metadata = {
        "format": FORMAT,
        "names": json.dumps(parts.names),
        "labels": json.dumps(parts.labels, ensure_ascii=False),
        "position_weight": json.dumps(parts.position_weight),
    }
    tensors = {
        "centroids": np.asarray(parts.centroids, dtype=np.float32),
        "owners": np.asarray(parts.owners, dtype=np.int64),
    }
    write_tensors(path, WHAT, tensors, metadata)


def _to_parts(metadata: Mapping[str, str], tensors: Mapping[str, np.ndarray]) -> Parts:
    centroids, owners = tensors["centroids"], tensors["owners"]
    if centroids.ndim != 2 or owners.ndim != 1 or not np.issubdtype(owners.dtype, np.integer):
        raise ValueError(f"centroids {centroids.shape}, owners {owners.shape} {owners.dtype}")
    if not np.isfinite(centroids).all():
        raise ValueError("centroids that are not numbers")
    return Parts(
        names=_words(metadata["names"]),
        labels=_words(metadata["labels"]),
        centroids=centroids.astype(np.float32),
        owners=owners,
        position_weight=float(json.loads(metadata["position_weight"])),
    )


def _words(text: str) -> tuple[str, ...]:
    words = json.loads(text)
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError(f"{text} is not a list of words")
    return tuple(words)
