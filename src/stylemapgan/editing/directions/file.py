"""Directions of one model in one `.safetensors` file: a tensor each, the rest in its metadata."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np

from stylemapgan.checkpoints.file import read_tensors, write_tensors
from stylemapgan.editing.directions.direction import Direction, Origin
from stylemapgan.errors import CheckpointError, EditError

FORMAT = "stylemapgan-directions-1"
"""Written into every file; a change that older versions cannot read gets the next number."""
WHAT = "directions"
"""How messages call what such a file holds."""
MAX_BYTES = 64 * 2**20
"""Largest file that is read: room for hundreds of directions."""
FACTS: Mapping[str, tuple[type, ...]] = {
    "name": (str,),
    "label": (str,),
    "origin": (str,),
    "scale": (float,),
    "accuracy": (float, type(None)),
}
"""What metadata says about a direction, and as what."""


def read_directions(path: Path) -> tuple[Direction, ...]:
    """Read a file of directions; no code in it is ever run.

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
            f"{path} is no file of directions: its metadata says format "
            f"{metadata.get('format', 'nothing')!r}, expected {FORMAT!r}."
        )
    try:
        facts = json.loads(metadata.get("directions", ""), parse_int=float)
    except (ValueError, RecursionError):
        facts = None
    if not isinstance(facts, list) or not all(_is_complete(each) for each in facts):
        raise CheckpointError(f"{path}: its metadata makes no sense; write the file anew.")
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
    """Let only directions of one model pass."""
    if not directions:
        raise EditError("A file of directions holds at least one direction, got none.")
    names = [direction.name for direction in directions]
    if twice := [name for name in names if names.count(name) > 1]:
        raise EditError(f"Two directions have the same name: {twice[0]}.")
    sizes = {tuple(direction.normal.shape) for direction in directions}
    if len(sizes) > 1:
        raise EditError(f"Directions of one model have one size, got {sorted(sizes)}.")
