"""The editor that runs on ONNX Runtime, without PyTorch."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias, final

import numpy as np
from jaxtyping import Bool, Float32

from stylemapgan import zoo
from stylemapgan.config import ModelConfig
from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.editing.checks import AnyImages
from stylemapgan.editing.framing.framing import Framing, framing_of
from stylemapgan.editing.onnx_sessions import OnnxNetworks
from stylemapgan.editing.operations import WPlus
from stylemapgan.errors import CheckpointError
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Array, Stylemap

Maps: TypeAlias = Float32[np.ndarray, "batch _ _ _"]
Modulations: TypeAlias = dict[str, Maps]
"""Scale and shift maps of each modulated layer, by the networks' names for them."""
Box = tuple[slice, slice]
"""Rows and columns."""

REACH = 1
"""How far a modulation reaches, in cells."""
GAP = 4 * REACH
"""Changes with at least as many cells between them are cut out one by one."""
MOST_BOXES = 8
"""Most cutouts of a layer; for more, one large box is faster."""
CORNER: Box = (slice(0, 1), slice(0, 1))
"""Fills up layers that have fewer boxes than others."""


def modulate(networks: OnnxNetworks, w_plus: Sequence[Maps]) -> Modulations:
    """Compute all modulations, of whole stylemaps or of cutouts."""
    styles = {f"w_plus_{index}": part for index, part in enumerate(w_plus)}
    results = networks.run("modulation", styles)
    return {f"modulation_{index}": maps for index, maps in enumerate(results)}


class RememberedModulation:
    """Keeps the modulations of the last w_plus, and recomputes only what the next one changes."""

    def __init__(self, networks: OnnxNetworks) -> None:
        """Start empty."""
        self._networks = networks
        self._w_plus: list[Maps] = []
        self._modulations: Modulations = {}

    def of(self, w_plus: Sequence[Maps]) -> Modulations:
        """Compute the same modulations as `modulate`; valid until the next call."""
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
    """Cover everything that changed with a few boxes."""
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


@final
class OnnxEditor(AbstractEditor):
    """Edit pictures with networks that ONNX Runtime runs on the CPU.

    Results are float32 NumPy arrays. May be used from several threads at once.
    """

    def __init__(self, networks: OnnxNetworks, framing: Framing | None = None) -> None:
        """Use these networks.

        Args:
            networks: An exported model.
            framing: How the model's photos are framed, if that was learned.

        Raises:
            CheckpointError: The folder holds no exported model.
        """
        self._networks = networks
        self._framing = framing
        self._facts = networks.facts

    @classmethod
    def load(cls, name_or_folder: str | Path, threads: int | None = None) -> "OnnxEditor":
        """Load a bundled model by its name, or an exported model by its folder.

        Args:
            name_or_folder: A bundled name, or a folder that `stylemapgan export` wrote.
            threads: How many compute; else OMP_NUM_THREADS, else one for each core.

        Raises:
            CheckpointError: The model is missing, or its files are damaged.
        """
        folder = zoo.find_onnx(name_or_folder)
        if folder is None:
            raise CheckpointError(
                f"There is no exported model {str(name_or_folder)!r}: give a folder that "
                "`stylemapgan export` wrote, or the name of a bundled model "
                f"({', '.join(zoo.BUNDLED)})."
            )
        return cls(OnnxNetworks(folder, threads), framing_of(name_or_folder))

    @property
    def config(self) -> ModelConfig:
        """Shapes of the networks."""
        return self._facts["config"]

    @property
    def typical_errors(self) -> tuple[float, ...]:
        """Reconstruction errors of photos the model never saw, from the model's files."""
        return self._facts["typical_errors"]

    @property
    def framing(self) -> Framing | None:
        """How photos of the model's kind are framed; None if that was not learned."""
        return self._framing

    @property
    def subject(self) -> str:
        """What photos show, from the model's files."""
        return self._facts["subject"]

    def as_array(self, values: Array) -> np.ndarray:
        """Turn values into float32 NumPy arrays."""
        return np.ascontiguousarray(to_numpy(values))

    def encode(self, images: AnyImages) -> np.ndarray:
        """Encode photos as stylemaps."""
        return self._networks.run("encoder", {"image": self.as_images(images)})[0]

    def resize(self, stylemaps: Stylemap) -> list[np.ndarray]:
        """Turn stylemaps into w_plus: one resized stylemap for each modulated layer."""
        return self._networks.run("resizer", {"stylemap": self.as_array(stylemaps)})

    def synthesize(self, w_plus: WPlus) -> np.ndarray:
        """Turn resized stylemaps into images."""
        return self._synthesis(w_plus, "image")

    def painter(self) -> Callable[[WPlus], np.ndarray]:
        """Give a `synthesize` that modulates anew only what changed since its last call."""
        modulation = RememberedModulation(self._networks)

        def paint(w_plus: WPlus) -> np.ndarray:
            modulations = modulation.of([self.as_array(part) for part in w_plus])
            return self._networks.run("synthesis", modulations, ["image"])[0]

        return paint

    def features(self, w_plus: WPlus) -> np.ndarray:
        """Compute the features of the synthesis network at each position."""
        return self._synthesis(w_plus, "features")

    def sample(self, count: int, seed: int = 0) -> np.ndarray:
        """Draw random stylemaps; the first ones are the same for every count and editor."""
        z = np.random.default_rng(seed).standard_normal((count, self.config.style_channels))
        return self._networks.run("mapping", {"z": self.as_array(z)})[0]

    def _synthesis(self, w_plus: WPlus, output: str) -> np.ndarray:
        """Go one by one through a batch: modulations take many times the memory of pictures."""
        styles = [self.as_array(part) for part in w_plus]
        results = []
        for start in range(len(styles[0])):
            modulations = modulate(self._networks, [part[start : start + 1] for part in styles])
            results += self._networks.run("synthesis", modulations, [output])
        return np.concatenate(results)
