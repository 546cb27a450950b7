"""Bring a stylemap closer to one photo than the encoder does in one pass.

The encoder is trained for all photos; a hundred steps of gradient descent fit one. A penalty keeps
the stylemap editable: encoding the picture of w again should give w.

Source: Zhu et al., "In-Domain GAN Inversion for Real Image Editing", ECCV 2020.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.config.refining import RefineConfig
from stylemapgan.editing.checks import AnyImages, refuse_all_but_one
from stylemapgan.editing.editor import Editor
from stylemapgan.features import AbstractPerceptualDistance

__all__ = ["RefineConfig", "Refinement", "refine"]

USUAL = RefineConfig()
"""The default."""
LEAST_GAIN = 1e-3
"""Least relative decrease of the loss that counts as gain."""


@dataclass(frozen=True, kw_only=True)
class Refinement:
    """The result of refining a photo."""

    stylemap: Float[Tensor, "1 style rows columns"]
    """The best one; the encoder's own if no step improved it."""
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
        """How many steps the search took."""
        return len(self.errors) - 1


class _Measured(NamedTuple):
    loss: Tensor
    error: float


_Measure: TypeAlias = Callable[[Tensor], _Measured]


def refine(  # noqa: PLR0913 - what may be left out is all keyword
    editor: Editor,
    photo: AnyImages,
    config: RefineConfig = USUAL,
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
        config: How long to search, and what the loss weighs.
        distance: How different two pictures look, on the editor's device; without it, only the
            squared error counts.
        on_step: Called after every step with its number and the error of the best stylemap.
        should_stop: Called before every step; if true, the best stylemap so far is returned.

    Raises:
        EditError: The photo does not fit the model, or there are several.
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
            loss = error + config.in_domain * F.mse_loss(encoder(picture), stylemap)
            for judge in judges:
                loss = loss + config.perceptual * judge(picture, target).mean()
            return _Measured(loss, error.item())

        with _frozen([generator, encoder, *judges]):
            return _descend(encoder(target), measure, config, on_step, should_stop)


def _descend(
    start: Tensor,
    measure: _Measure,
    config: RefineConfig,
    on_step: Callable[[int, float], None],
    should_stop: Callable[[], bool],
) -> Refinement:
    """Descend; keep the stylemap of the lowest loss whose error does not exceed the first."""
    stylemap = start.detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([stylemap], config.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, config.steps)
    measured = measure(stylemap)
    best, best_loss, best_error = start.detach().clone(), measured.loss.item(), measured.error
    errors, last_gain = [measured.error], 0
    for step in range(1, config.steps + 1):
        if should_stop() or step - last_gain > config.patience:
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
    """Freeze all weights for a while, and restore what needed gradients before."""
    parameters = [parameter for network in networks for parameter in network.parameters()]
    needed = [parameter.requires_grad for parameter in parameters]
    for parameter in parameters:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter, requires_grad in zip(parameters, needed, strict=True):
            parameter.requires_grad_(requires_grad)
