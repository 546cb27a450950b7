"""Prepare pictures for training, in any number of processes, resuming after interruptions."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from stylemapgan.config.ranges import PROCESSES
from stylemapgan.data.preparing.chunks import ChunkMaker
from stylemapgan.data.preparing.outcome import Outcome, collect, write_pictures, write_tables
from stylemapgan.data.preparing.prepare_config import PrepareConfig
from stylemapgan.data.preparing.prepare_page import REPORT, write_report
from stylemapgan.data.preparing.prepare_state import PrepareState, open_state
from stylemapgan.data.preparing.splitting import split
from stylemapgan.data.sources import AbstractSource, open_source
from stylemapgan.data.worker_pool import in_processes
from stylemapgan.errors import DataError, MissingExtraError
from stylemapgan.images.atomic import storing

OnProgress = Callable[[str, int, int], None]
"""Called with the step, the number of pictures done and of all pictures."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Summary of a finished preparation."""

    found: int
    """Pictures in the source."""
    parts: dict[str, int]
    """Pictures in each part that has any."""
    skipped: int
    """Pictures that cannot be used; `skipped.csv` says why."""
    duplicate_groups: int
    """Groups of near duplicates; `duplicates.csv` lists them."""
    duplicate_groups_across_parts: int
    """Groups with pictures in more than one part."""
    dropped: int
    """Near duplicates left out."""
    outputs: list[str]
    """Files and folders inside the output folder."""
    missing_extra: str = ""
    """Why the report page is missing; empty if it was written."""
    already: bool = False
    """Whether an earlier call had finished everything."""


def prepare(
    location: str | Path,
    out: Path,
    config: PrepareConfig | None = None,
    workers: int = 1,
    on_progress: OnProgress = lambda step, done, total: None,
) -> Prepared:
    """Crop, check and split pictures; the output appears once all of it is finished.

    A second call continues the work of a killed one. The bytes of the output depend on the
    pictures and the configuration alone.

    Args:
        location: Pictures: a folder, an archive, an LMDB data set, or shards.
        out: Folder for the output: new, empty, or of an earlier call with the same configuration.
        config: How to prepare the pictures; the defaults if not given.
        workers: Processes; scripts call this below `if __name__ == "__main__":` for more than one.
        on_progress: Called after each chunk and each written picture.

    Raises:
        DataError: There are no usable pictures, or `out` holds something else.
        MissingExtraError: A package that the location needs is not installed.
        StorageError: The disk is full or writing is denied; finished work is kept.
    """
    PROCESSES.refuse(workers, DataError)
    config = config or PrepareConfig()
    source = open_source(location)
    state = open_state(out, source, config)
    summary = state.finished()
    if summary is not None:
        return replace(Prepared(**summary), already=True)
    parts = split(source.names, config)
    try:
        with storing(out), state.at_work():
            _make_chunks(source, config, state, workers, on_progress)
            outcome = collect(source, parts, state.chunks, config)
            return _put_together(outcome, source.describe(), state, on_progress)
    except OSError as error:
        raise DataError(f"{out} cannot be prepared: {error.strerror or error}.") from error


def _make_chunks(
    source: AbstractSource,
    config: PrepareConfig,
    state: PrepareState,
    workers: int,
    report: OnProgress,
) -> None:
    """Prepare the pictures that earlier runs have not prepared."""
    maker = ChunkMaker(source, config.size, config.format, state.chunks)
    missing = state.missing_chunks(len(source))
    done = len(source) - sum(maker.pictures_in(number) for number in missing)
    report("preparing", done, len(source))
    with closing(in_processes(maker.make, missing, workers)) as finished:
        for pictures in finished:
            done += pictures
            report("preparing", done, len(source))


def _put_together(
    outcome: Outcome, source: str, state: PrepareState, report: OnProgress
) -> Prepared:
    """Write the output from the finished chunks, and summarise it."""
    if not outcome.kept:
        first = outcome.skipped[0]
        raise DataError(
            f"None of the {len(outcome.names)} pictures in {source} can be used; "
            f"the first, {first.path}, {first.reason}"
        )
    staging = state.empty_staging()
    for done in write_pictures(outcome, state.chunks, staging):
        report("writing", done, len(outcome.kept))
    write_tables(outcome, staging)
    missing_extra = ""
    try:
        write_report(outcome, state.chunks, source, staging / REPORT)
    except MissingExtraError as error:
        missing_extra = str(error)
    prepared = Prepared(
        found=len(outcome.names) + len(outcome.unsupported),
        parts=outcome.counts,
        skipped=len(outcome.skipped),
        duplicate_groups=len(outcome.groups),
        duplicate_groups_across_parts=outcome.groups_across_parts,
        dropped=len(outcome.dropped),
        outputs=sorted(path.name for path in staging.iterdir()),
        missing_extra=missing_extra,
    )
    state.publish(asdict(prepared))
    return prepared
