"""Edits of portraits at their own resolution: smiles with a known truth, and exchanged parts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import numpy as np
from jaxtyping import Float32

from stylemapgan.data import spread_rows
from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import Description, Figure, Findings, share_figure
from stylemapgan.evaluation.judges.detector import DetectorConfig, detect, folds_of
from stylemapgan.evaluation.tasks.abstract import AbstractTask
from stylemapgan.evaluation.tasks.local_editing.local_edits import LEAST_EDITS, too_few_edits
from stylemapgan.evaluation.tasks.portraits.landmarks import FILE, PARTS, SIZE
from stylemapgan.evaluation.tasks.portraits.portrait_edits import (
    SMILES,
    Exchange,
    Mask,
    Picture,
    Portraits,
    carry_out,
    editing_methods,
    has_maps,
    open_portraits,
)
from stylemapgan.evaluation.tasks.portraits.sheets import portrait_sheets
from stylemapgan.methods.abstract import Capability
from stylemapgan.metrics.edit_errors import (
    Shares,
    join,
    reference_errors,
    seam_visibility,
    sharpness,
)
from stylemapgan.types import Images

FOLDS = 3
"""Detectors trained, each on two thirds of the people."""
CROP = 128
"""Height and width, in pixels, of what detectors see of a portrait: around the mask's border."""
EXCHANGED = "exchanged parts"
DESCRIPTIONS: Mapping[str, Description] = {
    "smile-error": {
        "name": "smile-error",
        "title": "Error to the true smile",
        "about": "Squared error inside the mask against the same person's smiling photograph, "
        "which is brought to the neutral one's place by turn, scale and shift of points that a "
        "smile hardly moves; over all pixels of all edits, on [-1, 1], at 512 pixels.",
        "better": "lower",
    },
    "seam": {
        "name": "seam",
        "title": "Seam visibility at 512 pixels",
        "about": "Steps between neighbours across the mask's border, as a multiple of the source's "
        "and the reference's steps there. At 1 the border is as in the photos; above 1 a seam "
        "shows; below 1 the border is washed out.",
        "better": "neither",
    },
    "sharpness": {
        "name": "sharpness",
        "title": "Sharpness at 512 pixels",
        "about": "Steps between neighbours inside the mask, as a multiple of the reference's.",
        "better": "neither",
    },
}

Measured = Mapping[str, Mapping[str, Shares]]
"""Method → measure → what each edit contributes."""


class PortraitEditing(AbstractTask):
    """Edit aligned portraits at 512 pixels."""

    name: ClassVar[str] = "portraits"
    title: ClassVar[str] = "Portraits at full resolution"
    about: ClassVar[str] = (
        "The same person's smile is put into a neutral portrait, and compared with the true "
        "smiling photograph; parts are exchanged between people, and networks that never saw these "
        "people are to detect it. All at 512 pixels, where detail shows."
    )
    needs: ClassVar[Capability | None] = "edits_by_mask"

    def has_maps(self, context: EvaluationContext) -> bool:
        """Portraits are photos of val/ and train/, and so are their maps."""
        return has_maps(context.data)

    def obstacle(self, context: EvaluationContext) -> str | None:
        """Only portraits with landmarks can be edited so."""
        if not (context.data.folder / FILE).is_file():
            return f"It needs aligned portraits with landmarks: a file {FILE} beside val/."
        if SIZE % context.image_size:
            return f"It needs a model whose size divides {SIZE}, got {context.image_size} pixels."
        portraits = open_portraits(context.data)
        people = len(portraits.people)
        if people < 2 * FOLDS:
            return (
                f"It needs at least {2 * FOLDS} people with landmarks and the columns person and "
                f"expression in labels.csv; got {people}."
            )
        return too_few_edits(context)

    def measure(self, context: EvaluationContext) -> Findings:
        """Measure smiles of unseen and of seen people, then parts exchanged between people."""
        portraits = open_portraits(context.data)
        figures = [
            figure
            for seen in (False, True)
            for figure in _smile_figures(context, portraits, seen=seen)
        ]
        config = DetectorConfig(
            folds=FOLDS, pictures_seen=context.config.detector_pictures, seed=context.config.seed
        )
        swaps = portraits.swaps(folds_of(len(portraits.people), config).tolist(), config.seed)
        swaps = [swaps[row] for row in spread_rows(len(swaps), context.config.edits)]
        figures += _swap_figures(context, portraits, swaps, config)
        return Findings(
            figures=tuple(figures),
            sheets=portrait_sheets(context, portraits),
            notes=_notes(context, portraits, len(swaps)),
            settings={"swaps": len(swaps), "folds": FOLDS, "detectors see": f"{CROP} pixels"},
        )


def _smile_figures(
    context: EvaluationContext, portraits: Portraits, *, seen: bool
) -> Iterator[Figure]:
    smiles = portraits.smiles(seen=seen)
    smiles = [smiles[row] for row in spread_rows(len(smiles), context.config.edits)]
    step = f"smiles of {'training' if seen else 'unseen'} people"
    measured: dict[str, list[dict[str, Shares]]] = {}
    if not smiles:
        return
    for row, smile in enumerate(smiles):
        context.on_progress(step, row, len(smiles))
        source, reference = portraits.picture(smile.source), portraits.picture(smile.reference)
        truth, mask = portraits.truth(smile), smile.mask
        for method in editing_methods(context):
            edited = carry_out(context, method, portraits, smile)
            found = {"smile-error": reference_errors(edited, truth, mask)}
            found |= _looks(edited, source, reference, mask)
            measured.setdefault(method.name, []).append(found)
    context.on_progress(step, len(smiles), len(smiles))
    joined = _joined(measured)
    for part in SMILES:
        rows = [row for row, smile in enumerate(smiles) if smile.part == part]
        what = f"{part}, {'training' if seen else 'unseen'} people"
        is_main = part == SMILES[0] and not seen
        yield from _figures(context, joined, smiles, rows, what, is_main=is_main)


def _looks(edited: Picture, source: Picture, reference: Picture, mask: Mask) -> dict[str, Shares]:
    return {
        "seam": seam_visibility(edited, source, reference, mask),
        "sharpness": sharpness(edited, reference, mask),
    }


def _joined(measured: Mapping[str, Sequence[Mapping[str, Shares]]]) -> Measured:
    return {
        method: {name: join([each[name] for each in found]) for name in found[0]}
        for method, found in measured.items()
    }


def _figures(  # noqa: PLR0913
    context: EvaluationContext,
    measured: Measured,
    edits: Sequence[Exchange],
    rows: Sequence[int],
    what: str,
    *,
    is_main: bool,
) -> Iterator[Figure]:
    """Make the figures of some edits by all methods."""
    if len(rows) < LEAST_EDITS:
        return
    names = tuple(edits[row].name for row in rows)
    for method, measures in measured.items():
        for measure, shares in measures.items():
            chosen = Shares(shares.numerators[rows], shares.denominators[rows])
            described: Description = {
                **DESCRIPTIONS[measure],
                "variant": f"{what}, {method}",
                "is_main": is_main and method == context.main.name,
                "methods": (method,),
            }
            if chosen.denominators.sum() > 0:
                yield share_figure(chosen, names, context.bootstrap, **described)


def _swap_figures(
    context: EvaluationContext,
    portraits: Portraits,
    swaps: Sequence[Exchange],
    config: DetectorConfig,
) -> Iterator[Figure]:
    methods = editing_methods(context)
    measured: dict[str, list[dict[str, Shares]]] = {}
    crops: dict[str, list[Images]] = {method.name: [] for method in methods}
    real: list[Images] = []
    random = np.random.default_rng(config.seed)
    for row, swap in enumerate(swaps):
        context.on_progress("exchanging parts", row, len(swaps))
        source, reference = portraits.picture(swap.source), portraits.picture(swap.reference)
        corner = border_corner(swap.mask, random)
        real.append(_crop(source, corner))
        for method in methods:
            edited = carry_out(context, method, portraits, swap)
            found = _looks(edited, source, reference, swap.mask)
            measured.setdefault(method.name, []).append(found)
            crops[method.name].append(_crop(edited, corner))
    context.on_progress("exchanging parts", len(swaps), len(swaps))
    joined = _joined(measured)
    for part in (None, *PARTS):
        rows = [row for row, swap in enumerate(swaps) if part in (None, swap.part)]
        what = EXCHANGED if part is None else f"{part} exchanged"
        yield from _figures(context, joined, swaps, rows, what, is_main=False)
    if len(swaps) >= 2 * config.folds:
        joined_crops = {name: np.concatenate(found) for name, found in crops.items()}
        yield from _detector_figures(context, np.concatenate(real), joined_crops, config)


def _detector_figures(
    context: EvaluationContext,
    photos: Images,
    crops: Mapping[str, Images],
    config: DetectorConfig,
) -> Iterator[Figure]:
    """Train detectors of each method's edits.

    Args:
        context: Methods, and where to train.
        photos: What detectors see of the sources.
        crops: Method → the same places of its edits.
        config: How detectors are trained.
    """
    shown = [each for each in editing_methods(context) if each.changes_photos]
    for number, method in enumerate(shown):
        context.on_progress("training detectors", number, len(shown))
        own = np.arange(len(photos), dtype=np.int64)
        detection = detect(photos, crops[method.name], own, config, context.device)
        yield Figure(
            name="average-precision",
            title="Average precision of trained detectors",
            estimate=detection.estimate(context.bootstrap),
            about=f"As in detectability, on {CROP} of 512 pixels around a point of the mask's "
            f"border, the same for photo and edit; guessing gives {detection.chance:.2f}.",
            better="lower",
            variant=f"{EXCHANGED}, {method.name}",
            is_main=method is context.main,
            methods=(method.name,),
        )
    context.on_progress("training detectors", len(shown), len(shown))


def border_corner(mask: Mask, random: np.random.Generator) -> tuple[int, int]:
    """Choose what detectors see: a square around a random point of the mask's border.

    Returns:
        Its upper left corner: row and column.
    """
    inside = mask[0, 0] > 0
    border = np.argwhere(inside[1:, 1:] != inside[:-1, :-1])
    row, column = border[int(random.integers(len(border)))]
    top, left = (int(np.clip(at - CROP // 2, 0, SIZE - CROP)) for at in (row, column))
    return top, left


def _crop(picture: Picture, corner: tuple[int, int]) -> Float32[np.ndarray, "1 3 128 128"]:
    top, left = corner
    return picture[..., top : top + CROP, left : left + CROP]


def _notes(context: EvaluationContext, portraits: Portraits, swaps: int) -> tuple[str, ...]:
    unseen = len({each.person for each in portraits.people if not each.is_seen})
    return (
        f"{unseen} people that the model never saw, {len(portraits.people) - unseen} that it was "
        "trained on. The two photos of a person are aligned separately, so copying the mouth is "
        "not perfect either: the true smile is registered to the neutral photo.",
        "Masks cover what either portrait shows (hair: what the reference shows), with a margin of "
        "16 or 8 pixels around the landmarks. Pictures of the model's own size are enlarged.",
        f"{swaps} exchanges, one for each person: eyes, mouth, nose, hair, inner face and half in "
        f"turn; source and reference are in the same of {FOLDS} folds, drawn by person, so that no "
        "detector was trained on either.",
        *(f"{method.name}: {method.about}" for method in editing_methods(context)),
    )
