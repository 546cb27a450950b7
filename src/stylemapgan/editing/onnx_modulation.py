"""Scales and shifts of the synthesis network, anew only where w_plus changed.

A modulation is one small convolution: each of its cells depends on the cells of w_plus that touch
it. While somebody paints, all but a few stay what they were.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Float32

from stylemapgan.editing.onnx_sessions import OnnxNetworks

Maps: TypeAlias = Float32[np.ndarray, "batch _ _ _"]
Modulations: TypeAlias = dict[str, Maps]
"""Scale and shift maps of each modulated layer, by the networks' names for them."""
Box = tuple[slice, slice]
"""Rows and columns."""

REACH = 1
"""How far a modulation looks around, in cells."""
GAP = 4 * REACH
"""Changes with at least as many cells between them are cut out one by one."""
MOST_BOXES = 8
"""More cutouts are not worth their calls."""
CORNER: Box = (slice(0, 1), slice(0, 1))
"""Stands in where a layer has fewer boxes than another."""


def modulate(networks: OnnxNetworks, w_plus: Sequence[Maps]) -> Modulations:
    """Compute all modulations, of whole stylemaps or of cutouts."""
    styles = {f"w_plus_{index}": part for index, part in enumerate(w_plus)}
    results = networks.run("modulation", styles)
    return {f"modulation_{index}": maps for index, maps in enumerate(results)}


class RememberedModulation:
    """The modulations of the last w_plus; those of the next cost only what it changed."""

    def __init__(self, networks: OnnxNetworks) -> None:
        """Remember nothing yet."""
        self._networks = networks
        self._w_plus: list[Maps] = []
        self._modulations: Modulations = {}

    def of(self, w_plus: Sequence[Maps]) -> Modulations:
        """Compute modulations equal to those of `modulate`; they are good until the next call."""
        if [part.shape for part in w_plus] != [part.shape for part in self._w_plus]:
            self._modulations = modulate(self._networks, w_plus)
            self._w_plus = [part.copy() for part in w_plus]
            return self._modulations
        changes = [
            frame((known != part).any(axis=(0, 1)))
            for known, part in zip(self._w_plus, w_plus, strict=True)
        ]
        for step in range(max(map(len, changes))):
            boxes = [each[step] if step < len(each) else CORNER for each in changes]
            self._renew(w_plus, boxes)
        for known, part, changed in zip(self._w_plus, w_plus, changes, strict=True):
            for box in changed:
                known[(..., *box)] = part[(..., *box)]
        return self._modulations

    def _renew(self, w_plus: Sequence[Maps], changed: Sequence[Box]) -> None:
        """Compute the surroundings of one box of each layer.

        They need cutouts larger still, whose own edge is right only where the stylemap ends too.
        """
        places = [_widened(box, REACH) for box in changed]
        cutouts = [_widened(box, 2 * REACH) for box in changed]
        styles = [
            np.ascontiguousarray(part[(..., *cutout)])
            for part, cutout in zip(w_plus, cutouts, strict=True)
        ]
        results = modulate(self._networks, styles).items()
        for (name, maps), place, cutout in zip(results, places, cutouts, strict=True):
            rows, columns = (
                slice(inner.start - outer.start, inner.stop - outer.start)
                for inner, outer in zip(place, cutout, strict=True)
            )
            self._modulations[name][(..., *place)] = maps[..., rows, columns]


def frame(changed: Bool[np.ndarray, "rows columns"]) -> list[Box]:
    """Put everything that changed into a few boxes."""
    whole = (slice(0, changed.shape[0]), slice(0, changed.shape[1]))
    boxes = _boxes_within(whole, changed, GAP)
    return boxes if len(boxes) <= MOST_BOXES else _boxes_within(whole, changed, changed.size)


def _boxes_within(
    place: Box, changed: Bool[np.ndarray, "rows columns"], least_gap: int
) -> list[Box]:
    """Shrink a box to what changed in it, and cut it at gaps of rows or columns, if there are."""
    lines = [
        np.flatnonzero(changed[place].any(axis=1 - axis)) + place[axis].start for axis in (0, 1)
    ]
    if not len(lines[0]):
        return []
    steps = [np.diff(line) for line in lines]
    gaps = [step.max(initial=0) for step in steps]
    rows, columns = box = [slice(int(line[0]), int(line[-1]) + 1) for line in lines]
    axis = int(gaps[1] > gaps[0])
    if gaps[axis] <= least_gap:
        return [(rows, columns)]
    cut = int(lines[axis][steps[axis].argmax()]) + 1
    found = []
    for half in (slice(box[axis].start, cut), slice(cut, box[axis].stop)):
        part = (rows, half) if axis else (half, columns)
        found += _boxes_within(part, changed, least_gap)
    return found


def _widened(box: Box, cells: int) -> Box:
    """Reach further in all directions, but not over the upper and left edge."""
    rows, columns = (slice(max(0, line.start - cells), line.stop + cells) for line in box)
    return rows, columns
