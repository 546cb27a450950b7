"""How well the score of a reference predicts the seam of the edit.

For each portrait and each part, the whole library is ranked, and references are drawn at equal
steps from the best to the worst. Each edit is made, and its seam measured as `evaluate` does.
Spearman's correlation between score and seam says how well the ranking predicts seams: -1 is best.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
from jaxtyping import Float64, Int64
from scipy.stats import rankdata

from stylemapgan import images
from stylemapgan.editing import AbstractEditor
from stylemapgan.editing.parts import Parts
from stylemapgan.editing.suggesting import (
    Library,
    LibraryPhotos,
    Query,
    SuggestConfig,
    suggest,
)
from stylemapgan.editing.suggesting.suggesting import Scoring
from stylemapgan.metrics.edit_errors import Shares, seam_visibility
from stylemapgan.types import Images

LEAST_AREA = 0.003
"""A part that covers less of the picture than this is not seen."""

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What is measured on what."""

    editor: AbstractEditor
    parts: Parts
    library: Library
    photos: LibraryPhotos
    config: SuggestConfig
    drawn: int
    """References drawn from each ranking."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Seams:
    """How much harder edits' steps across the border are than those of the pictures."""

    photos: Shares
    """Compared with the photographs, as `evaluate` does."""
    own: Shares
    """Compared with the model's reconstructions of them, which are softer."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """A portrait, a part of it, and the seams of references."""

    portrait: str
    part: str
    scores: Float64[np.ndarray, " drawn"]
    seams: Seams
    suggested: Seams
    """Seams of the suggested references."""
    random: Seams
    """Seams of as many references drawn at random."""

    @property
    def correlation(self) -> float:
        """Spearman's correlation between score and seam, compared with the photos."""
        return _spearman(self.scores, self.seams.photos.each)

    @property
    def own_correlation(self) -> float:
        """The same, compared with reconstructions."""
        return _spearman(self.scores, self.seams.own.each)

    @property
    def deviation_correlation(self) -> float:
        """The same for how far the latter seam is from 1, in either direction."""
        return _spearman(self.scores, np.abs(np.log(self.seams.own.each)))


def _spearman(ours: Float64[np.ndarray, " drawn"], theirs: Float64[np.ndarray, " drawn"]) -> float:
    """Correlate ranks; equal values share the mean of theirs."""
    return float(np.corrcoef(rankdata(ours), rankdata(theirs))[0, 1])


def measure(
    bench: Bench, portraits: Sequence[Path], parts: Sequence[str], on_progress: OnProgress
) -> list[Measured]:
    """Measure all parts that the portraits show."""
    found = []
    for number, path in enumerate(portraits):
        on_progress(number, len(portraits))
        picture = images.read(path, bench.editor.image_size)
        stylemap = bench.editor.encode(picture)
        masks = bench.parts.masks(bench.editor, bench.editor.resize(stylemap))
        for part in parts:
            if masks[part].mean() >= LEAST_AREA:
                query = Query(stylemap=stylemap, mask=masks[part])
                found.append(_measure_part(bench, path.name, part, picture, query))
    on_progress(len(portraits), len(portraits))
    return found


def _measure_part(
    bench: Bench, portrait: str, part: str, picture: Images, query: Query
) -> Measured:
    score = Scoring(library=bench.library, query=query, config=bench.config)
    scored = score(slice(0, len(bench.library)))
    ranked = scored.best(len(scored.rows))
    drawn = np.linspace(0, len(ranked.rows) - 1, bench.drawn).round().astype(int)
    suggested = [each.row for each in suggest(bench.library, query, bench.config)]
    randomness = np.random.default_rng(crc32(f"{portrait} {part}".encode()))
    others = randomness.choice(ranked.rows, len(suggested), replace=False)
    return Measured(
        portrait=portrait,
        part=part,
        scores=ranked.score[drawn].astype(np.float64),
        seams=_seams(bench, picture, query, ranked.rows[drawn]),
        suggested=_seams(bench, picture, query, np.array(suggested)),
        random=_seams(bench, picture, query, others),
    )


def _seams(
    bench: Bench, picture: Images, query: Query, rows: Int64[np.ndarray, " references"]
) -> Seams:
    editor, library = bench.editor, bench.library
    edited, photos, decoded = [], [], []
    for row in rows.tolist():
        stylemap = editor.as_array(library.stylemap(row))
        edited.append(np.asarray(editor.blend_w_plus(query.stylemap, stylemap, query.mask)))
        photos.append(bench.photos.read(library.photo(row)).image(editor.image_size))
        decoded.append(np.asarray(editor.decode(stylemap)))
    source = np.asarray(editor.decode(query.stylemap))
    masks = np.repeat(query.mask, len(rows), axis=0)

    def seam(ours: Images, theirs: list[Images]) -> Shares:
        sources = np.repeat(ours, len(rows), axis=0)
        return seam_visibility(np.concatenate(edited), sources, np.concatenate(theirs), masks)

    return Seams(photos=seam(picture, photos), own=seam(source, decoded))
