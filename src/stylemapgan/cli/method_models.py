"""What commands do with the model file of another method than StyleMapGAN.

Such a method sees the middle square of a photo, at the size of its own pictures.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console

from stylemapgan import images
from stylemapgan.checkpoints.method_file import is_method_file
from stylemapgan.cli.bars import Bar
from stylemapgan.cli.speaking import say_to_people
from stylemapgan.config.optimising import AS_PUBLISHED, OptimisationConfig
from stylemapgan.editing import Edit, Part
from stylemapgan.errors import EditError, MissingExtraError
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Images, Mask

if TYPE_CHECKING:
    from stylemapgan.methods.abstract import AbstractTrainedMethod, Capability


def open_able(
    model: str, capability: "Capability", limits: OptimisationConfig = AS_PUBLISHED
) -> "AbstractTrainedMethod | None":
    """Open the first method of a model file that can do what a command needs.

    Args:
        model: Name or path.
        capability: What the command needs.
        limits: How far a method that optimises goes for each photo.

    Returns:
        The method; None if the model is StyleMapGAN's.

    Raises:
        CheckpointError: The file is damaged.
        EditError: No method of the file can do it.
        MissingExtraError: PyTorch is not installed.
    """
    if not is_method_file(Path(model)):
        return None
    try:
        from stylemapgan.methods.abstract import LACKS
        from stylemapgan.methods.registry import open_file
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "PyTorch", "train") from None
    methods = open_file(Path(model))
    for method in methods:
        if method.can(capability):
            say_to_people(f"method {method.name}: {method.about}")
            return method.cut_short(limits)
    names = ", ".join(method.name for method in methods)
    raise EditError(f"{model}: {names} {LACKS[capability]}.")


def reconstruct_with(
    method: "AbstractTrainedMethod", photos: Sequence[Path]
) -> tuple[list[Images], list[Images]]:
    """Encode photos and decode them again; give both, batches of one."""
    pictures = [images.read(photo, method.image_size) for photo in photos]
    with _watched(method):
        results = method.decode(method.encode(np.concatenate(pictures)))
    return pictures, list(np.split(to_numpy(results), len(pictures)))


def generate_with(method: "AbstractTrainedMethod", count: int, psi: float, seed: int) -> Images:
    """Generate random pictures."""
    return to_numpy(method.decode(method.truncate(method.sample(count, seed), psi)))


def interpolate_with(method: "AbstractTrainedMethod", start: Path, end: Path, steps: int) -> Images:
    """Give the pictures from one photo to another, both ends included.

    Raises:
        EditError: There are fewer than two steps.
    """
    if steps < 2:
        raise EditError(f"steps must be at least 2, got {steps}.")
    pictures = [images.read(photo, method.image_size) for photo in (start, end)]
    with _watched(method):
        both = method.encode(np.concatenate(pictures))
    first, last = (both[np.repeat(np.int64(row), steps)] for row in (0, 1))
    positions = np.linspace(0, 1, steps, dtype=np.float32)
    return to_numpy(method.decode(method.interpolate(first, last, positions)))


def blend_with(
    method: "AbstractTrainedMethod", source: Images, reference: Images, mask: Mask
) -> Images:
    """Paste a part of one picture into another; all are batches of one."""
    with _watched(method):
        part = Part(reference=method.encode(reference), mask=mask)
        edited = method.edit(method.encode(source), Edit(parts=(part,)))
    return to_numpy(method.decode(edited))


@contextmanager
def _watched(method: "AbstractTrainedMethod") -> Iterator[None]:
    """Show how far a method has come with what takes long."""
    with Bar(Console()) as bar:
        method.watch(partial(bar.show, f"{method.name} computes"))
        yield
