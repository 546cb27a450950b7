"""What happens to each photo: find its square, edit it, paste the edit back, write it."""

import time
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

from stylemapgan.data.sources import AbstractSource
from stylemapgan.data.worker_pool import ShouldStop, Stopped
from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.editing.applying.apply_config import ApplyConfig
from stylemapgan.editing.applying.manifest import Row, spelled
from stylemapgan.editing.applying.output_names import manifest_name
from stylemapgan.editing.applying.ready_edit import ReadyEdit
from stylemapgan.editing.chosen_model import ChosenModel
from stylemapgan.editing.framing.framed_photo import FramedPhoto, frame_photo
from stylemapgan.editing.photo import Fit, FullPhoto, fit, paste_back
from stylemapgan.editing.photo.fit import VERDICTS
from stylemapgan.editing.photo.full_photo import FORMATS
from stylemapgan.errors import ImageError
from stylemapgan.images import Provenance
from stylemapgan.images.atomic import storing, write_bytes
from stylemapgan.images.decoding import reason_of
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Images, Stylemap


@dataclass(frozen=True, kw_only=True, eq=False)
class SeenPhoto:
    """A photo as the model sees it."""

    framed: FramedPhoto
    stylemap: Stylemap
    reconstruction: Images
    fit: Fit


@dataclass(frozen=True, kw_only=True, eq=False)
class PhotoEditing:
    """Edits photos one by one; can be sent to other processes, each of which opens the model."""

    source: AbstractSource
    out: Path
    outputs: tuple[str, ...]
    """Names of the edited photos, one for each of the source."""
    model: ChosenModel
    edit: ReadyEdit
    config: ApplyConfig
    provenance: Provenance | None
    """What the files say about their origin; each adds its square."""

    @cached_property
    def editor(self) -> AbstractEditor:
        """The model, opened when the first photo needs it."""
        return self.model.open()

    def __call__(self, index: int, should_stop: ShouldStop) -> Row:
        """Edit a photo and write the result, or find out why that cannot be.

        Args:
            index: Which photo of the source.
            should_stop: Called before the steps that take long.

        Raises:
            Stopped: `should_stop` returned true; nothing was written.
            StorageError: The disk is full or writing is denied.
            MissingExtraError: OpenCV is needed and not installed.
        """
        start = time.monotonic()
        row = self._edited(index, should_stop)
        return replace(row, seconds=round(time.monotonic() - start, 2))

    def _edited(self, index: int, should_stop: ShouldStop) -> Row:
        row = Row(input=manifest_name(self.source.names[index]))
        try:
            _stop_if_asked(should_stop)
            seen = self._look(index)
            row = replace(row, square=spelled(seen.framed.square), fit=seen.fit.verdict)
            if not self._is_accepted(seen.fit):
                return replace(row, warning=seen.fit.message)
            _stop_if_asked(should_stop)
            content = self._packed(seen, self._paste(seen), self.outputs[index])
        except ImageError as error:
            return replace(row, warning=reason_of(error))
        _stop_if_asked(should_stop)
        self._write(self.outputs[index], content)
        warning = seen.fit.message if seen.fit.verdict in VERDICTS[1:] else ""
        return replace(row, output=manifest_name(self.outputs[index]), warning=warning)

    def _look(self, index: int) -> SeenPhoto:
        """Read a photo, find its square and encode it.

        Raises:
            ImageError: The photo is unreadable, or holds no face.
        """
        record, config = self.source.record(index), self.config
        framed = frame_photo(record, self.editor, config.find, refine=config.refine_square)
        stylemap = self.editor.encode(framed.picture)
        reconstruction = to_numpy(self.editor.decode(stylemap))
        return SeenPhoto(
            framed=framed,
            stylemap=stylemap,
            reconstruction=reconstruction,
            fit=fit(framed.picture, reconstruction, self.editor.typical_errors),
        )

    def _is_accepted(self, found: Fit) -> bool:
        if found.verdict == "unknown":
            return True
        return VERDICTS.index(found.verdict) <= VERDICTS.index(self.config.accept)

    def _paste(self, seen: SeenPhoto) -> FullPhoto:
        """Edit a photo and paste the edit back.

        Raises:
            ImageError: It does not show a part that the edit names.
        """
        edit = self.edit.on(seen.stylemap, self.editor)
        edited = to_numpy(self.editor.edit(seen.stylemap, edit))
        touched = edit.touched(self.editor.image_size)
        references = self.edit.placed if self.config.detail else ()
        photo, square = seen.framed.photo, seen.framed.square
        return paste_back(
            photo, square, seen.reconstruction, edited, touched, references=references
        )

    def _packed(self, seen: SeenPhoto, edited: FullPhoto, output: str) -> bytes:
        provenance = self.provenance
        if provenance is not None:
            settings = {**provenance.settings, "square": asdict(seen.framed.square)}
            provenance = replace(provenance, settings=settings)
        return edited.to_bytes(FORMATS[Path(output).suffix.lower()], provenance)

    def _write(self, output: str, content: bytes) -> None:
        path = self.out / output
        with storing(self.out):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, content)


def _stop_if_asked(should_stop: ShouldStop) -> None:
    if should_stop():
        raise Stopped
