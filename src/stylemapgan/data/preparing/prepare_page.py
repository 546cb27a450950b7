"""A page that shows what became of the pictures."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from stylemapgan import pages
from stylemapgan.config.plain_values import spelled_out
from stylemapgan.data.cache import Skipped
from stylemapgan.data.preparing.chunks import CHUNK, chunk_path, read_contents
from stylemapgan.data.preparing.outcome import DUPLICATES, SKIPPED, Outcome
from stylemapgan.images import contact_sheet, from_bytes, read_pixels
from stylemapgan.types import Images

REPORT = "report.html"
SHEET_SIDE = 8
"""Rows and columns of the random sheet."""
TILE = 96
"""Height and width at which pictures show, in pixels."""
SHOWN_GROUPS = 12
"""Groups of near duplicates on their sheet."""
SHOWN_COPIES = 6
"""Pictures of each."""
EXAMPLES = 3
"""Files named for each reason."""


def write_report(outcome: Outcome, chunks: Path, place: str, path: Path) -> None:
    """Write one self-contained page.

    Args:
        outcome: What came of the pictures.
        chunks: Folder of finished chunks.
        place: What the source is called.
        path: Of the page.

    Raises:
        MissingExtraError: A package for pages is not installed.
    """
    blocks = [
        pages.Facts(_counts(outcome)),
        *([pages.Notice(_leak(outcome), "warning")] if outcome.groups_across_parts else []),
        pages.Heading("Pictures"),
        pages.Picture(_random_sheet(outcome, chunks), "Drawn at random, as prepared"),
        pages.Picture(_mean(outcome), "Mean of all pictures: sharp where they are aligned"),
        pages.Heading("Sizes before"),
        pages.Table(("shorter side", "pictures"), _size_rows(outcome)),
        pages.Heading("Skipped"),
        *_skipped_blocks(outcome.skipped),
        pages.Heading("Near duplicates"),
        *_duplicate_blocks(outcome, chunks),
        pages.Heading("Settings"),
        pages.Facts(_settings(outcome)),
    ]
    pages.write_page(path, "Prepared pictures", blocks, subtitle=f"From {place}")


def reasons(skipped: Sequence[Skipped]) -> list[tuple[str, list[str]]]:
    """Group skipped files by reason, whatever numbers it names; the most frequent first.

    Returns:
        The reason as the first file has it, and all its files.
    """
    groups: dict[str, tuple[str, list[str]]] = {}
    for each in skipped:
        alike = re.sub(r"\d+", "0", each.reason)
        groups.setdefault(alike, (each.reason, []))[1].append(each.path)
    return sorted(groups.values(), key=lambda group: -len(group[1]))


def _skipped_blocks(skipped: Sequence[Skipped]) -> list[pages.Block]:
    if not skipped:
        return [pages.Paragraph("None.")]
    rows = [
        (why, f"{len(files):,}", ", ".join(files[:EXAMPLES])) for why, files in reasons(skipped)
    ]
    columns = ("It", "pictures", "such as")
    return [pages.Table(columns, rows, caption=f"All are in {SKIPPED}.")]


def _duplicate_blocks(outcome: Outcome, chunks: Path) -> list[pages.Block]:
    if not outcome.groups:
        return [pages.Paragraph("None.")]
    fate = "Only the first of each is kept" if outcome.dropped else "All are kept"
    caption = f"A row for each group. {fate}. All groups are in {DUPLICATES}."
    shown = [group[:SHOWN_COPIES] for group in outcome.groups[:SHOWN_GROUPS]]
    sheet = contact_sheet(
        [_tiles(group, chunks) for group in shown],
        row_titles=[spelled_out(outcome.names[group[0]]) for group in shown],
        tile=TILE,
    )
    return [pages.Picture(sheet, caption)]


def _counts(outcome: Outcome) -> dict[str, str]:
    counts = {"found": len(outcome.names) + len(outcome.unread), **outcome.counts}
    counts |= {
        "skipped": len(outcome.skipped),
        "groups of near duplicates": len(outcome.groups),
        "near duplicates dropped": len(outcome.dropped),
    }
    return {name: f"{count:,}" for name, count in counts.items()}


def _leak(outcome: Outcome) -> str:
    return (
        f"Groups of near duplicates in more than one part: {outcome.groups_across_parts:,}. "
        "Validation sees pictures that are trained on: drop duplicates, or split by what they "
        "share."
    )


def _random_sheet(outcome: Outcome, chunks: Path) -> Images:
    generator = np.random.default_rng(outcome.settings.seed)
    count = min(SHEET_SIDE**2, len(outcome.kept))
    drawn = generator.choice(outcome.kept, count, replace=False)
    tiles = _tiles(np.sort(drawn).tolist(), chunks)
    rows = [tiles[first : first + SHEET_SIDE] for first in range(0, count, SHEET_SIDE)]
    return contact_sheet(rows, tile=TILE)


def _tiles(indices: Sequence[int], chunks: Path) -> list[Float32[np.ndarray, "1 3 height width"]]:
    """Read prepared pictures, each chunk once where indices ascend."""
    contents = lru_cache(maxsize=1)(read_contents)
    found = [contents(chunk_path(chunks, index // CHUNK))[index % CHUNK] for index in indices]
    return [from_bytes(read_pixels(content)[None]) for content in found]


def _mean(outcome: Outcome) -> Images:
    return from_bytes(np.rint(outcome.total / outcome.decoded).astype(np.uint8)[None])


def _size_rows(outcome: Outcome) -> list[tuple[str, str]]:
    """Count pictures by the length of their shorter side, in steps of two to one."""
    sides = outcome.sizes.min(axis=1)
    steps = Counter(int(side).bit_length() for side in sides if side)
    return [
        (f"{2 ** (bits - 1):,} to {2**bits - 1:,}", f"{count:,}")
        for bits, count in sorted(steps.items())
    ]


def _settings(outcome: Outcome) -> dict[str, str]:
    return {name.replace("_", " "): str(value) for name, value in asdict(outcome.settings).items()}
