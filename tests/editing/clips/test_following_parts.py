"""Masks of named parts lie on the reference's part and follow that of each frame."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from small_clips import clouds

from stylemapgan.editing import Edit, Part, Push
from stylemapgan.editing.applying import SavedEdit
from stylemapgan.editing.applying.ready_edit import ReadyEdit
from stylemapgan.editing.clips.frame_editing import FrameEditing
from stylemapgan.editing.edit_masks import PartMask
from stylemapgan.editing.parts import find_parts
from stylemapgan.editing.photo import FullPhoto, Square

HAIR = PartMask(name="part-1")
REFERENCE_MASK = np.zeros((1, 1, 32, 32), np.float32)
REFERENCE_MASK[..., 12:20, 12:20] = 1


@pytest.fixture(scope="module")
def editor(tiny):
    return tiny.open()


@pytest.fixture(scope="module")
def parts(editor):
    return find_parts(editor, editor.sample(8), 3)


def editing(editor, parts, saved: Edit, ready: Edit) -> FrameEditing:
    return FrameEditing(
        editor=editor,
        saved=SavedEdit(name="edit", edit=saved, pictures={}),
        ready=ReadyEdit(edit=ready, placed=(), parts=parts),
        detail=False,
    )


def masks_of(edit: FrameEditing) -> dict[str, np.ndarray]:
    """Find the parts that the edit follows in a frame."""
    photo = FullPhoto(pixels=Image.fromarray(clouds(5, 32, 32)))
    picture = photo.crop(Square(x=16.0, y=16.0, side=32.0), 32)
    return edit.find_masks(edit.editor.encode(picture))


def test_a_part_covers_that_of_the_reference_and_that_of_the_frame(editor, parts):
    part = Part(reference="other", mask=HAIR)
    ready = replace(part, reference=np.asarray(editor.sample(1, 9)), mask=REFERENCE_MASK)
    edit = editing(editor, parts, Edit(parts=(part,)), Edit(parts=(ready,)))
    masks = masks_of(edit)

    (found,) = edit.edit_of(masks).parts

    assert masks["part-1"].any()
    np.testing.assert_array_equal(found.mask, np.maximum(masks["part-1"], REFERENCE_MASK))


def test_a_part_that_goes_elsewhere_follows_nothing(editor, parts):
    part = Part(reference="other", mask=HAIR, shift=(3, 0))
    ready = replace(part, reference=np.asarray(editor.sample(1, 9)), mask=REFERENCE_MASK)
    edit = editing(editor, parts, Edit(parts=(part,)), Edit(parts=(ready,)))

    assert edit.followed() == ()
    (found,) = edit.edit_of({}).parts
    np.testing.assert_array_equal(found.mask, REFERENCE_MASK)


def test_a_push_of_a_part_lies_on_the_frame_s_own_part(editor, parts):
    push = Push(direction=np.zeros((1, 1, 1, 1), np.float32), amount=1.0, mask=HAIR)
    edit = editing(editor, parts, Edit(pushes=(push,)), Edit(pushes=(push,)))
    masks = masks_of(edit)

    (found,) = edit.edit_of(masks).pushes

    np.testing.assert_array_equal(found.mask, masks["part-1"])
