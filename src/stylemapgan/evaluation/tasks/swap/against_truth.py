"""Swaps of a part whose true result is known, carried out and measured against it.

Beside the methods stand two bounds: the true picture itself, and what is left of it after encoding
and decoding.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float32, Int64, UInt8

from stylemapgan.data.avatars import PARTS
from stylemapgan.data.label_maps import middle_square, read_part_map
from stylemapgan.errors import DataError
from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.data import TestData, TripleFiles
from stylemapgan.evaluation.findings import Description
from stylemapgan.evaluation.judges.attribute_classifier import (
    UNKNOWN,
    AttributeClassifier,
    AttributeJudge,
    attribute_judge,
    attribute_obstacle,
    to_values,
)
from stylemapgan.evaluation.judges.features import PictureDistance
from stylemapgan.evaluation.judges.part_segmenter import (
    PartJudge,
    part_judge,
    part_obstacle,
    where_is,
)
from stylemapgan.evaluation.tasks.abstract import with_method
from stylemapgan.evaluation.tasks.local_editing.local_edits import EditPictures, paste
from stylemapgan.images import read, read_mask
from stylemapgan.images.resizing import enlarge, shrink
from stylemapgan.methods.abstract import AbstractMethod, LabelMaps, Latent
from stylemapgan.metrics.edit_errors import (
    Shares,
    join,
    part_overlap,
    reference_errors,
    seam_visibility,
    sharpness,
)
from stylemapgan.metrics.pictures import mse
from stylemapgan.types import Images

TRUTH, RECONSTRUCTED = "the true picture", "reconstructed truth"
"""The bounds."""
Measured = Mapping[str, Mapping[str, Shares]]
"""Method or bound → measure → what each swap contributes."""
Measure = Callable[[Images], Mapping[str, Shares]]
"""Computes what results contribute to one measure, or to several that share the computation."""


@dataclass(frozen=True, eq=False)
class SwapJudges:
    """Networks that recognise what a result shows, where the data can train them."""

    attributes: AttributeJudge | None
    parts: PartJudge | None


@dataclass(frozen=True, eq=False)
class OpenedSwaps:
    """Pictures of some swaps."""

    triples: Sequence[TripleFiles]
    given: EditPictures
    """Source, reference, and where the true picture differs from the source at all."""
    truth: Images
    """The true results."""
    large: EditPictures
    """Source, reference and mask as methods get them: at `resolution`, else the same."""
    large_truth: Float32[np.ndarray, "swaps 3 length length"]
    maps: Mapping[str, UInt8[np.ndarray, "swaps _ _"]]
    """Maps of parts of `large.source`, `large.reference` and `truth`: by the names `source`,
    `reference` and `truth`; empty where there are none."""
    _latents: dict[str, tuple[Latent, Latent]] = field(default_factory=dict)
    """Encoding → source and reference: methods that share an encoding encode once."""

    def carry_out(self, context: EvaluationContext, method: AbstractMethod) -> Images:
        """Swap parts by a method."""
        if method.encoding not in self._latents:
            self._latents[method.encoding] = (
                context.encode(method, self.large.source, self.maps.get("source")),
                context.encode(method, self.large.reference, self.maps.get("reference")),
            )
        source, reference = self._latents[method.encoding]
        return context.edit(method, source, paste(reference, self.large.mask))


def swapping_methods(context: EvaluationContext) -> list[AbstractMethod]:
    """List the methods that can swap; those that need maps only where triples have maps."""
    return context.able("edits_by_mask", with_maps=context.data.has_maps_of_triples)


def choose_triples(triples: Sequence[TripleFiles], most: int) -> list[TripleFiles]:
    """Take at most so many swaps, equally many of each part; the first ones of each."""
    of_part: dict[str, list[TripleFiles]] = {}
    for triple in triples:
        of_part.setdefault(triple.part, []).append(triple)
    longest = max(map(len, of_part.values()), default=0)
    alternating = [
        found[number]
        for number in range(longest)
        for found in of_part.values()
        if number < len(found)
    ]
    return alternating[:most]


def open_swaps(context: EvaluationContext, triples: Sequence[TripleFiles]) -> OpenedSwaps:
    """Read the pictures of some swaps.

    Raises:
        DataError: A picture is missing.
    """
    size = context.image_size
    length = context.config.resolution or size
    for triple in triples:
        if not (triple.folder / "truth.png").is_file():
            raise DataError(
                f"There is no {triple.folder / 'truth.png'}: draw the triples again with "
                "`stylemapgan avatars`."
            )
    source, reference, truth = (
        np.concatenate([read(triple.folder / f"{name}.png", length) for triple in triples])
        for name in ("source", "reference", "truth")
    )
    mask = np.concatenate([read_mask(triple.folder / "mask.png", length) for triple in triples])
    given = EditPictures(*(shrink(each, size) for each in (source, reference, mask)))
    large = EditPictures(source, reference, mask)
    sizes = {"source": length, "reference": length, "truth": size}
    has_maps = context.data.has_maps_of_triples
    maps = {name: _maps(triples, name, sizes[name]) for name in sizes if has_maps}
    return OpenedSwaps(triples, given, shrink(truth, size), large, truth, maps)


def _maps(triples: Sequence[TripleFiles], picture: str, length: int) -> LabelMaps:
    files = [triple.part_map_file(picture) for triple in triples]
    return np.stack([middle_square(read_part_map(file), length) for file in files])


def find_judges(context: EvaluationContext) -> SwapJudges:
    """Train the networks that judge swaps, or load them from the cache."""
    return SwapJudges(
        attributes=None if attribute_obstacle(context.data) else attribute_judge(context),
        parts=None if part_obstacle(context.data) else part_judge(context),
    )


def measure_swaps(
    context: EvaluationContext, triples: Sequence[TripleFiles], judges: SwapJudges
) -> Measured:
    """Carry swaps out by every method and measure them."""
    batches: dict[str, list[Mapping[str, Shares]]] = {}
    for rows in context.batches(len(triples), "swapping parts"):
        opened = open_swaps(context, triples[rows])
        measures = _measures(context, judges, opened)
        for name, edited in _results(context, opened):
            small = shrink(edited, context.image_size)
            found = [measure(small) for measure in measures]
            if context.config.resolution > context.image_size:
                found.append(_large_errors(opened, edited))
            batches.setdefault(name, []).append(
                {name: each[name] for each in found for name in each}
            )
    return {
        method: {name: join([batch[name] for batch in found]) for name in found[0]}
        for method, found in batches.items()
    }


def describe_distance(distance: PictureDistance) -> Description:
    """Define a perceptual distance to the true picture."""
    return {
        "name": short_name(distance),
        "title": distance.name,
        "about": f"{distance.name} between the result and the true picture.",
        "better": "lower",
    }


def short_name(distance: PictureDistance) -> str:
    """Name a distance for programs, such as `lpips`."""
    return distance.name.split(" (")[0].lower().replace(" ", "-")


def _results(context: EvaluationContext, opened: OpenedSwaps) -> Iterator[tuple[str, Images]]:
    """Make the results of all methods, and the bounds; methods that encode photos come first."""
    methods = swapping_methods(context)
    for method in methods:
        if method.can("reconstructs"):
            yield method.name, opened.carry_out(context, method)
    for number, method in enumerate(
        context.encodings("reconstructs", with_maps=context.data.has_maps_of_triples)
    ):
        name = with_method(method.name, RECONSTRUCTED) if number else RECONSTRUCTED
        latents = context.encode(method, opened.truth, opened.maps.get("truth"))
        yield name, context.decode(method, latents)
    for method in methods:
        if not method.can("reconstructs"):
            yield method.name, opened.carry_out(context, method)
    yield TRUTH, opened.large_truth


def _measures(context: EvaluationContext, judges: SwapJudges, opened: OpenedSwaps) -> list[Measure]:
    """List the measures of the results of these swaps."""
    measures = [_errors(opened)]
    measures += [_to_truth(distance, opened.truth) for distance in context.distances]
    if judges.parts:
        measures.append(_overlap(context.data, judges.parts, opened))
    if judges.attributes:
        measures.append(_attributes(judges.attributes.classifier, opened.triples))
    return measures


def _errors(opened: OpenedSwaps) -> Measure:
    truth, mask = opened.truth, opened.given.mask
    return lambda edited: {
        "mse": _each(mse(edited, truth)),
        "mse-inside": reference_errors(edited, truth, mask),
    }


def _large_errors(opened: OpenedSwaps, edited: Images) -> dict[str, Shares]:
    """Measure at the resolution that methods got; smaller results are enlarged."""
    large = np.clip(enlarge(edited, opened.large_truth.shape[-1]), -1, 1)
    given, truth = opened.large, opened.large_truth
    return {
        "large-mse": _each(mse(large, truth)),
        "large-mse-inside": reference_errors(large, truth, given.mask),
        "large-seam": seam_visibility(large, truth, truth, given.mask),
        "large-sharpness": sharpness(large, truth, given.mask),
    }


def _to_truth(distance: PictureDistance, truth: Images) -> Measure:
    return lambda edited: {short_name(distance): _each(distance(edited, truth))}


def _each(values: np.ndarray) -> Shares:
    return Shares(values, np.ones(len(values)))


def _overlap(data: TestData, judge: PartJudge, opened: OpenedSwaps) -> Measure:
    """Compare the swapped part as found in results and in true pictures."""
    numbers = np.array([data.part_names.index(triple.part) for triple in opened.triples])
    true = where_is(numbers, judge.segmenter.segment(opened.truth))
    return lambda edited: {
        "part-iou": part_overlap(where_is(numbers, judge.segmenter.segment(edited)), true)
    }


def _attributes(classifier: AttributeClassifier, triples: Sequence[TripleFiles]) -> Measure:
    """Count the attributes that are found as expected, of those to be taken and of the others."""
    wanted, changes = wanted_values(classifier, triples)
    counting = {
        "attributes-taken": changes & (wanted != UNKNOWN),
        "attributes-kept": ~changes & (wanted != UNKNOWN),
    }

    def compare(edited: Images) -> dict[str, Shares]:
        is_right = classifier.judge(edited) == wanted
        return {
            name: Shares(
                (is_right & counts).sum(axis=1, dtype=np.float64),
                counts.sum(axis=1, dtype=np.float64),
            )
            for name, counts in counting.items()
        }

    return compare


def wanted_values(
    classifier: AttributeClassifier, triples: Sequence[TripleFiles]
) -> tuple[Int64[np.ndarray, "swaps attributes"], Bool[np.ndarray, "swaps attributes"]]:
    """Say which values true pictures have, and which of them differ from the source's."""
    names = classifier.attributes
    true = [
        {**triple.source, **{name: triple.reference[name] for name in PARTS[triple.part]}}
        for triple in triples
    ]
    words = {name: [each.get(name, "") for each in true] for name in names}
    pairs = zip(true, triples, strict=True)
    changes = [
        [each.get(name) != triple.source.get(name) for name in names] for each, triple in pairs
    ]
    wanted = to_values(classifier.vocabulary, words, len(triples))
    return wanted, np.array(changes, dtype=bool).reshape(wanted.shape)
