"""Encode all photos of a source, with several processes, and resume."""

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from stylemapgan.config.ranges import PROCESSES
from stylemapgan.data.sources import open_source
from stylemapgan.data.sources.stamps import digest_of_pictures, refuse_inside
from stylemapgan.data.worker_pool import in_processes
from stylemapgan.editing.batch_folder import Batch, batch_folder
from stylemapgan.editing.chosen_model import ChosenModel
from stylemapgan.editing.encoding.encode_config import EncodeConfig
from stylemapgan.editing.encoding.on_ray import on_ray
from stylemapgan.editing.encoding.part_maker import Part, PartMaker
from stylemapgan.editing.encoding.stylemap_files import count_rows, first_problem, part_path
from stylemapgan.editing.framing import finder_of_many
from stylemapgan.errors import DataError
from stylemapgan.version import package_version

ENCODING = Batch(files="encoded photos", made_from="_encode.json", lock=".encode.lock")
OnProgress = Callable[[int, int], None]
"""Called with the number of photos done, and of all photos."""
Make = Callable[[Sequence[int]], Generator[Part]]
"""Writes files by their numbers."""


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """What became of the photos."""

    photos: int
    encoded: int
    now: int
    """How many of the photos this call worked on; earlier calls had finished the others."""
    seconds: float
    """How long that took."""

    @property
    def left_out(self) -> int:
        """How many photos were not encoded; their rows say why."""
        return self.photos - self.encoded


def encode_photos(  # noqa: PLR0913
    location: str | Path,
    out: Path,
    model: ChosenModel,
    config: EncodeConfig,
    *,
    workers: int | None = 1,
    ray: str | None = None,
    resume: bool = False,
    on_progress: OnProgress = lambda done, total: None,
) -> Encoded:
    """Encode all photos of a source into Parquet files; see `stylemap_files` for their columns.

    Every file is written completely or not at all, and holds one row for each of its photos. Files
    depend on model, source and configuration alone.

    Args:
        location: Photos: a folder, an archive, an LMDB data set, or shards.
        out: Folder for the files.
        model: What encodes.
        config: How.
        workers: Processes; scripts call this below `if __name__ == "__main__":` for more than one.
            None means as many as suit the model, or as a cluster has room for.
        ray: Address of a Ray cluster that does the work, see `on_ray`; this machine if None.
        resume: Continue the work of an earlier call with the same arguments.
        on_progress: Called at the start and after each file.

    Raises:
        DataError: No photo could be encoded, `out` holds other files, or there is no such cluster.
        MissingExtraError: A package that is needed is not installed.
        StorageError: The disk is full or writing is denied; finished files are kept.
    """
    if workers is not None:
        PROCESSES.refuse(workers, DataError)
    source = open_source(location)
    refuse_inside(source, out)
    about = {
        "name": model.name,
        "model": model.digest(),
        "version": package_version(),
        "find": finder_of_many(config.find, model.open().subject),
    }
    maker = PartMaker(source=source, out=out, model=model, config=config, about=about)
    inputs = {
        **asdict(config),
        **about,
        "pictures": digest_of_pictures(source),
        **asdict(model.engine_config),
    }
    with batch_folder(out, inputs, ENCODING, resume=resume):
        if ray is None:
            here = model.processes if workers is None else workers
            make = partial(in_processes, maker, workers=here)
        else:
            make = partial(on_ray, maker, address=ray, workers=workers)
        return _encode_all(maker, make, on_progress)


def _encode_all(maker: PartMaker, make: Make, on_progress: OnProgress) -> Encoded:
    """Write the files that earlier calls have not."""
    start = time.monotonic()
    parts = [_finished(maker, number) for number in range(maker.parts)]
    missing = [number for number, part in enumerate(parts) if part is None]
    total = len(maker.source)
    now = sum(len(maker.indices(number)) for number in missing)
    done = total - now
    on_progress(done, total)
    with closing(make(missing)) as made:
        for part in made:
            parts[part.number] = part
            done += part.photos
            on_progress(done, total)
    encoded = sum(part.encoded for part in parts if part is not None)
    if not encoded:
        raise DataError(
            f"None of the {total} photos in {maker.source.describe()} could be encoded; the "
            f"first: {first_problem(part_path(maker.out, 0))}"
        )
    seconds = time.monotonic() - start
    return Encoded(photos=total, encoded=encoded, now=now, seconds=seconds)


def _finished(maker: PartMaker, number: int) -> Part | None:
    """Say what a file holds that an earlier call wrote; None if there is none."""
    path = part_path(maker.out, number)
    if not path.is_file():
        return None
    photos, encoded = count_rows(path)
    return Part(number, photos, encoded)
