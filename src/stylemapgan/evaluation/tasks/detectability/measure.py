"""Whether a network that is trained to detect edits finds them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float32, Float64, Int64

from stylemapgan.data import spread_rows
from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import Figure, Findings
from stylemapgan.evaluation.judges.detector import (
    Detection,
    DetectorConfig,
    detect,
    folds_of,
    identities,
    ranks,
    score_once,
)
from stylemapgan.evaluation.tasks.abstract import AbstractTask, with_method
from stylemapgan.evaluation.tasks.detectability.sheets import detection_sheet, precision_chart
from stylemapgan.evaluation.tasks.local_editing.local_edits import (
    HALVES,
    LocalEdits,
    halves_of,
    parts_of,
)
from stylemapgan.evaluation.tasks.local_editing.sheets import shown_methods
from stylemapgan.images.levels import from_bytes, to_bytes
from stylemapgan.methods.abstract import Capability
from stylemapgan.metrics.intervals import Bootstrap
from stylemapgan.types import Images

FOLDS = 3
"""Networks trained for each kind of picture, each on two thirds of the photos."""
MOST_PIXELS = 2**27
"""Pixels of all photos together: what is compared must fit into memory at once."""
RECONSTRUCTIONS = "reconstructions"


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures to tell from photos."""

    images: Float32[np.ndarray, "pictures 3 size size"]
    sources: Int64[np.ndarray, " pictures"]
    """The photo that each was made from."""
    methods: tuple[str, ...] = ()
    """The methods that made them."""


class Detectability(AbstractTask):
    """Train detectors of edits, and measure their average precision."""

    name: ClassVar[str] = "detectability"
    title: ClassVar[str] = "Detectability"
    about: ClassVar[str] = (
        "Small networks are trained to detect edits, and then judge photos and edits they never "
        "saw. The lower their average precision, the better the edits. Reconstructions show how "
        "detectable a method is without editing, copied pixels how detectable the mask's border is."
    )
    needs: ClassVar[Capability | None] = "edits_by_mask"

    def obstacle(self, context: EvaluationContext) -> str | None:
        """In every fold, each photo needs a reference."""
        if len(context.data) < 2 * FOLDS:
            return f"Detectors need at least {2 * FOLDS} test photos, got {len(context.data)}."
        return None

    def measure(self, context: EvaluationContext) -> Findings:
        """Detect edits of every method, and what to compare them with."""
        config = DetectorConfig(
            folds=FOLDS, pictures_seen=context.config.detector_pictures, seed=context.config.seed
        )
        photos = choose_photos(context)
        edits = draw_edits(context, photos, config)
        real = context.data.images(photos)
        kinds = make_pictures(context, edits, photos)
        found = _detect_all(context, real, kinds, config)
        main = _main_kind(context, kinds)
        figures = [
            _figure(detection, kind, kinds[kind].methods, context.bootstrap, is_main=kind == main)
            for kind, detection in found.items()
        ]
        if context.cnn_detection is not None:
            figures += [
                _cnn_figure(
                    _ask_cnn_detection(context, real, pictures),
                    kind,
                    pictures.methods,
                    context.bootstrap,
                )
                for kind, pictures in kinds.items()
            ]
        return Findings(
            figures=tuple(figures),
            sheets=tuple(
                detection_sheet(context, edits, found[f"{kind_of(edits)}, {each.name}"], each)
                for each in shown_methods(context)
                if each.can("reconstructs")
            ),
            charts=(precision_chart(found),),
            notes=_notes(context, edits, found[main], len(photos)),
            settings={
                "photos": len(photos),
                "folds": config.folds,
                "pictures a step": config.batch_size,
                "learning rate": config.learning_rate,
            },
            left_out={
                each.name: "leaves photos as they are: there is nothing to detect"
                for each in context.able("edits_by_mask")
                if not each.changes_photos
            },
        )


def choose_photos(context: EvaluationContext) -> Int64[np.ndarray, " photos"]:
    """Choose at most as many photos as there are edits, spread evenly over the data."""
    room = max(MOST_PIXELS // context.image_size**2, 2 * FOLDS)
    return spread_rows(len(context.data), min(max(context.config.edits, 2 * FOLDS), room))


def draw_edits(
    context: EvaluationContext, photos: Int64[np.ndarray, " photos"], config: DetectorConfig
) -> LocalEdits:
    """Edit each photo once; its reference is in the same fold, and every photo is one once.

    Named parts are exchanged where maps of parts are known, else halves; halves also if so few
    photos show a named part that some detector would hardly see an edit.
    """
    folds = folds_of(len(photos), config)
    randomness = np.random.default_rng(config.seed)
    references = np.empty_like(photos)
    for fold in range(config.folds):
        circle = randomness.permutation(np.flatnonzero(folds == fold))
        references[circle] = photos[np.roll(circle, 1)]
    if context.data.part_names:
        parts = parts_of(context.data, photos, references, config.seed)
        if len(parts) >= 2 * config.folds:
            return parts
    return halves_of(context.data, photos, references)


def make_pictures(
    context: EvaluationContext, edits: LocalEdits, photos: Int64[np.ndarray, " photos"]
) -> dict[str, Pictures]:
    """Make all pictures to detect: edits of every method, and reconstructions."""
    methods = shown_methods(context)
    made: dict[str, list[Images]] = {method.name: [] for method in methods}
    for rows in context.batches(len(edits), "editing photos"):
        for method in methods:
            made[method.name].append(edits.carry_out(context, method, rows))
    sources = np.searchsorted(photos, edits.sources).astype(np.int64)
    found = {
        f"{kind_of(edits)}, {method}": Pictures(np.concatenate(images), sources, (method,))
        for method, images in made.items()
    }
    own = np.arange(len(photos), dtype=np.int64)
    for number, method in enumerate(context.encodings("reconstructs")):
        latents = context.latents(method)
        reconstructed = [
            context.decode(method, latents[photos[rows]])
            for rows in context.batches(len(photos), "reconstructing photos")
        ]
        kind = with_method(method.name, RECONSTRUCTIONS) if number else RECONSTRUCTIONS
        found[kind] = Pictures(np.concatenate(reconstructed), own, context.sharing(method))
    return found


def kind_of(edits: LocalEdits) -> str:
    """Name what is exchanged: halves or parts."""
    return "halves" if set(edits.parts) <= set(HALVES) else "parts"


def _main_kind(context: EvaluationContext, kinds: Mapping[str, Pictures]) -> str:
    """Choose the edits of the main method; the first ones if it does not edit."""
    own = (kind for kind, each in kinds.items() if each.methods == (context.main.name,))
    return next(own, next(iter(kinds)))


def _detect_all(
    context: EvaluationContext,
    real: Images,
    kinds: Mapping[str, Pictures],
    config: DetectorConfig,
) -> dict[str, Detection]:
    found: dict[str, Detection] = {}
    for kind, pictures in kinds.items():
        context.on_progress("training detectors", len(found), len(kinds))
        found[kind] = detect(real, pictures.images, pictures.sources, config, context.device)
    context.on_progress("training detectors", len(kinds), len(kinds))
    return found


def _ask_cnn_detection(context: EvaluationContext, real: Images, pictures: Pictures) -> Detection:
    """Let a network judge that was trained on other models' pictures, not on these."""
    network = context.cnn_detection
    assert network is not None  # the caller looked
    levels = np.concatenate([to_bytes(real), to_bytes(pictures.images)])

    @torch.inference_mode()
    def logits_of(chosen: Int64[np.ndarray, " rows"]) -> Float64[np.ndarray, " rows"]:
        batches = context.batches(len(chosen), "running CNNDetection")
        images = (torch.from_numpy(from_bytes(levels[chosen[rows]])) for rows in batches)
        logits = [network(batch.to(context.device)).double().cpu().numpy() for batch in images]
        return np.concatenate(logits)

    owners = np.concatenate([np.arange(len(real)), pictures.sources])
    is_edited = np.arange(len(levels)) >= len(real)
    return Detection(ranks(score_once(identities(levels), logits_of)), is_edited, owners)


def _figure(
    detection: Detection,
    kind: str,
    methods: tuple[str, ...],
    bootstrap: Bootstrap,
    *,
    is_main: bool,
) -> Figure:
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
        methods=methods,
    )


def _cnn_figure(
    detection: Detection, kind: str, methods: tuple[str, ...], bootstrap: Bootstrap
) -> Figure:
    return Figure(
        name="cnn-detection",
        title="Average precision of CNNDetection",
        estimate=detection.estimate(bootstrap),
        about="As for trained detectors, but with the network of Wang et al., CVPR 2020, which is "
        f"not trained on these pictures; guessing gives {detection.chance:.2f}.",
        better="lower",
        variant=kind,
        methods=methods,
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
        f"Guessing gives {detection.chance:.2f}, and on few pictures by chance slightly more.",
        f"{photos} photos. {taken} of each is exchanged once; source and reference are in the same "
        f"fold, so that no network was trained on either. {FOLDS} networks for each kind of "
        f"picture see {context.config.detector_pictures:,} training pictures each; longer training "
        "detects more. The module stylemapgan.evaluation.judges.detector defines the protocol.",
        "Intervals cover other photos judged by these networks, not other networks trained anew.",
    )
