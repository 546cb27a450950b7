"""Apply one edit to all photos of a source, with several processes, and resume."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from stylemapgan.config.ranges import PROCESSES
from stylemapgan.data.sources import AbstractSource, open_source
from stylemapgan.data.sources.folder_source import unsupported_files
from stylemapgan.data.sources.stamps import digest_of_pictures, refuse_inside
from stylemapgan.data.worker_pool import in_processes
from stylemapgan.editing.applying.apply_config import ApplyConfig
from stylemapgan.editing.applying.manifest import Manifest, Row, Rows
from stylemapgan.editing.applying.output_names import manifest_name, output_names
from stylemapgan.editing.applying.photo_editing import PhotoEditing
from stylemapgan.editing.applying.ready_edit import make_ready
from stylemapgan.editing.applying.saved_edit import SavedEdit
from stylemapgan.editing.batch_folder import Batch, Inputs, batch_folder
from stylemapgan.editing.chosen_model import ChosenModel
from stylemapgan.errors import DataError
from stylemapgan.images import Provenance
from stylemapgan.version import package_version

APPLYING = Batch(files="edited photos", made_from="apply.json", lock=".apply.lock")
OnProgress = Callable[[int, int], None]
"""Called with the number of photos done, and of all photos."""


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What became of the photos."""

    rows: tuple[Row, ...]
    """One for each, in the order of the source."""
    now: int
    """How many of them this call worked on; earlier calls had finished the others."""
    seconds: float
    """How long that took."""

    @property
    def edited(self) -> int:
        """How many photos were edited."""
        return sum(row.is_edited for row in self.rows)

    @property
    def misfits(self) -> int:
        """How many were not; their rows say why."""
        return len(self.rows) - self.edited


def apply_edit(  # noqa: PLR0913
    saved: SavedEdit,
    location: str | Path,
    out: Path,
    model: ChosenModel,
    config: ApplyConfig,
    *,
    workers: int | None = 1,
    resume: bool = False,
    on_progress: OnProgress = lambda done, total: None,
) -> Applied:
    """Edit all photos of a source, each at its full resolution.

    Every photo is written completely or not at all, and then gets its row in `manifest.csv`. The
    photos depend on edit, model, source and configuration alone.

    Args:
        saved: What to do to each photo.
        location: Photos: a folder, an archive, an LMDB data set, or shards.
        out: Folder for the edited photos, which get the names of the photos.
        model: What edits.
        config: How.
        workers: Processes; scripts call this below `if __name__ == "__main__":` for more than one.
            None means as many as suit the model.
        resume: Continue the work of an earlier call with the same arguments.
        on_progress: Called at the start and after each photo.

    Raises:
        DataError: No photo could be edited, two would get one name, or `out` holds other files.
        EditError: The edit does not fit the model.
        ImageError: A reference or a mask cannot be used.
        MissingExtraError: A package that is needed is not installed.
        StorageError: The disk is full or writing is denied; finished photos are kept.
    """
    workers = model.processes if workers is None else workers
    PROCESSES.refuse(workers, DataError)
    source = open_source(location)
    refuse_inside(source, out)
    outputs = output_names(source.names, config.format)
    editor = model.open()
    edit = make_ready(saved, model, editor, config)
    del editor  # each worker opens its own
    editing = PhotoEditing(
        source=source,
        out=out,
        outputs=outputs,
        model=model,
        edit=edit,
        config=config,
        provenance=_provenance(saved, model, config),
    )
    with batch_folder(out, _inputs(saved, editing), APPLYING, resume=resume):
        return _edit_all(editing, workers, on_progress)


def _provenance(saved: SavedEdit, model: ChosenModel, config: ApplyConfig) -> Provenance | None:
    if not config.tag:
        return None
    settings = {"command": "apply", "edit": saved.name, "detail": config.detail}
    return Provenance(Path(model.name).name, settings)


def _inputs(saved: SavedEdit, editing: PhotoEditing) -> Inputs:
    """Describe everything that the edited photos depend on."""
    return {
        "edit": saved.digest(),
        "edit_file": saved.name,
        "model": editing.model.digest(),
        "pictures": digest_of_pictures(editing.source),
        "version": package_version(),
        **asdict(editing.config),
        **asdict(editing.model.engine_config),
    }


def _edit_all(editing: PhotoEditing, workers: int, on_progress: OnProgress) -> Applied:
    """Edit what earlier calls have not, and put the manifest in order at the end."""
    start = time.monotonic()
    manifest = Manifest(editing.out)
    names = [manifest_name(name) for name in editing.source.names]
    rows = _finished(names, manifest.read(), editing)
    missing = [index for index, name in enumerate(names) if name not in rows]
    on_progress(len(rows), len(names))
    with closing(in_processes(editing, missing, workers)) as finished:
        for row in finished:
            manifest.append(row)
            rows[row.input] = row
            on_progress(len(rows), len(names))
    ordered = _in_order(names, rows, editing.source)
    manifest.replace(ordered)
    applied = Applied(rows=ordered, now=len(missing), seconds=time.monotonic() - start)
    _refuse_misfits_only(applied, editing)
    return applied


def _finished(names: Sequence[str], known: Rows, editing: PhotoEditing) -> dict[str, Row]:
    """Find the photos that need no more work: unfit ones, and those whose result still exists."""
    return {
        name: known[name]
        for name, output in zip(names, editing.outputs, strict=True)
        if name in known and (not known[name].is_edited or (editing.out / output).is_file())
    }


def _in_order(names: Sequence[str], rows: Rows, source: AbstractSource) -> tuple[Row, ...]:
    """Sort rows as the source does, and add the files that no source reads."""
    unread = [
        Row(input=manifest_name(each.path), warning=each.reason)
        for each in unsupported_files(source)
    ]
    return (*(rows[name] for name in names), *unread)


def _refuse_misfits_only(applied: Applied, editing: PhotoEditing) -> None:
    if not applied.edited:
        first = applied.rows[0]
        raise DataError(
            f"None of the {len(applied.rows)} photos in {editing.source.describe()} could be "
            f"edited; the first, {first.input}: {first.warning}"
        )
