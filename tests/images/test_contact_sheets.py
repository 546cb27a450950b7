"""Contact sheets show every image where it belongs."""

import numpy as np
import pytest
import torch

from stylemapgan import images
from stylemapgan.errors import ImageError


def flat(red: float, green: float, blue: float) -> np.ndarray:
    return np.broadcast_to(
        np.array([red, green, blue], np.float32).reshape(1, 3, 1, 1), (1, 3, 32, 32)
    )


RED, GREEN, BLUE = flat(1, -1, -1), flat(-1, 1, -1), flat(-1, -1, 1)


def places(sheet: np.ndarray, colour: tuple[int, int, int]) -> tuple[slice, slice]:
    """The rectangle that a colour fills."""
    rows, columns = np.nonzero((images.to_bytes(sheet)[0] == colour).all(-1))
    return slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)


def length(span: slice) -> int:
    return span.stop - span.start


def test_tiles_stand_in_rows_and_columns_with_gaps():
    sheet = images.contact_sheet([[RED, GREEN], [None, BLUE]])
    red, green, blue = (places(sheet, colour) for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255)))
    assert [length(span) for span in red + green + blue] == [32] * 6
    assert red[0] == green[0]
    assert green[1] == blue[1]
    assert 4 <= green[1].start - red[1].stop <= 8
    assert 4 <= blue[0].start - green[0].stop <= 8
    paper = images.to_bytes(sheet)[0][blue[0], red[1]]  # the place left empty
    assert paper.min() > 240


def test_small_images_are_enlarged_to_the_tile():
    sheet = images.contact_sheet([[RED]], tile=128)
    assert [length(span) for span in places(sheet, (255, 0, 0))] == [128, 128]


def test_titles_and_captions_make_room_for_themselves():
    bare = images.contact_sheet([[RED, GREEN]])
    titled = images.contact_sheet([[RED, GREEN]], ["row"], ["one", "two"], "A caption. " * 10)
    assert titled.shape[2] > bare.shape[2]
    assert titled.shape[3] > bare.shape[3]
    rows, columns = places(titled, (255, 0, 0))
    darkness = images.to_bytes(titled)[0].min(-1) < 200
    assert darkness[rows, : columns.start].any()  # row title
    assert darkness[: rows.start, columns].any()  # column title
    assert darkness[rows.stop + 4 :].any()  # caption
    assert not darkness[:, :3].any()  # nothing runs off the paper
    assert not darkness[:, -3:].any()


def test_a_row_may_be_a_batch_of_either_library():
    batch = np.concatenate([RED, GREEN])
    one = images.contact_sheet([batch])
    other = images.contact_sheet([torch.from_numpy(batch).bfloat16()])
    np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(one, images.contact_sheet([[RED, GREEN]]))


def test_sheets_that_make_no_sense_are_refused():
    with pytest.raises(ImageError, match="at least one image"):
        images.contact_sheet([[None]])
    with pytest.raises(ImageError, match="2 rows needs 2 row titles, got 1"):
        images.contact_sheet([[RED], [BLUE]], row_titles=["one"])
    with pytest.raises(ImageError, match="takes one image, got 2"):
        images.contact_sheet([[np.concatenate([RED, BLUE])]])


def test_titles_of_images_stand_below_them():
    bare = images.contact_sheet([[RED, GREEN], [BLUE]])
    titles = [["red", "green"], ["blue and a few more words than fit"]]
    titled = images.contact_sheet([[RED, GREEN], [BLUE]], tile_titles=titles)
    darkness = images.to_bytes(titled)[0].min(-1) < 200
    for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255)):
        rows, columns = places(titled, colour)
        assert length(rows) == 32
        assert darkness[rows.stop + 1 : rows.stop + 30, columns].any()
    red, blue = (places(titled, colour)[0] for colour in ((255, 0, 0), (0, 0, 255)))
    assert blue.start - red.stop > 12  # a line of text is between
    assert titled.shape[2] > bare.shape[2]
    assert not darkness[-3:].any()


def test_each_image_has_a_title_or_none_has():
    for titles in ([["one"]], [["one"], ["two"]], [["one", "two"], []]):
        with pytest.raises(ImageError, match="a title of its own"):
            images.contact_sheet([[RED, GREEN]], tile_titles=titles)
