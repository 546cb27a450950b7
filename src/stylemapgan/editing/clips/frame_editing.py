"""What happens to each frame: edit what the model sees of it, and paste the edit back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.editing.applying import SavedEdit
from stylemapgan.editing.applying.ready_edit import ReadyEdit
from stylemapgan.editing.clips.clip import ClipFrame, EditedFrame
from stylemapgan.editing.edit import Edit, Part
from stylemapgan.editing.edit_masks import PartMask
from stylemapgan.editing.photo import PlacedReference, Square, fit, paste_back
from stylemapgan.editing.photo.fit import VERDICTS
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Stylemap


@dataclass(frozen=True, kw_only=True, eq=False)
class FrameEditing:
    """Carries an edit out on one frame after the other.

    A part of a reference that is named, such as its mouth, and stays in its place covers that
    part of each frame as well: the frame's own may be larger or lie elsewhere.
    """

    editor: AbstractEditor
    saved: SavedEdit
    """The edit with the names of parts."""
    ready: ReadyEdit
    """The same with references encoded and masks read."""
    detail: bool
    """Whether references' photos supply pixels."""

    def followed(self) -> tuple[str, ...]:
        """List the named parts that masks follow from frame to frame."""
        edit = self.saved.edit
        names = [name for part in edit.parts if (name := _follows(part))]
        names += [push.mask.name for push in edit.pushes if isinstance(push.mask, PartMask)]
        return tuple(dict.fromkeys(names))

    def find_masks(self, stylemap: Stylemap) -> dict[str, np.ndarray]:
        """Find the followed parts in a picture; all zeros where one is not seen."""
        names = self.followed()
        if not names or self.ready.parts is None:
            return {}
        w_plus = self.editor.resize(self.editor.as_array(stylemap))
        found = self.ready.parts.masks(self.editor, w_plus)
        return {name: to_numpy(found[name]) for name in names}

    def __call__(self, frame: ClipFrame, square: Square) -> EditedFrame:
        """Edit a frame.

        Args:
            frame: As its file has it.
            square: What the model sees of it.
        """
        picture = frame.photo.crop(square, self.editor.image_size)
        stylemap = self.editor.encode(picture)
        edit = self.edit_of(self.find_masks(stylemap))
        reconstruction = to_numpy(self.editor.decode(self.editor.as_array(stylemap)))
        edited = to_numpy(self.editor.edit(stylemap, edit))
        photo = paste_back(
            frame.photo,
            square,
            reconstruction,
            edited,
            edit.touched(self.editor.image_size),
            references=tuple(self._placed(edit)) if self.detail else (),
        )
        found = fit(picture, reconstruction, self.editor.typical_errors)
        return EditedFrame(source=frame, photo=photo, is_strange=found.verdict == VERDICTS[-1])

    def edit_of(self, masks: Mapping[str, np.ndarray]) -> Edit:
        """Give the edit of one frame, with masks where its parts are.

        Args:
            masks: Of the followed parts, as `find_masks` gives them.
        """
        parts = tuple(
            replace(ready, mask=np.maximum(ready.mask, masks[name])) if name else ready
            for ready, name in zip(
                self.ready.edit.parts, map(_follows, self.saved.edit.parts), strict=True
            )
        )
        pushes = tuple(
            replace(push, mask=masks[push.mask.name]) if isinstance(push.mask, PartMask) else push
            for push in self.ready.edit.pushes
        )
        return Edit(parts=parts, pushes=pushes)

    def _placed(self, edit: Edit) -> Iterator[PlacedReference]:
        """Let references supply pixels where this frame's masks are."""
        for part, placed in zip(edit.pasted_parts, self.ready.placed, strict=True):
            mask = np.float32(part.strength) * part.landed(self.editor.image_size)
            yield replace(placed, mask=mask)


def _follows(part: Part[Any]) -> str:
    """Name the part of the frames that a mask follows; empty if it follows none."""
    in_place = part.shift == (0, 0) and not part.is_turned
    return part.mask.name if isinstance(part.mask, PartMask) and in_place else ""
