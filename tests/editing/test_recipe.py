"""Recipes do what the same edits do one by one."""

import numpy as np
import pytest
import torch

from stylemapgan.editing import operations
from stylemapgan.editing.editor import Editor
from stylemapgan.editing.recipe import PastedPart, Push, Recipe, cook, edited_w_plus, touched
from stylemapgan.errors import EditError

SIZE = 32


@pytest.fixture(scope="module")
def editor(networks) -> Editor:
    return Editor(networks)


@pytest.fixture(scope="module")
def stylemaps(editor) -> torch.Tensor:
    return editor.sample(3)


def box(top: int, left: int, height: int, width: int) -> torch.Tensor:
    mask = torch.zeros(1, 1, SIZE, SIZE)
    mask[..., top : top + height, left : left + width] = 1
    return mask


def test_an_empty_recipe_gives_the_reconstruction(editor, stylemaps):
    recipe = Recipe(source=stylemaps[:1])
    torch.testing.assert_close(cook(editor, recipe), editor.decode(stylemaps[:1]))
    assert touched(recipe, SIZE).sum() == 0


def test_a_part_in_its_place_is_a_blend_at_its_strength(editor, stylemaps):
    mask = box(4, 8, 13, 9)
    part = PastedPart(reference=stylemaps[1:2], mask=mask, strength=0.4)
    ours, theirs = editor.resize(stylemaps[:1]), editor.resize(stylemaps[1:2])
    expected = editor.synthesize(operations.blend_w_plus(ours, theirs, 0.4 * mask))

    edited = cook(editor, Recipe(source=stylemaps[:1], parts=(part,)))

    torch.testing.assert_close(edited, expected)


def test_a_part_that_moves_is_a_transplant(editor, stylemaps):
    mask = box(0, 0, 16, 16)
    part = PastedPart(reference=stylemaps[1:2], mask=mask, shift=(8, -3), strength=0.7)
    ours, theirs = editor.resize(stylemaps[:1]), editor.resize(stylemaps[1:2])
    expected = editor.synthesize(operations.transplant(ours, theirs, mask, (8, -3), 0.7))

    edited = cook(editor, Recipe(source=stylemaps[:1], parts=(part,)))

    torch.testing.assert_close(edited, expected)


def test_pushes_come_first_then_parts_in_w_then_all_others(editor, stylemaps):
    source, first, second = (stylemaps[index : index + 1] for index in range(3))
    step, mask = torch.full_like(source, 0.2), box(0, 0, 32, 16)
    in_w_plus = PastedPart(reference=first, mask=box(8, 8, 8, 8))
    in_w = PastedPart(reference=second, mask=mask, space="w")
    push = Push(direction=step, amount=-1.5)
    w = operations.blend(source - 1.5 * step, second, mask)
    expected = operations.blend_w_plus(editor.resize(w), editor.resize(first), in_w_plus.mask)

    edited = edited_w_plus(
        Recipe(source=source, parts=(in_w_plus, in_w), pushes=(push,)), editor.resize
    )

    for ours, theirs in zip(edited, expected, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_later_parts_cover_earlier_ones(editor, stylemaps):
    everywhere = box(0, 0, SIZE, SIZE)
    parts = tuple(
        PastedPart(reference=stylemaps[index : index + 1], mask=everywhere) for index in (1, 2)
    )
    edited = cook(editor, Recipe(source=stylemaps[:1], parts=parts))
    torch.testing.assert_close(edited, editor.decode(stylemaps[2:3]))


def test_touched_is_the_union_of_masks_where_they_land(stylemaps):
    source = stylemaps[:1]
    moved = PastedPart(reference=source, mask=box(2, 3, 4, 5), shift=(10, 20))
    soft = PastedPart(reference=source, mask=0.5 * box(2, 3, 4, 5), strength=0.1)
    unused = PastedPart(reference=source, mask=box(0, 0, 32, 32), strength=0.0)
    push = Push(direction=source, amount=1.0, mask=box(30, 0, 2, 2))
    idle = Push(direction=source, amount=0.0)

    union = touched(Recipe(source=source, parts=(moved, soft, unused), pushes=(push, idle)), SIZE)

    expected = np.zeros((SIZE, SIZE))
    expected[12:16, 23:28] = 1
    expected[2:6, 3:8] = 0.5
    expected[30:, :2] = 1
    np.testing.assert_array_equal(union[0, 0].numpy(), expected)


def test_a_push_without_a_mask_touches_everything(stylemaps):
    push = Push(direction=stylemaps[:1], amount=0.1)
    assert touched(Recipe(source=stylemaps[:1], pushes=(push,)), SIZE).min() == 1


def test_numpy_gives_what_torch_gives(editor, stylemaps):
    parts = [
        PastedPart(reference=stylemaps[1:2], mask=box(4, 4, 12, 12), shift=(4, 4)),
        PastedPart(reference=stylemaps[2:3], mask=box(0, 0, 32, 8), space="w"),
    ]
    plain = [
        PastedPart(**{**vars(p), "reference": p.reference.numpy(), "mask": p.mask.numpy()})
        for p in parts
    ]

    def resize(w):
        return [np.asarray(each) for each in editor.resize(w)]

    ours = edited_w_plus(Recipe(source=stylemaps[:1].numpy(), parts=tuple(plain)), resize)
    theirs = edited_w_plus(Recipe(source=stylemaps[:1], parts=tuple(parts)), editor.resize)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other.numpy(), atol=1e-6)


def test_a_strength_beyond_one_is_refused(stylemaps):
    with pytest.raises(EditError, match=r"from 0 to 1, got 1\.5"):
        PastedPart(reference=stylemaps, mask=box(0, 0, 1, 1), strength=1.5)
