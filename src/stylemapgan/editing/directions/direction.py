"""Directions as plain values, and the `.safetensors` files that hold them."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from stylemapgan.checkpoints.file import read_tensors, write_tensors
from stylemapgan.errors import CheckpointError, EditError
from stylemapgan.types import Array, Stylemap

Origin: TypeAlias = Literal["labels", "variance", "weights"]
"""How a direction was found."""

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MAX_LETTERS = 64
"""Longest name or label."""
NORM_TOLERANCE = 1e-3
"""How far from 1 the length of a unit vector may be, after rounding."""


@dataclass(frozen=True, kw_only=True)
class Direction:
    """A direction in stylemap space, and the length of a typical step.

    Raises:
        EditError: The name or a number is invalid.
    """

    name: str
    """What commands call it: small letters, digits and hyphens, such as `open-hand`."""
    label: str
    """What people read, such as "Open hand"."""
    normal: Array
    """The unit vector, (1, channels, rows, columns)."""
    origin: Origin
    """How it was found."""
    scale: float
    """Standard deviation of photos along it: the length of a step of amount 1."""
    accuracy: float | None = None
    """Balanced accuracy on held-out photos; guessing gives 0.5. None without labels."""

    def __post_init__(self) -> None:
        refuse_texts(self.name, self.label)
        _refuse_normal(self.name, self.normal)
        if not (math.isfinite(self.scale) and self.scale > 0):
            raise EditError(f"The direction {self.name} needs a scale above 0, got {self.scale}.")
        if self.accuracy is not None and not 0 <= self.accuracy <= 1:
            raise EditError(
                f"The accuracy of the direction {self.name} must be from 0 to 1, "
                f"got {self.accuracy}."
            )

    @property
    def step(self) -> Stylemap:
        """What `operations.push` adds to a stylemap for an amount of 1."""
        return self.scale * self.normal


def direction_named(name: str, directions: Sequence[Direction]) -> Direction:
    """Pick a direction by its name.

    Raises:
        EditError: No direction has this name.
    """
    for direction in directions:
        if direction.name == name:
            return direction
    known = ", ".join(direction.name for direction in directions)
    raise EditError(f"Unknown direction {name[:MAX_LETTERS]!r}; known are: {known}.")


def refuse_texts(name: str, label: str) -> None:
    """Require a name that commands accept, and a label of one line.

    Raises:
        EditError: The name or the label is invalid.
    """
    if len(name) > MAX_LETTERS or not NAME.fullmatch(name):
        raise EditError(
            f"A direction's name is up to {MAX_LETTERS} small letters, digits and hyphens, such "
            f"as open-hand, got {name[:MAX_LETTERS]!r}."
        )
    if len(label) > MAX_LETTERS or not label.isprintable() or not label.strip():
        raise EditError(
            f"A direction's label is one line of up to {MAX_LETTERS} letters, "
            f"got {label[:MAX_LETTERS]!r}."
        )


def _refuse_normal(name: str, normal: Array) -> None:
    if normal.ndim != 4 or normal.shape[0] != 1:
        raise EditError(
            f"The direction {name} must have the shape (1, channels, rows, columns), "
            f"got {tuple(normal.shape)}."
        )
    length = float(np.linalg.norm(np.asarray(normal, dtype=np.float64)))
    if not abs(length - 1) < NORM_TOLERANCE:  # false for NaN too
        raise EditError(f"The direction {name} must have the length 1, got {length:g}.")


FORMAT = "stylemapgan-directions-1"
"""Written into every file; a change that older versions cannot read gets the next number."""
WHAT = "directions"
"""Name of the file's contents in messages."""
MAX_BYTES = 64 * 2**20
"""Largest file that is read: room for hundreds of directions."""
FACTS: Mapping[str, tuple[type, ...]] = {
    "name": (str,),
    "label": (str,),
    "origin": (str,),
    "scale": (float,),
    "accuracy": (float, type(None)),
}
"""Field of a direction in the metadata → its types."""


def read_directions(path: Path) -> tuple[Direction, ...]:
    """Read a file of directions; safetensors cannot hold code.

    Returns:
        At least one direction; all of one size, in the order they were written.

    Raises:
        CheckpointError: The file is missing, damaged, or holds something else.
    """
    tensors, metadata = read_tensors(path, WHAT, MAX_BYTES)
    facts = _from_metadata(path, metadata)
    try:
        directions = tuple(_direction(each, tensors) for each in facts)
        _refuse_mixture(directions)
    except EditError as error:
        raise CheckpointError(f"{path}: {error}") from None
    return directions


def write_directions(path: Path, directions: Sequence[Direction]) -> None:
    """Write directions of one model; the file appears complete or not at all.

    Raises:
        CheckpointError: The file has another suffix, or its folder is missing or protected.
        EditError: There are none, two have the same name, or their sizes differ.
    """
    _refuse_mixture(directions)
    tensors = {each.name: np.asarray(each.normal, np.float32) for each in directions}
    facts = [{name: getattr(each, name) for name in FACTS} for each in directions]
    metadata = {"format": FORMAT, "directions": json.dumps(facts, ensure_ascii=False)}
    write_tensors(path, WHAT, tensors, metadata)


def _from_metadata(path: Path, metadata: Mapping[str, str]) -> list[dict[str, Any]]:
    if metadata.get("format") != FORMAT:
        raise CheckpointError(
            f"{path} does not hold directions: its metadata names the format "
            f"{metadata.get('format', 'nothing')!r}, expected {FORMAT!r}."
        )
    try:
        facts = json.loads(metadata.get("directions", ""), parse_int=float)
    except (ValueError, RecursionError):
        facts = None
    if not isinstance(facts, list) or not all(_is_complete(each) for each in facts):
        raise CheckpointError(f"{path}: its metadata is invalid; write the file again.")
    return facts


def _is_complete(facts: object) -> bool:
    return (
        isinstance(facts, dict)
        and facts.keys() == FACTS.keys()
        and all(isinstance(facts[name], kinds) for name, kinds in FACTS.items())
        and facts["origin"] in get_args(Origin)
    )


def _direction(facts: dict[str, Any], tensors: Mapping[str, np.ndarray]) -> Direction:
    if facts["name"] not in tensors:
        raise EditError(f"the direction {facts['name']!r} has no tensor.")
    return Direction(normal=tensors[facts["name"]].astype(np.float32), **facts)


def _refuse_mixture(directions: Sequence[Direction]) -> None:
    """Require directions of one model with different names."""
    if not directions:
        raise EditError("A file of directions needs at least one direction, got none.")
    names = [direction.name for direction in directions]
    if twice := [name for name in names if names.count(name) > 1]:
        raise EditError(f"Two directions have the same name: {twice[0]}.")
    sizes = {tuple(direction.normal.shape) for direction in directions}
    if len(sizes) > 1:
        raise EditError(f"Directions of one model have one size, got {sorted(sizes)}.")
