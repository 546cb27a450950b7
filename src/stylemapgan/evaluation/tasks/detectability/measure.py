"""Whether a network that looks for edits finds them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float32, Float64, Int64

from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import Figure, Findings
from stylemapgan.evaluation.judges.detector import Detection, DetectorConfig, detect, folds_of
from stylemapgan.evaluation.tasks.abstract import AbstractTask
from stylemapgan.evaluation.tasks.detectability.sheets import detection_sheet, precision_chart
from stylemapgan.evaluation.tasks.local_editing.edits import (
    HALVES,
    SPACES,
    LocalEdits,
    copy_pixels,
    halves_of,
    open_edits,
    parts_of,
)
from stylemapgan.images.levels import from_bytes, to_bytes
from stylemapgan.metrics.intervals import Bootstrap
from stylemapgan.metrics.ranking import identities, ranks, score_once
from stylemapgan.types import Images

FOLDS = 3
"""Networks that are trained for each kind of picture, each on two thirds of the photos."""
MOST_PIXELS = 2**27
"""Of all photos together: what is compared has to be in memory at once."""
RECONSTRUCTIONS = "reconstructions"


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures to tell from photos."""

    images: Float32[np.ndarray, "pictures 3 size size"]
    sources: Int64[np.ndarray, " pictures"]
    """Which of the photos each was made of."""


class Detectability(AbstractTask):
    """Train detectors of edits, and count how often they are right."""

    name: ClassVar[str] = "detectability"
    title: ClassVar[str] = "Detectability"
    about: ClassVar[str] = (
        "Small networks learn to tell edits from photos and then judge photos they never saw. "
        "The lower their average precision, the better the edits; reconstructions say what the "
        "model gives away without editing, copied pixels what the border of the mask does."
    )

    def obstacle(self, context: EvaluationContext) -> str | None:
        """In every fold, each photo needs another one to borrow from."""
        if len(context.data) < 2 * FOLDS:
            return f"Detectors need at least {2 * FOLDS} test photos."
        return None

    def measure(self, context: EvaluationContext) -> Findings:
        """Judge edits in both spaces, and what to compare them with."""
        settings = DetectorConfig(
            folds=FOLDS, pictures_seen=context.config.detector_pictures, seed=context.config.seed
        )
        photos = choose_photos(context)
        edits = draw_edits(context, photos, settings)
        real = context.data.images(photos)
        kinds = make_pictures(context, edits, photos)
        found = _detect_all(context, real, kinds, settings)
        main = f"{kind_of(edits)}, w-plus"
        figures = [
            _figure(detection, kind, context.bootstrap, is_main=kind == main)
            for kind, detection in found.items()
        ]
        if context.cnn_detection is not None:
            figures += [
                _cnn_figure(_ask_cnn_detection(context, real, pictures), kind, context.bootstrap)
                for kind, pictures in kinds.items()
            ]
        return Findings(
            figures=tuple(figures),
            sheets=tuple(
                detection_sheet(context, edits, found[f"{kind_of(edits)}, {space}"], space)
                for space in SPACES
            ),
            charts=(precision_chart(found),),
            notes=_notes(context, edits, found[main], len(photos)),
            settings={
                "photos": len(photos),
                "folds": settings.folds,
                "pictures a step": settings.batch_size,
                "learning rate": settings.learning_rate,
            },
        )


def choose_photos(context: EvaluationContext) -> Int64[np.ndarray, " photos"]:
    """Spread at most as many photos as there are edits evenly over the data."""
    room = max(MOST_PIXELS // context.editor.image_size**2, 2 * FOLDS)
    count = min(len(context.data), max(context.config.edits, 2 * FOLDS), room)
    return np.linspace(0, len(context.data) - 1, count).round().astype(np.int64)


def draw_edits(
    context: EvaluationContext, photos: Int64[np.ndarray, " photos"], settings: DetectorConfig
) -> LocalEdits:
    """Edit each photo once; its reference is in the same fold, and every photo is one once.

    Named parts are exchanged where maps say where they are, else halves; halves, too, if so few
    photos show a named part that some detector would hardly see an edit.
    """
    folds = folds_of(len(photos), settings)
    randomness = np.random.default_rng(settings.seed)
    references = np.empty_like(photos)
    for fold in range(settings.folds):
        circle = randomness.permutation(np.flatnonzero(folds == fold))
        references[circle] = photos[np.roll(circle, 1)]
    if context.data.part_names:
        parts = parts_of(context.data, photos, references, settings.seed)
        if len(parts) >= 2 * settings.folds:
            return parts
    return halves_of(context.data, photos, references)


def make_pictures(
    context: EvaluationContext, edits: LocalEdits, photos: Int64[np.ndarray, " photos"]
) -> dict[str, Pictures]:
    """Make all that is to be told from photos."""
    methods = {**SPACES, "copy pixels": copy_pixels}
    made: dict[str, list[Images]] = {method: [] for method in methods}
    for rows in context.batches(len(edits), "editing photos"):
        opened = open_edits(context, edits, rows)
        for method, edit in methods.items():
            made[method].append(edit(context, opened))
    reconstructed = [
        context.decode(context.stylemaps[photos[rows]])
        for rows in context.batches(len(photos), "reconstructing photos")
    ]
    sources = np.searchsorted(photos, edits.sources).astype(np.int64)
    edited = {
        f"{kind_of(edits)}, {method}": Pictures(np.concatenate(images), sources)
        for method, images in made.items()
    }
    own = np.arange(len(photos), dtype=np.int64)
    return edited | {RECONSTRUCTIONS: Pictures(np.concatenate(reconstructed), own)}


def kind_of(edits: LocalEdits) -> str:
    """Say what is exchanged."""
    return "halves" if set(edits.parts) <= set(HALVES) else "parts"


def _detect_all(
    context: EvaluationContext,
    real: Images,
    kinds: Mapping[str, Pictures],
    settings: DetectorConfig,
) -> dict[str, Detection]:
    found: dict[str, Detection] = {}
    for kind, pictures in kinds.items():
        context.on_progress("training detectors", len(found), len(kinds))
        found[kind] = detect(real, pictures.images, pictures.sources, settings, context.device)
    context.on_progress("training detectors", len(kinds), len(kinds))
    return found


def _ask_cnn_detection(context: EvaluationContext, real: Images, pictures: Pictures) -> Detection:
    """Let a network judge that was trained on other models' pictures, and learns nothing here."""
    network = context.cnn_detection
    assert network is not None  # the caller looked
    levels = np.concatenate([to_bytes(real), to_bytes(pictures.images)])

    @torch.inference_mode()
    def logits_of(chosen: Int64[np.ndarray, " rows"]) -> Float64[np.ndarray, " rows"]:
        batches = context.batches(len(chosen), "asking CNNDetection")
        images = (torch.from_numpy(from_bytes(levels[chosen[rows]])) for rows in batches)
        logits = [network(batch.to(context.device)).double().cpu().numpy() for batch in images]
        return np.concatenate(logits)

    owners = np.concatenate([np.arange(len(real)), pictures.sources])
    is_edited = np.arange(len(levels)) >= len(real)
    return Detection(ranks(score_once(identities(levels), logits_of)), is_edited, owners)


def _figure(detection: Detection, kind: str, bootstrap: Bootstrap, *, is_main: bool) -> Figure:
    return Figure(
        name="average-precision",
        title="Average precision of trained detectors",
        estimate=detection.estimate(bootstrap),
        about="Sum over thresholds of precision times the gain in recall, for edits against "
        f"photos; guessing gives {detection.chance:.2f}. The idea is that of Kim et al., CVPR "
        "2021; the detector is this project's own.",
        better="lower",
        variant=kind,
        is_main=is_main,
    )


def _cnn_figure(detection: Detection, kind: str, bootstrap: Bootstrap) -> Figure:
    return Figure(
        name="cnn-detection",
        title="Average precision of CNNDetection",
        estimate=detection.estimate(bootstrap),
        about="As for trained detectors, with the network of Wang et al., CVPR 2020, which is not "
        f"trained on this model's pictures; guessing gives {detection.chance:.2f}.",
        better="lower",
        variant=kind,
    )


def _notes(
    context: EvaluationContext, edits: LocalEdits, detection: Detection, photos: int
) -> tuple[str, ...]:
    has_parts = kind_of(edits) == "parts"
    taken = "One named part" if has_parts else "A half"
    missing = (
        (f"Halves are exchanged: fewer than {2 * FOLDS} photos show a named part to exchange.",)
        if context.data.part_names and not has_parts
        else ()
    )
    return (
        *missing,
        f"Guessing gives {detection.chance:.2f}, and by luck a little more.",
        f"{photos} photos. {taken} of each is exchanged once; the other photo is in the same fold, "
        f"so that no network knows it. {FOLDS} networks a kind of picture, each of "
        f"{context.config.detector_pictures:,} pictures seen: one that learns longer finds more. "
        "Protocol: the module stylemapgan.evaluation.judges.detector.",
        "Intervals are for other photos judged by these networks; other networks, trained anew, "
        "are not in them.",
    )
