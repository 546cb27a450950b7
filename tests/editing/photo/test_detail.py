"""Photos supply the pixels of an edit as far as the model agrees with them."""

import numpy as np
import pytest
from PIL import Image

from stylemapgan.editing import BoxMask, CroppedPhoto, Edit, Editor, Part
from stylemapgan.editing.photo import (
    FullPhoto,
    Patch,
    PlacedPhoto,
    PlacedReference,
    Square,
    paste_back,
)
from stylemapgan.images.levels import from_bytes

SIZE, CELL = 64, 4
"""Pixels of the model along a side, and the photo's pixels under each."""
WIDTH, HEIGHT = 320, 288
SQUARE = Square(x=160.0, y=144.0, side=float(SIZE * CELL))
LEFT, TOP = 160 - SIZE * CELL // 2, 144 - SIZE * CELL // 2


def box(left: int, top: int, right: int, bottom: int) -> np.ndarray:
    mask = np.zeros((1, 1, SIZE, SIZE), np.float32)
    mask[..., top:bottom, left:right] = 1
    return mask


MIDDLE = box(20, 20, 44, 44)


def inside(mask: np.ndarray, margin: int = 4) -> tuple[slice, slice]:
    """The photo's pixels under a box, some of the model's pixels away from its border."""
    rows, columns = np.nonzero(mask[0, 0])
    top, bottom = (TOP + CELL * at for at in (rows.min() + margin, rows.max() + 1 - margin))
    left, right = (LEFT + CELL * at for at in (columns.min() + margin, columns.max() + 1 - margin))
    return slice(top, bottom), slice(left, right)


def photo(pixels: np.ndarray) -> FullPhoto:
    return FullPhoto(pixels=Image.fromarray(pixels.round().clip(0, 255).astype(np.uint8)))


def coarse(random: np.random.Generator) -> np.ndarray:
    """Structure that the model sees."""
    blocks = random.integers(50, 200, (24, 27, 3), dtype=np.uint8)
    hills = Image.fromarray(blocks).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    return np.asarray(hills).astype(float)


def stripes(period: int, height: float = 20.0) -> np.ndarray:
    """Upright stripes over the whole photo."""
    wave = np.sin(2 * np.pi * (np.arange(WIDTH) + 0.5) / period)
    return np.broadcast_to(height * wave[None, :, None], (HEIGHT, WIDTH, 3))


def seen(one: FullPhoto) -> np.ndarray:
    """What a good model of low resolution makes of a photo: fine stripes are lost."""
    small = Image.fromarray(one.crop_pixels(SQUARE, SIZE // 2))
    return from_bytes(np.asarray(small.resize((SIZE, SIZE), Image.Resampling.BICUBIC))[None])


def reference(one: FullPhoto, mask: np.ndarray) -> PlacedReference:
    placed = PlacedPhoto(photo=one, square=SQUARE, reconstruction=seen(one))
    return PlacedReference(mask=mask, picture=placed)


def pasted(
    source: FullPhoto, edited: np.ndarray, mask: np.ndarray, *references: PlacedReference
) -> np.ndarray:
    result = paste_back(source, SQUARE, seen(source), edited, mask, references=references)
    return result.upright_srgb().astype(float)


def height_of_stripes(pixels: np.ndarray, period: int) -> float:
    """How high stripes of a period stand in pixels cut out of a photo, by correlation."""
    wave = np.exp(2j * np.pi * np.arange(pixels.shape[1]) / period)
    flat = pixels - pixels.mean(axis=1, keepdims=True)
    return float(2 * np.abs(np.einsum("rcx,c->rx", flat, wave)).mean() / pixels.shape[1])


def test_a_part_of_the_photo_itself_put_back_in_its_place_returns_the_photo(random):
    source = photo(coarse(random) + random.normal(0, 8, (HEIGHT, WIDTH, 3)))
    result = pasted(source, seen(source), MIDDLE, reference(source, MIDDLE))
    before = source.upright_srgb().astype(float)
    error = np.mean(np.square(result - before)[inside(MIDDLE, 0)])
    assert 10 * np.log10(255**2 / max(error, 1e-9)) >= 45
    changed = (result != before).any(axis=-1)
    reach = SIZE // 16 + 3
    rows, columns = inside(MIDDLE, -reach)
    changed[rows, columns] = False
    assert not changed.any()


def test_fine_detail_of_the_reference_arrives_where_the_model_agrees(random):
    shapes = coarse(random)
    source, other = photo(coarse(random)), photo(shapes + stripes(period=4))
    edited = seen(source) * (1 - MIDDLE) + seen(other) * MIDDLE
    middle = inside(MIDDLE)
    with_detail = pasted(source, edited, MIDDLE, reference(other, MIDDLE))[middle]
    without = pasted(source, edited, MIDDLE)[middle]
    assert height_of_stripes(with_detail, 4) == pytest.approx(20, rel=0.1)
    assert height_of_stripes(without, 4) < 1


def test_a_change_of_tone_leaves_the_structure(random):
    pixels = coarse(random) * 0.7 + 20 + random.normal(0, 6, (HEIGHT, WIDTH, 3))
    source, brighter = photo(pixels), photo(pixels + np.array([30.0, 20.0, 10.0]))
    edited = seen(source) * (1 - MIDDLE) + seen(brighter) * MIDDLE
    result = pasted(source, edited, MIDDLE, reference(brighter, MIDDLE))
    change = (result - source.upright_srgb())[inside(MIDDLE, -3)]
    for axis in (0, 1):  # a smooth correction: no edge, no grain that was not there
        assert abs(np.diff(change, axis=axis)).max() <= 3
        assert abs(np.diff(change, axis=axis)).mean() <= 0.7


@pytest.mark.parametrize("period", [4, 24], ids=["too fine for the model", "seen by the model"])
def test_nothing_of_the_reference_shows_where_the_edit_differs_from_it(random, period):
    """The model drew an even patch instead of the source's and the reference's structures."""
    source = photo(coarse(random))
    other = photo(128 + stripes(24, height=70.0) + (stripes(4) if period == 4 else 0))
    even = np.full_like(seen(source), 0.1)
    edited = seen(source) * (1 - MIDDLE) + even * MIDDLE
    result = pasted(source, edited, MIDDLE, reference(other, MIDDLE))[inside(MIDDLE)]
    shown = height_of_stripes(other.upright_srgb().astype(float)[inside(MIDDLE)], period)
    assert height_of_stripes(result, period) <= 0.1 * shown


def test_the_source_stays_inside_the_mask_where_the_model_kept_it(random):
    source = photo(coarse(random) + stripes(period=4))
    other = photo(coarse(random))
    result = pasted(source, seen(source), MIDDLE, reference(other, MIDDLE))
    assert abs(result - source.upright_srgb())[inside(MIDDLE, 0)].mean() <= 1


@pytest.mark.parametrize("rotation", [0.0, 21.0])
@pytest.mark.parametrize("orientation", [1, 6, 7])
def test_far_from_the_mask_every_byte_stays_whatever_the_reference(random, orientation, rotation):
    noise = random.integers(0, 256, (2, HEIGHT, WIDTH, 3), dtype=np.uint8)
    source, other = (
        FullPhoto(pixels=Image.fromarray(pixels), orientation=orientation) for pixels in noise
    )
    square = Square(x=150.0, y=150.0, side=256.0, rotation=rotation)
    mask = box(26, 30, 36, 38)
    made, edited, theirs = random.uniform(-1, 1, (3, 1, 3, SIZE, SIZE)).astype(np.float32)
    at = Square(x=120.0, y=170.0, side=300.0, rotation=-40.0)
    placed = PlacedPhoto(photo=other, square=at, reconstruction=theirs)
    references = [PlacedReference(mask=mask, picture=placed)]
    result = paste_back(source, square, made, edited, mask, references=references)

    changed = (result.upright_srgb() != source.upright_srgb()).any(axis=-1)
    y, x = np.mgrid[: source.height, : source.width] + 0.5
    angle = np.radians(rotation)
    right = (np.cos(angle) * (x - 150) + np.sin(angle) * (y - 150)) / CELL + SIZE / 2
    down = (np.cos(angle) * (y - 150) - np.sin(angle) * (x - 150)) / CELL + SIZE / 2
    reach = SIZE / 16 + 3
    near = (right > 26 - reach) & (right < 36 + reach) & (down > 30 - reach) & (down < 38 + reach)
    assert changed.any()
    assert not (changed & ~near).any()


def test_a_later_part_covers_an_earlier_one(random):
    shapes = coarse(random)
    source = photo(coarse(random))
    first, second = photo(shapes + stripes(4)), photo(shapes[::-1] + stripes(8))
    wide, narrow = box(12, 16, 52, 48), box(28, 16, 52, 48)
    edited = seen(source) * (1 - wide) + seen(first) * wide
    edited = edited * (1 - narrow) + seen(second) * narrow
    result = pasted(source, edited, wide, reference(first, wide), reference(second, narrow))
    left, right = result[inside(box(12, 16, 28, 48))], result[inside(narrow)]
    assert height_of_stripes(left, 4) > 15
    assert height_of_stripes(left, 8) < 8
    assert height_of_stripes(right, 8) > 15
    assert height_of_stripes(right, 4) < 3


def test_an_invented_part_covers_an_earlier_one_with_the_models_own_pixels(random):
    source, other = photo(coarse(random)), photo(coarse(random) + stripes(4))
    invented = seen(photo(coarse(random)))
    wide, narrow = box(12, 16, 52, 48), box(28, 16, 52, 48)
    edited = seen(source) * (1 - wide) + seen(other) * wide
    edited = edited * (1 - narrow) + invented * narrow
    covering = PlacedReference(mask=narrow, picture=None)
    result = pasted(source, edited, wide, reference(other, wide), covering)
    assert height_of_stripes(result[inside(box(12, 16, 28, 48))], 4) > 15
    assert height_of_stripes(result[inside(narrow)], 4) < 2
    shown = np.moveaxis(edited[0], 0, -1)[16:48, 28:52][4:-4, 4:-4] * 127.5 + 127.5
    blocks = result[inside(narrow)].reshape(*(24, 4, 16, 4), 3).mean(axis=(1, 3))
    assert abs(blocks - shown).mean() <= 12  # in the model's own tones, but for the border's


def test_invented_parts_alone_look_as_without_detail(random):
    source = photo(coarse(random))
    edited = seen(source) * (1 - MIDDLE) + seen(photo(coarse(random))) * MIDDLE
    invented = PlacedReference(mask=MIDDLE, picture=None)
    np.testing.assert_array_equal(
        pasted(source, edited, MIDDLE, invented), pasted(source, edited, MIDDLE)
    )


def test_a_preview_shows_what_pasting_back_does_with_detail(random):
    source, other = photo(coarse(random)), photo(coarse(random) + stripes(8))
    edited = seen(source) * (1 - MIDDLE) + seen(other) * MIDDLE
    references = [reference(other, MIDDLE)]
    side = SIZE * CELL
    shown = Patch(source, SQUARE, seen(source), side).paste(edited, MIDDLE, references)
    whole = pasted(source, edited, MIDDLE, *references)
    assert abs(shown - whole[TOP : TOP + side, LEFT : LEFT + side]).max() <= 1


@pytest.fixture(scope="module")
def editor(networks) -> Editor:
    return Editor(networks)


@pytest.mark.parametrize("rotation", [0.0, 25.0])
def test_strength_0_returns_the_photo(editor, scenery, rotation):
    source = CroppedPhoto(photo=FullPhoto(pixels=scenery(90, 70)), square=SMALL)
    other = CroppedPhoto(photo=FullPhoto(pixels=scenery(80, 80)), square=SMALL)
    mask = BoxMask(x=8, y=8, width=16, height=12)
    part = Part(reference=other, mask=mask, strength=0.0, rotation=rotation, shift=(2, 3))
    edit = Edit(parts=(part,))
    result = paste_back(
        source.photo,
        SMALL,
        np.asarray(editor.reconstruct(source.image(32))),
        np.asarray(editor.edit(source, edit)),
        edit.touched(32),
        references=editor.placed_references(edit),
    )
    np.testing.assert_array_equal(result.upright_srgb(), source.photo.upright_srgb())


SMALL = Square(x=40.0, y=35.0, side=60.0)


def test_references_lie_in_the_order_in_which_parts_are_pasted(editor, scenery):
    """Parts with space w are pasted first, whatever their place in the edit."""
    pictures = [
        CroppedPhoto(photo=FullPhoto(pixels=scenery(80, 80)), square=SMALL) for _ in range(3)
    ]
    mask = BoxMask(x=8, y=8, width=16, height=12)
    spaces = ("w-plus", "w", "w-plus")
    parts = [
        Part(reference=picture, mask=mask, space=space)
        for picture, space in zip(pictures, spaces, strict=True)
    ]
    placed = editor.placed_references(Edit(parts=tuple(parts)))
    photos = [one.picture.photo for one in placed]
    assert [next(i for i, p in enumerate(pictures) if p.photo is one) for one in photos] == [
        1,
        0,
        2,
    ]


def test_a_stylemap_is_an_invented_reference(editor, scenery):
    stylemap = editor.sample(1)
    mask = BoxMask(x=8, y=8, width=16, height=12)
    (placed,) = editor.placed_references(
        Edit(parts=(Part(reference=stylemap, mask=mask, strength=0.5),))
    )
    assert placed.picture is None
    assert placed.mask.max() == 0.5
