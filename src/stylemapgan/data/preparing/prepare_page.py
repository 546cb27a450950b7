"""The report page of prepared pictures."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from stylemapgan import pages
from stylemapgan.config.plain_values import spelled_out
from stylemapgan.data.abstract import Skipped
from stylemapgan.data.preparing.chunks import CHUNK, chunk_path, read_contents
from stylemapgan.data.preparing.outcome import DUPLICATES, SKIPPED, Outcome
from stylemapgan.images import contact_sheet, from_bytes, read_pixels
from stylemapgan.types import Images

REPORT = "report.html"
SHEET_SIDE = 8
"""Rows and columns of the random sheet."""
TILE = 96
"""Height and width at which pictures are shown, in pixels."""
SHOWN_GROUPS = 12
"""Groups of near duplicates on the sheet."""
SHOWN_COPIES = 6
"""Pictures of each group."""
EXAMPLES = 3
"""Files listed for each reason."""


def write_report(outcome: Outcome, chunks: Path, source: str, path: Path) -> None:
    """Write one self-contained page.

    Args:
        outcome: What became of the pictures.
        chunks: Folder of finished chunks.
        source: Description of the source.
        path: File to write.

    Raises:
        MissingExtraError: A package for reports is not installed.
    """
    blocks = [
        pages.Facts(_counts(outcome)),
        *([pages.Notice(_leak(outcome), "warning")] if outcome.groups_across_parts else []),
        pages.Heading("Pictures"),
        pages.Picture(_random_sheet(outcome, chunks), "Random sample of the prepared pictures"),
        pages.Picture(_mean(outcome), "Mean of all pictures; it is sharp where they are aligned"),
        pages.Heading("Original sizes"),
        pages.Table(("shorter side, pixels", "pictures"), _size_rows(outcome)),
        pages.Heading("Skipped"),
        *_skipped_blocks(outcome.skipped),
        pages.Heading("Near duplicates"),
        *_duplicate_blocks(outcome, chunks),
        pages.Heading("Options"),
        pages.Facts(_options(outcome)),
    ]
    pages.write_page(path, "Prepared pictures", blocks, subtitle=f"From {source}")


def reasons(skipped: Sequence[Skipped]) -> list[tuple[str, list[str]]]:
    """Group skipped files by reason, ignoring numbers in it; the most frequent first.

    Returns:
        The reason given for the first file, and all files.
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
    columns = ("reason", "files", "examples")
    return [pages.Table(columns, rows, caption=f"{SKIPPED} lists all files.")]


def _duplicate_blocks(outcome: Outcome, chunks: Path) -> list[pages.Block]:
    if not outcome.groups:
        return [pages.Paragraph("None.")]
    kept = "the first of each group is kept" if outcome.dropped else "all pictures are kept"
    caption = f"One group in each row; {kept}. {DUPLICATES} lists all groups."
    shown = [group[:SHOWN_COPIES] for group in outcome.groups[:SHOWN_GROUPS]]
    sheet = contact_sheet(
        [_tiles(group, chunks) for group in shown],
        row_titles=[spelled_out(outcome.names[group[0]]) for group in shown],
        tile=TILE,
    )
    return [pages.Picture(sheet, caption)]


def _counts(outcome: Outcome) -> dict[str, str]:
    counts = {"found": len(outcome.names) + len(outcome.unsupported), **outcome.counts}
    counts |= {
        "skipped": len(outcome.skipped),
        "groups of near duplicates": len(outcome.groups),
        "near duplicates dropped": len(outcome.dropped),
    }
    return {name: f"{count:,}" for name, count in counts.items()}


def _leak(outcome: Outcome) -> str:
    return (
        f"Groups of near duplicates in more than one part: {outcome.groups_across_parts:,}. "
        "Validation would use copies of training pictures. Drop duplicates with "
        "--drop-duplicates, or keep related pictures in one part with --split-by."
    )


def _random_sheet(outcome: Outcome, chunks: Path) -> Images:
    generator = np.random.default_rng(outcome.config.seed)
    count = min(SHEET_SIDE**2, len(outcome.kept))
    drawn = generator.choice(outcome.kept, count, replace=False)
    tiles = _tiles(np.sort(drawn).tolist(), chunks)
    rows = [tiles[first : first + SHEET_SIDE] for first in range(0, count, SHEET_SIDE)]
    return contact_sheet(rows, tile=TILE)


def _tiles(indices: Sequence[int], chunks: Path) -> list[Float32[np.ndarray, "1 3 height width"]]:
    """Read prepared pictures; ascending indices read each chunk once."""
    contents = lru_cache(maxsize=1)(read_contents)
    found = [contents(chunk_path(chunks, index // CHUNK))[index % CHUNK] for index in indices]
    return [from_bytes(read_pixels(content)[None]) for content in found]


def _mean(outcome: Outcome) -> Images:
    return from_bytes(np.rint(outcome.total / outcome.decoded).astype(np.uint8)[None])


def _size_rows(outcome: Outcome) -> list[tuple[str, str]]:
    """Count pictures by the length of their shorter side, from each power of two to the next."""
    sides = outcome.sizes.min(axis=1)
    steps = Counter(int(side).bit_length() for side in sides if side)
    return [
        (f"{2 ** (bits - 1):,} to {2**bits - 1:,}", f"{count:,}")
        for bits, count in sorted(steps.items())
    ]


def _options(outcome: Outcome) -> dict[str, str]:
    options = asdict(outcome.config)
    return {name.replace("_", " "): _option(value) for name, value in options.items()}


def _option(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)
