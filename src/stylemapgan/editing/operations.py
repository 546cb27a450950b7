"""Edits of stylemaps: pure functions, no networks.

They run on NumPy arrays and on PyTorch tensors, where gradients flow through them. Inputs are
left alone. Any batch of one stands for as many as the others have.

How a mask of pixels becomes weights of cells: see `mask_cells`.
"""

from collections.abc import Sequence
from functools import cache, partial
from typing import Any, TypeAlias

from array_api_compat import array_namespace
from jaxtyping import Float

from stylemapgan.config.ranges import AMOUNT
from stylemapgan.editing.mask_cells import (
    SmallMask,
    shrink_by_coverage,
    shrink_by_max,
    shrink_by_mean,
    soften,
)
from stylemapgan.errors import EditError
from stylemapgan.types import Array, Mask

AnyStylemap: TypeAlias = Float[Any, "#batch _ _ _"]
"""A stylemap, resized or not; `_refuse_misfits` compares sizes and explains."""
WPlus: TypeAlias = Sequence[AnyStylemap]
"""Resized stylemaps, one for each modulated layer, coarse to fine."""

COARSE_LAYERS = 2
"""How many of the resized stylemaps carry coarse styles: those of the smallest resolution."""


def blend(source: AnyStylemap, reference: AnyStylemap, mask: Mask) -> AnyStylemap:
    """Put the masked part of the reference into the source.

    A cell takes the largest mask value among its pixels, so a touched cell is edited.

    Args:
        source: Stylemaps to edit.
        reference: Stylemaps to copy from.
        mask: Where to copy, in pixels of the image: 0 keeps, 1 copies exactly, between mixes.

    Raises:
        EditError: Stylemaps or mask do not fit each other.

    Source: Kim et al., CVPR 2021, section 3.3.
    """
    _refuse_misfits(source, reference)
    return _mix(source, reference, shrink_by_max(mask, *source.shape[-2:]))


def blend_w_plus(source: WPlus, reference: WPlus, mask: Mask) -> list[AnyStylemap]:
    """Put the masked part of the reference into the source, at every resolution.

    The mask is shrunk to each resolution anew, so borders are finer than those of `blend`.

    Args:
        source: Resized stylemaps to edit.
        reference: Resized stylemaps to copy from.
        mask: Where to copy, in pixels of the image: 0 keeps, 1 copies exactly, between mixes.

    Raises:
        EditError: Stylemaps or mask do not fit each other.

    Source: Kim et al., CVPR 2021, section 3.3.
    """
    shrunk = cache(partial(shrink_by_max, mask))  # layers share sizes
    return [
        _mix(ours, theirs, shrunk(*ours.shape[-2:])) for ours, theirs in _pairs(source, reference)
    ]


def transplant(  # noqa: PLR0913 - all but three have defaults
    source: WPlus,
    reference: WPlus,
    mask: Mask,
    shift: tuple[int, int] = (0, 0),
    strength: float = 1.0,
    *,
    fade: int = 0,
) -> list[AnyStylemap]:
    """Paste the masked part of the reference elsewhere in the source.

    What would land outside the image is cut off. Without a shift this is `blend_w_plus` with
    the mask times the strength; any shift, however small, takes the cells that the mask covers
    by more than half.

    Args:
        source: Resized stylemaps to edit.
        reference: Resized stylemaps to copy from.
        mask: What to take of the reference, in its pixels. A soft mask of constant value v
            does what a hard mask does at strength v.
        shift: How far it moves down and to the right, in pixels.
        strength: 0 keeps the source, 1 copies exactly, between mixes.
        fade: How far a hard border fades to either side, in pixels: 0 leaves it hard. Where a cell
            is larger than that, the border stays as it is.

    Raises:
        EditError: Stylemaps or mask do not fit each other.

    Source: Kim et al., CVPR 2021, unaligned transplantation; without a shift local editing.
    """
    shrink = shrink_by_max if tuple(shift) == (0, 0) else shrink_by_coverage

    @cache  # layers share sizes
    def shrunk(rows: int, columns: int) -> SmallMask:
        return soften(shrink(mask, rows, columns), fade * rows // mask.shape[-2])

    edited = []
    for ours, theirs in _pairs(source, reference):
        rows, columns = ours.shape[-2:]
        height, width = mask.shape[-2:]
        cells = (int(shift[0] * rows / height), int(shift[1] * columns / width))  # toward zero
        weight = strength * move(shrunk(rows, columns), cells)
        edited.append(_mix(ours, move(theirs, cells), weight))
    return edited


def mix(coarse: WPlus, fine: WPlus) -> list[AnyStylemap]:
    """Take coarse styles (pose, layout) from one picture and fine ones from another.

    The paper's "coarse" image of photos 1 and 2 is `mix(1, 2)`, its "fine" image `mix(2, 1)`.

    Raises:
        EditError: The two have different sizes.
    """
    _pairs(coarse, fine)
    batch = max(len(coarse[0]), len(fine[0]))
    chosen = [*coarse[:COARSE_LAYERS], *fine[COARSE_LAYERS:]]
    xp = array_namespace(*chosen)
    return [xp.broadcast_to(stylemap, (batch, *stylemap.shape[1:])) for stylemap in chosen]


def interpolate(start: AnyStylemap, end: AnyStylemap, position: float) -> AnyStylemap:
    """Interpolate between two stylemaps.

    Args:
        start: Stylemaps at position 0.
        end: Stylemaps at position 1.
        position: How far to go.

    Raises:
        EditError: The two have different sizes.
    """
    _refuse_misfits(start, end)
    return _mix(start, end, position)


def push(
    stylemap: AnyStylemap, step: AnyStylemap, amount: float, mask: Mask | None = None
) -> AnyStylemap:
    """Push stylemaps along a direction, everywhere or in a part of the picture.

    A cell at the mask's border takes the mean mask value of its pixels, so that the push fades
    out over the border instead of ending at the far side of a touched cell.

    Args:
        stylemap: Stylemaps to edit.
        step: What to add for an amount of 1, a batch of one.
        amount: How many steps; negative ones go the other way.
        mask: Where, in pixels of the image: 0 keeps, 1 pushes, between less. None is everywhere.

    Raises:
        EditError: Stylemaps, step or mask do not fit each other, or the amount is beyond 100.

    Source: Shen et al., "InterFaceGAN", TPAMI 2020, section 3.2; here with a mask.
    """
    _refuse_misfits(stylemap, step)
    AMOUNT.refuse(amount, EditError)
    if mask is None:
        return stylemap + amount * step
    return stylemap + amount * shrink_by_mean(mask, *stylemap.shape[-2:]) * step


def truncate(stylemap: AnyStylemap, mean: AnyStylemap, psi: float) -> AnyStylemap:
    """Move stylemaps towards their mean: less variety, more typical pictures.

    Args:
        stylemap: Stylemaps to truncate.
        mean: Mean stylemap, a batch of one.
        psi: 0 gives the mean, 1 leaves the stylemaps alone.
    """
    return mean + psi * (stylemap - mean)


def move(maps: Array, cells: tuple[int, int]) -> Array:
    """Shift the last two axes down and to the right; zeros come in, what leaves is lost."""
    moved = array_namespace(maps).zeros_like(maps)
    height, width = maps.shape[-2:]
    down, right = cells
    before = maps[..., _shown(height, -down), _shown(width, -right)]
    moved[..., _shown(height, down), _shown(width, right)] = before
    return moved


def _shown(length: int, cells: int) -> slice:
    """Find what an axis still shows after a shift; shifted back, where that was before."""
    return slice(min(max(0, cells), length), max(0, length + min(0, cells)))


def _mix(source: Array, reference: Array, weight: Array | float) -> Array:
    """Weigh two arrays so that the weights 0 and 1 copy exactly."""
    return (1 - weight) * source + weight * reference


def _pairs(source: WPlus, reference: WPlus) -> list[tuple[AnyStylemap, AnyStylemap]]:
    if len(source) != len(reference):
        raise EditError(
            f"Source and reference have {len(source)} and {len(reference)} resized stylemaps: "
            "both must come from the same model."
        )
    pairs = list(zip(source, reference, strict=True))
    for pair in pairs:
        _refuse_misfits(*pair)
    return pairs


def _refuse_misfits(source: AnyStylemap, reference: AnyStylemap) -> None:
    if source.shape[1:] != reference.shape[1:]:
        raise EditError(
            f"Stylemaps of {_describe(source)} and {_describe(reference)} do not fit: "
            "both must come from the same model."
        )


def _describe(stylemap: AnyStylemap) -> str:
    channels, rows, columns = stylemap.shape[1:]
    return f"{rows}x{columns} cells with {channels} channels"
