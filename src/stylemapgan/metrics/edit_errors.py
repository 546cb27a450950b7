"""How well a local edit keeps the source, takes the reference, and hides the border.

All figures are sums over the set divided by sums over the set, so pictures weigh as much as their
masks cover. Measures return a numerator and a denominator for every picture, and batches of any
size give the same result.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from stylemapgan.images.levels import to_numpy
from stylemapgan.metrics.intervals import DEFAULT, Bootstrap, Estimate, ratio_interval
from stylemapgan.types import Images, Mask

INSIDE = 0.5
"""From this mask value on a pixel counts as the reference's, where a border is drawn."""


@dataclass(frozen=True, eq=False)
class Shares:
    """What each picture contributes to a figure that is one sum divided by another."""

    numerators: Float64[np.ndarray, " pictures"]
    denominators: Float64[np.ndarray, " pictures"]

    @property
    def value(self) -> float:
        """The figure of the whole set; NaN where nothing was measured."""
        below = math.fsum(self.denominators)  # exact, so no order of pictures matters
        return math.fsum(self.numerators) / below if below > 0 else math.nan

    @property
    def each(self) -> Float64[np.ndarray, " pictures"]:
        """The figure of each picture alone; NaN where it has nothing to measure."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.denominators > 0, self.numerators / self.denominators, np.nan)

    def estimate(self, bootstrap: Bootstrap = DEFAULT) -> Estimate:
        """Estimate the figure, resampling pictures for its interval."""
        return ratio_interval(self.numerators, self.denominators, bootstrap)


def join(batches: Sequence[Shares]) -> Shares:
    """Concatenate batches, in their order."""
    return Shares(
        np.concatenate([batch.numerators for batch in batches]),
        np.concatenate([batch.denominators for batch in batches]),
    )


def source_errors(edited: Images, source: Images, mask: Mask) -> Shares:
    """MSE_src: squared error against the source outside the mask, over pixels and colours.

    Every pixel of the set counts alike, soft mask values as shares of a pixel: the sum of all
    squared errors divided by the number of values, on [-1, 1]. 0 where nothing outside changes.

    Source: Kim et al., CVPR 2021, section 4 - there on average over pictures or batches.
    """
    return _weighted_errors(edited, source, 1 - _float64(mask))


def reference_errors(edited: Images, reference: Images, mask: Mask) -> Shares:
    """MSE_ref: squared error against the reference inside the mask, over pixels and colours.

    Args:
        edited: Results of edits.
        reference: What they borrow, lying where it should appear (moved, if the edit moves it).
        mask: Where the reference should appear.

    Source: Kim et al., CVPR 2021, section 4 - there on average over pictures or batches.
    """
    return _weighted_errors(edited, reference, _float64(mask))


def seam_visibility(edited: Images, source: Images, reference: Images, mask: Mask) -> Shares:
    """How much harder the edit's steps are across the mask's border than those of photos.

    A step is the length of the colour difference between two neighbouring pixels, one inside and
    one outside the mask. Steps of the edited picture over all such pairs of the set, divided by
    the mean of the source's and the reference's steps at the same places. 1: the border is as
    smooth as the photos are there; 2: twice as hard, a seam; below 1: washed out. Pictures whose
    masks have no border add nothing.

    This definition is ours. Poisson blending hides a seam by the same quantity, steps across the
    border: Pérez et al., "Poisson Image Editing", SIGGRAPH 2003.

    Args:
        edited: Results of edits.
        source: Pictures that were edited.
        reference: What they borrow, lying where it should appear.
        mask: Where the reference should appear; the border runs where it crosses one half.
    """
    inside = _float64(mask) >= INSIDE
    steps = _steps_across(_float64(edited), inside)
    natural = _steps_across(_float64(source), inside)
    borrowed = _steps_across(_float64(reference), inside)
    return Shares(steps, (natural + borrowed) / 2)


def sharpness(edited: Images, reference: Images, mask: Mask) -> Shares:
    """How strong the edit's steps between neighbours inside the mask are, against the reference's.

    Steps are lengths of colour differences, summed over all pairs of neighbours that both lie
    inside. 1: as much detail as in the reference; below: blurred; above: added grain. This
    definition is ours.

    Args:
        edited: Results of edits.
        reference: What they borrow, lying where it should appear.
        mask: Where the reference should appear; cut at one half.
    """
    inside = _float64(mask) >= INSIDE
    return Shares(
        _steps_inside(_float64(edited), inside), _steps_inside(_float64(reference), inside)
    )


def part_overlap(found: Mask, true: Mask) -> Shares:
    """IoU of a part: pixels that both masks have, divided by pixels that either has.

    Masks are cut at one half. `value` is the IoU over the whole set, `each` that of every picture;
    a picture without the part in either mask adds nothing.

    Source: Jaccard 1912; over a whole set as in Everingham et al., "The PASCAL Visual Object
    Classes Challenge", IJCV 2010.
    """
    ours, theirs = _float64(found) >= INSIDE, _float64(true) >= INSIDE
    axes = (1, 2, 3)
    both, either = (ours & theirs).sum(axis=axes), (ours | theirs).sum(axis=axes)
    return Shares(both.astype(np.float64), either.astype(np.float64))


def _weighted_errors(
    edited: Images, wanted: Images, weights: Float64[np.ndarray, "masks 1 height width"]
) -> Shares:
    squared = np.square(_float64(edited) - _float64(wanted))
    weights = np.broadcast_to(weights, (len(squared), 1, *squared.shape[2:]))
    sums = (squared * weights).sum(axis=(1, 2, 3))
    return Shares(sums, squared.shape[1] * weights.sum(axis=(1, 2, 3)))


def _steps_across(
    images: Float64[np.ndarray, "batch 3 height width"],
    inside: Bool[np.ndarray, "masks 1 height width"],
) -> Float64[np.ndarray, " batch"]:
    """Sum the steps between neighbours of which one is inside, for each picture."""
    total = np.zeros(len(images))
    for axis in (2, 3):
        steps = np.sqrt(np.square(np.diff(images, axis=axis)).sum(axis=1))
        total += (steps * np.diff(inside, axis=axis)[:, 0]).sum(axis=(1, 2))
    return total


def _steps_inside(
    images: Float64[np.ndarray, "batch 3 height width"],
    inside: Bool[np.ndarray, "masks 1 height width"],
) -> Float64[np.ndarray, " batch"]:
    """Sum the steps between neighbours of which both are inside, for each picture."""
    total = np.zeros(len(images))
    for axis, both in (
        (2, inside[..., 1:, :] & inside[..., :-1, :]),
        (3, inside[..., 1:] & inside[..., :-1]),
    ):
        steps = np.sqrt(np.square(np.diff(images, axis=axis)).sum(axis=1))
        total += (steps * both[:, 0]).sum(axis=(1, 2))
    return total


def _float64(values: Images | Mask) -> Float64[np.ndarray, "..."]:
    return to_numpy(values).astype(np.float64)
