"""Bring a stylemap closer to one photo than the encoder does in one pass.

The encoder has to serve every photo; a hundred steps of gradient descent serve this one. What
keeps the stylemap editable is a pull towards stylemaps that the encoder itself gives: the picture
of w, encoded again, should be w.

Source: Zhu et al., "In-Domain GAN Inversion for Real Image Editing", ECCV 2020.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeAlias

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.checkpoints.file import write_tensors
from stylemapgan.config.refining import RefineConfig
from stylemapgan.editing.checks import AnyImages, refuse_all_but_one
from stylemapgan.editing.editor import Editor
from stylemapgan.features import AbstractPerceptualDistance
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Stylemap

__all__ = ["RefineConfig", "Refinement", "refine"]

USUAL = RefineConfig()
"""How to refine if nothing else is said."""
LEAST_GAIN = 1e-3
"""Share of the loss that has to go for a step to count as gain."""


@dataclass(frozen=True, kw_only=True)
class Refinement:
    """What refining a photo gave."""

    stylemap: Float[Tensor, "1 style rows columns"]
    """The best one; the encoder's own where nothing was better."""
    errors: tuple[float, ...]
    """Mean squared error on [-1, 1]: of the encoder's stylemap, then after every step."""
    error_after: float
    """That of the best stylemap; never above the first."""

    @property
    def error_before(self) -> float:
        """Mean squared error of the encoder's own stylemap."""
        return self.errors[0]

    @property
    def steps(self) -> int:
        """Steps that were made."""
        return len(self.errors) - 1


class _Measured(NamedTuple):
    loss: Tensor
    error: float


_Measure: TypeAlias = Callable[[Tensor], _Measured]


def refine(  # noqa: PLR0913 - what may be left out is all keyword
    editor: Editor,
    photo: AnyImages,
    settings: RefineConfig = USUAL,
    *,
    distance: AbstractPerceptualDistance | None = None,
    on_step: Callable[[int, float], None] = lambda step, error: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Refinement:
    """Find a stylemap whose picture is nearer to the photo than the encoder's.

    Only the stylemap changes; the networks stay as they are. It computes in float32 whatever
    the editor's precision.

    Args:
        editor: Runs the model.
        photo: One photo.
        settings: How long, and what counts.
        distance: How different two pictures look, on the editor's device; without it, only the
            squared error counts.
        on_step: Told after every step how many there were and the error of the best stylemap.
        should_stop: Asked before every step; the best until then is returned.

    Raises:
        EditError: The photo does not fit the model, or is more than one.
    """
    refuse_all_but_one(photo)
    with torch.inference_mode(False), torch.enable_grad():
        target = editor.as_images(photo).clone()
        networks = editor.networks
        generator, encoder = networks.generator, networks.encoder
        judges = [] if distance is None else [distance]

        def measure(stylemap: Tensor) -> _Measured:
            picture = generator.synthesize(stylemap)
            error = F.mse_loss(picture, target)
            loss = error + settings.in_domain * F.mse_loss(encoder(picture), stylemap)
            for judge in judges:
                loss = loss + settings.perceptual * judge(picture, target).mean()
            return _Measured(loss, error.item())

        with _frozen([generator, encoder, *judges]):
            return _descend(encoder(target), measure, settings, on_step, should_stop)


def _descend(
    start: Tensor,
    measure: _Measure,
    settings: RefineConfig,
    on_step: Callable[[int, float], None],
    should_stop: Callable[[], bool],
) -> Refinement:
    """Follow the gradient; keep the stylemap of the lowest loss that is no worse in error."""
    stylemap = start.detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([stylemap], settings.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, settings.steps)
    measured = measure(stylemap)
    best, best_loss, best_error = start.detach().clone(), measured.loss.item(), measured.error
    errors, last_gain = [measured.error], 0
    for step in range(1, settings.steps + 1):
        if should_stop() or step - last_gain > settings.patience:
            break
        (stylemap.grad,) = torch.autograd.grad(measured.loss, stylemap)
        optimizer.step()
        schedule.step()
        measured = measure(stylemap)
        errors.append(measured.error)
        loss = measured.loss.item()
        if loss < best_loss and measured.error <= errors[0]:
            last_gain = step if loss < (1 - LEAST_GAIN) * best_loss else last_gain
            best, best_loss, best_error = stylemap.detach().clone(), loss, measured.error
        on_step(step, best_error)
    return Refinement(stylemap=best, errors=tuple(errors), error_after=best_error)


@contextmanager
def _frozen(networks: Sequence[nn.Module]) -> Iterator[None]:
    """Let no gradient flow into weights; afterwards they take gradients as they did before."""
    parameters = [parameter for network in networks for parameter in network.parameters()]
    needed = [parameter.requires_grad for parameter in parameters]
    for parameter in parameters:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter, requires_grad in zip(parameters, needed, strict=True):
            parameter.requires_grad_(requires_grad)


WHAT = "stylemaps"
"""How messages call what such a file holds."""


def write_stylemap(path: Path, stylemap: Stylemap, model: str) -> None:
    """Write one stylemap; the file appears complete or not at all.

    Args:
        path: Where to.
        stylemap: A batch of one.
        model: Name of its model; goes into the metadata.

    Raises:
        CheckpointError: The file has another suffix, or its folder is missing or protected.
    """
    write_tensors(path, WHAT, {"stylemap": to_numpy(stylemap)}, {"model": model})
