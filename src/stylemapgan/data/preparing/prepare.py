"""Prepare pictures for training: in any number of processes, with any number of interruptions."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from stylemapgan.config.ranges import PROCESSES
from stylemapgan.data.preparing.config import PrepareConfig
from stylemapgan.data.preparing.outcome import Outcome, collect, write_pictures, write_tables
from stylemapgan.data.preparing.prepare_page import REPORT, write_report
from stylemapgan.data.preparing.splitting import split
from stylemapgan.data.preparing.state import State, marks, refuse_inside
from stylemapgan.data.preparing.work import Work
from stylemapgan.data.preparing.workers import do_here, do_in_processes
from stylemapgan.data.sources import open_source
from stylemapgan.errors import DataError, MissingExtraError
from stylemapgan.images.atomic import storing

OnProgress = Callable[[str, int, int], None]
"""Told what is going on, how many pictures are done, and of how many."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What there is now."""

    found: int
    """Pictures in the source."""
    parts: dict[str, int]
    """Pictures in each part that has any."""
    skipped: int
    """Pictures that are no use; `skipped.csv` says why."""
    duplicate_groups: int
    """Groups of near duplicates; `duplicates.csv` lists them."""
    duplicate_groups_across_parts: int
    """Those with pictures in more than one part."""
    dropped: int
    """Near duplicates that were left out."""
    outputs: list[str]
    """Files and folders inside the output folder."""
    missing_extra: str = ""
    """Why there is no report page; empty if there is one."""
    already: bool = False
    """Whether there was nothing left to do."""


def prepare(
    place: str | Path,
    out: Path,
    settings: PrepareConfig | None = None,
    workers: int = 1,
    on_progress: OnProgress | None = None,
) -> Prepared:
    """Cut, check and split pictures; the output appears when all of it is there.

    What is finished is kept when the process is killed, and a second call with the same settings
    goes on from there. The output's bytes depend on pictures and settings alone.

    Args:
        place: What `open_source` understands.
        out: Folder for the output; new, empty, or of an earlier call with the same settings.
        settings: What to make of the pictures; the defaults if not given.
        workers: Processes that share the work. With more than one, a script needs the usual
            `if __name__ == "__main__":`.
        on_progress: Told again and again.

    Raises:
        DataError: No picture can be read there, none can be used, or `out` holds something else.
        MissingExtraError: A package that the place needs is not installed.
        StorageError: The disk is full or writing is denied; what is finished is kept.
    """
    PROCESSES.refuse(workers, DataError)
    settings = settings or PrepareConfig()
    source = open_source(place)
    refuse_inside(source, out)
    state = State(out, marks(source, settings))
    summary = state.finished()
    if summary is not None:
        return replace(Prepared(**summary), already=True)
    parts = split(source.names, settings)
    report = on_progress or (lambda what, done, total: None)
    try:
        with storing(out), state.at_work():
            work = Work(source, settings.size, settings.format, state.chunks)
            _make_chunks(work, state, workers, report)
            outcome = collect(source, parts, state.chunks, settings)
            return _put_together(outcome, source.describe(), state, report)
    except OSError as error:
        raise DataError(f"{out} cannot be prepared: {error.strerror or error}.") from error


def _make_chunks(work: Work, state: State, workers: int, report: OnProgress) -> None:
    """Prepare whatever no earlier run has prepared."""
    missing = state.missing_chunks(len(work.source))
    total = len(work.source)
    done = total - sum(work.pictures_in(number) for number in missing)

    def on_done(pictures: int) -> None:
        nonlocal done
        done += pictures
        report("preparing", done, total)

    on_done(0)
    if min(workers, len(missing)) <= 1:
        do_here(work, missing, on_done)
    else:
        do_in_processes(work, missing, on_done, workers)


def _put_together(outcome: Outcome, place: str, state: State, report: OnProgress) -> Prepared:
    """Write the output from the finished chunks, and say what there is."""
    if not outcome.kept:
        first = outcome.skipped[0]
        raise DataError(
            f"None of the {len(outcome.names)} pictures in {place} can be used; "
            f"the first, {first.path}, {first.reason}"
        )
    staging = state.empty_staging()
    for done in write_pictures(outcome, state.chunks, staging):
        report("writing", done, len(outcome.kept))
    write_tables(outcome, staging)
    missing_extra = ""
    try:
        write_report(outcome, state.chunks, place, staging / REPORT)
    except MissingExtraError as error:
        missing_extra = str(error)
    prepared = Prepared(
        found=len(outcome.names) + len(outcome.unread),
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
