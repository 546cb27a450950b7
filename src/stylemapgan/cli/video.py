"""`stylemapgan video`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import ArgumentCollection, Group, Parameter
from rich.console import Console

from stylemapgan import zoo
from stylemapgan.cli.bars import Bar
from stylemapgan.cli.edit_files import model_of
from stylemapgan.cli.options import ON_THE_CPU, Box, EngineOptions
from stylemapgan.cli.own_photo import SquareOption
from stylemapgan.cli.speaking import goes_on_after_ctrl_c, say
from stylemapgan.editing import Edit, Part
from stylemapgan.editing.applying import ChosenModel, SavedEdit, SavedPicture, read_edit
from stylemapgan.editing.clips import ClipConfig, EditedClip, edit_clip
from stylemapgan.editing.edit_masks import BoxMask, EditMask, PartMask, PngMask
from stylemapgan.editing.photo import known_square
from stylemapgan.errors import EditError
from stylemapgan.images.decoding import file_bytes

HOW = "Run the same command with --resume to continue."


def _need_exactly_one(arguments: ArgumentCollection) -> None:
    if sum(bool(argument.tokens) for argument in arguments) != 1:
        raise ValueError("Give one edit: either --part, --mask or --box, or --edit.")


EDIT = Group("Edit (one of these)", validator=_need_exactly_one)


@Parameter(name="*", group=EDIT)
@dataclass(frozen=True, kw_only=True)
class ClipEditOptions:
    """Which part of the reference every frame takes, or which edit."""

    part: str | None = None
    """A part that the model knows by name, such as mouth; it follows that part of the frames."""
    mask: Path | None = None
    """Picture that is white where to take the reference, black elsewhere; grey mixes."""
    box: Box = None
    """Left edge, top edge, width and height, in pixels of the model's square picture."""
    edit: Path | None = None
    """A project that the Studio saved, or the JSON of an edit; it names its references."""

    def read(self, reference: Path | None, square: SquareOption) -> SavedEdit:
        """Describe the edit.

        Raises:
            EditError: A reference is missing, or given beside an edit that names its own.
            ImageError: A photo or a mask cannot be read.
        """
        if self.edit is not None:
            if reference is not None or square is not None:
                raise EditError("--edit names its references: leave --reference out.")
            return read_edit(self.edit)
        if reference is None:
            raise EditError("--part, --mask and --box need --reference, the photo to copy from.")
        name = reference.name
        picture = SavedPicture(
            content=file_bytes(reference), square=square or known_square(reference)
        )
        edit = Edit(parts=(Part(reference=name, mask=self._mask),))
        return SavedEdit(name=name, edit=edit, pictures={name: picture})

    @property
    def _mask(self) -> EditMask:
        if self.part is not None:
            return PartMask(name=self.part)
        if self.box is not None:
            x, y, width, height = self.box
            return BoxMask(x=x, y=y, width=width, height=height)
        assert self.mask is not None  # the group lets exactly one pass
        return PngMask(content=file_bytes(self.mask))


NO_EDIT = ClipEditOptions()
"""No edit: rejected, because one option is required."""


def video(
    clip: Path,
    /,
    *,
    reference: Path | None = None,
    edit: ClipEditOptions = NO_EDIT,
    output: Annotated[Path, Parameter(alias="-o")],
    preview: Annotated[bool, Parameter(negative=())] = False,
    resume: Annotated[bool, Parameter(negative=())] = False,
    config: Annotated[ClipConfig, Parameter(name="*")] = ClipConfig(),
    reference_square: SquareOption = None,
    model: str | None = None,
    engine_config: EngineOptions = ON_THE_CPU,
) -> None:
    """Apply one edit to every frame of a clip, video or animation, at its full resolution.

    The square that the model sees follows the face; sound, frame rate, rotation and colours stay.

    Args:
        clip: Video, animated GIF or animated WebP.
        reference: Photo to copy from.
        edit: What to do to each frame.
        output: Where to write the clip: .mp4, .mkv, .webm, .mov, .gif or .webp.
        preview: Edit only the first two seconds, to see whether the edit is good.
        resume: Continue an interrupted call with the same arguments.
        config: How to carry it out.
        reference_square: The reference's square by hand.
        model: Name of a bundled model, a .safetensors file, or a folder that `export` wrote; the
            one that the edit names if not given.
        engine_config: What runs the networks.
    """
    saved = edit.read(reference, reference_square)
    name = model or (model_of(saved, edit.edit) if edit.edit else zoo.BUNDLED[0])
    console = Console()
    with goes_on_after_ctrl_c(console, HOW), Bar(console) as bar:
        edited = edit_clip(
            saved,
            clip,
            output,
            ChosenModel(name=name, engine_config=engine_config),
            config,
            preview=preview,
            resume=resume,
            on_progress=bar.show,
        )
    _show_summary(console, edited, output)


def _show_summary(console: Console, edited: EditedClip, output: Path) -> None:
    pace = f", {edited.seconds / edited.frames:.2f} s a frame" if edited.frames else ""
    say(console, f"wrote {output}: {edited.frames:,} frames edited{pace}")
    if edited.strange:
        line = (
            f"warning: the model hardly knows {edited.strange:,} of these frames; expect a "
            "result that does not resemble them."
        )
        say(console, line, "yellow")
