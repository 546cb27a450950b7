"""The outcome of preparing: which pictures are kept and where, which are skipped and why."""

import csv
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from stylemapgan.config.plain_values import spelled_out
from stylemapgan.data.abstract import Skipped
from stylemapgan.data.preparing.chunks import (
    ENCODERS,
    chunk_count,
    chunk_path,
    read_chunk,
    read_contents,
)
from stylemapgan.data.preparing.duplicates import duplicate_groups
from stylemapgan.data.preparing.forms import new_form, safe_names
from stylemapgan.data.preparing.prepare_config import PrepareConfig
from stylemapgan.data.preparing.splitting import PARTS
from stylemapgan.data.sources import AbstractSource
from stylemapgan.data.sources.folder_source import unsupported_files

SKIPPED = "skipped.csv"
DUPLICATES = "duplicates.csv"


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of each picture, in the order of the source."""

    names: tuple[str, ...]
    """As the source names them."""
    parts: list[str | None]
    problems: list[str]
    """Why a picture is skipped; empty for usable ones."""
    sizes: Int64[np.ndarray, "pictures 2"]
    """Width and height before, in pixels."""
    total: Int64[np.ndarray, "size size 3"]
    """Sum of all decoded pictures, including those without a part."""
    decoded: int
    """Number of decoded pictures."""
    groups: list[list[int]]
    """Near duplicates, by index."""
    unsupported: list[Skipped]
    """Files beside the pictures whose format is not supported."""
    config: PrepareConfig

    @cached_property
    def dropped(self) -> frozenset[int]:
        """Indices of near duplicates that are left out."""
        if not self.config.drop_duplicates:
            return frozenset()
        return frozenset(index for group in self.groups for index in group[1:])

    @cached_property
    def kept(self) -> list[int]:
        """Indices of the pictures in the parts."""
        indices = enumerate(self.problems)
        return [index for index, why in indices if not why and index not in self.dropped]

    @cached_property
    def targets(self) -> list[str]:
        """File name of each picture in its part."""
        return safe_names(self.names, ENCODERS[self.config.format][0])

    @property
    def counts(self) -> dict[str, int]:
        """Part → number of pictures, in the order of the parts."""
        found = Counter(self.parts[index] for index in self.kept)
        return {part: found[part] for part in PARTS if found[part]}

    @property
    def skipped(self) -> list[Skipped]:
        """The pictures that cannot be used, and files of unsupported formats."""
        named = zip(self.names, self.problems, strict=True)
        refused = [Skipped(name, why) for name, why in named if why]
        return [
            Skipped(spelled_out(s.path), spelled_out(s.reason))
            for s in [*refused, *self.unsupported]
        ]

    @property
    def groups_across_parts(self) -> int:
        """Number of groups of near duplicates with pictures in more than one part."""
        kept = set(self.kept)
        parts = [{self.parts[index] for index in group if index in kept} for group in self.groups]
        return sum(len(found) > 1 for found in parts)


def collect(
    source: AbstractSource, parts: list[str | None], chunks: Path, config: PrepareConfig
) -> Outcome:
    """Combine the finished chunks."""
    problems: list[str] = []
    sizes, thumbnails = [], []
    total = np.zeros((config.size, config.size, 3), np.int64)
    for number in range(chunk_count(len(source))):
        chunk = read_chunk(chunk_path(chunks, number))
        problems += chunk.problems
        sizes.append(chunk.sizes)
        thumbnails.append(chunk.thumbnails)
        total += chunk.total
    decoded = problems.count("")
    for index, part in enumerate(parts):
        if part is None:
            problems[index] = f"has no {config.split_by} in the labels."
    good = np.array([index for index, why in enumerate(problems) if not why], dtype=np.int64)
    groups = duplicate_groups(np.concatenate(thumbnails)[good], config.duplicate_distance)
    return Outcome(
        names=source.names,
        parts=parts,
        problems=problems,
        sizes=np.concatenate(sizes),
        total=total,
        decoded=decoded,
        groups=[good[group].tolist() for group in groups],
        unsupported=unsupported_files(source),
        config=config,
    )


def contents(outcome: Outcome, chunks: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the kept pictures with their indices, with one chunk in memory at a time."""
    kept = set(outcome.kept)
    index = 0
    for number in range(chunk_count(len(outcome.names))):
        for content in read_contents(chunk_path(chunks, number)):
            if index in kept:
                yield index, content
            index += 1


def write_pictures(outcome: Outcome, chunks: Path, folder: Path) -> Iterator[int]:
    """Write the parts below a folder; yield the number of pictures written."""
    form = new_form(folder, outcome.config)
    try:
        for done, (index, content) in enumerate(contents(outcome, chunks), start=1):
            part = outcome.parts[index]
            assert part is not None  # pictures without a part are not kept
            form.add(part, outcome.targets[index], content)
            yield done
    except BaseException:
        with suppress(OSError):  # archives on a full disk fail again
            form.close()
        raise
    form.close()


def write_tables(outcome: Outcome, folder: Path) -> None:
    """Write the tables of skipped pictures and of near duplicates."""
    skipped = [(each.path, each.reason) for each in outcome.skipped]
    _write_table(folder / SKIPPED, ("file", "reason"), skipped)
    duplicates = [
        (
            str(number),
            spelled_out(outcome.names[index]),
            "dropped" if index in outcome.dropped else f"{outcome.parts[index]}",
            "" if index in outcome.dropped else outcome.targets[index],
        )
        for number, group in enumerate(outcome.groups, start=1)
        for index in group
    ]
    _write_table(folder / DUPLICATES, ("group", "file", "part", "prepared"), duplicates)


def _write_table(path: Path, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(columns)
        table.writerows(rows)
