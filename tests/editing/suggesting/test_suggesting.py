"""References are ranked as a plain loop over all photos ranks them, from the disk."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from stylemapgan.editing import AbstractEditor, open_editor
from stylemapgan.editing.directions import Direction
from stylemapgan.editing.editor import Editor
from stylemapgan.editing.encoding import read_stylemaps
from stylemapgan.editing.encoding.stylemap_files import EncodedPhoto, part_path, write_part
from stylemapgan.editing.photo import Square
from stylemapgan.editing.suggesting import (
    Library,
    LibraryPhoto,
    LibraryPhotos,
    Query,
    SuggestConfig,
    open_library,
    refuse_other_model,
    suggest,
)
from stylemapgan.editing.suggesting.cell_colours import colours_of, learn_colours
from stylemapgan.editing.suggesting.regions import regions
from stylemapgan.editing.suggesting.suggesting import CHUNK, Scoring
from stylemapgan.errors import DataError, EditError
from stylemapgan.images.levels import to_numpy

pytest.importorskip("pyarrow")

SHAPE = CHANNELS, SIDE, _ = (8, 4, 4)  # of tiny-32
PIXELS = 32
WHOLE = Square(x=1.0, y=2.0, side=3.0, rotation=0.0)


def encoded(number: int, stylemap: np.ndarray | None, fit: str = "good") -> EncodedPhoto:
    if stylemap is None:
        return EncodedPhoto(photo=f"{number}.png", sha256=bytes(32), problem="no face in it")
    return EncodedPhoto(
        photo=f"{number}.png",
        sha256=number.to_bytes(32, "big"),
        square=WHOLE,
        error=0.01,
        fit=fit,
        stylemap=stylemap.astype(np.float16),
    )


def write_library(folder: Path, photos: list[EncodedPhoto], per_file: int = 700) -> Path:
    """Write files as `encode` does, of several row groups each."""
    folder.mkdir(exist_ok=True)
    for start in range(0, len(photos), per_file):
        part = part_path(folder, start // per_file)
        write_part(part, photos[start : start + per_file], SHAPE, {"model": "m", "name": "tiny"})
    return folder


def stylemaps(count: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    scale = np.linspace(0.5, 2, CHANNELS).reshape(CHANNELS, 1, 1)  # channels vary differently
    return (scale * random.standard_normal((count, *SHAPE))).astype(np.float16)


@pytest.fixture(scope="module")
def editor(networks) -> AbstractEditor:
    return Editor(networks)


@pytest.fixture(scope="module")
def many(tmp_path_factory, editor) -> Library:
    """More photos than are compared at once; every tenth could not be encoded."""
    values = stylemaps(CHUNK + 500)
    rows = [encoded(n, None if n % 10 == 9 else value) for n, value in enumerate(values)]
    return open_library(write_library(tmp_path_factory.mktemp("library") / "many", rows), editor)


@pytest.fixture
def mask() -> np.ndarray:
    """The upper left cell, and half of the one beside it."""
    painted = np.zeros((1, 1, PIXELS, PIXELS), np.float32)
    painted[..., :8, :12] = 1
    return painted


def test_the_border_runs_between_cells_that_the_mask_covers_differently(mask):
    found = regions(mask, SIDE)
    assert found.coverage.reshape(4, 4)[0].tolist() == [1, 0.5, 0, 0]
    assert not found.coverage.reshape(4, 4)[1:].any()
    assert found.cells == [0, 1, 2, 4, 5]
    assert found.shares[:2].tolist() == pytest.approx([2 / 3, 1 / 3])
    weights = {(inside, outside): weight for inside, outside, weight in found.border.pairs()}
    expected = {(0, 1): 0.5, (1, 2): 0.5, (0, 4): 1, (1, 5): 0.5}  # cells count row by row
    assert weights == pytest.approx({pair: value / 2.5 for pair, value in expected.items()})


def test_a_mask_of_everything_has_no_border_and_an_empty_one_is_refused(mask):
    assert len(regions(np.ones_like(mask), SIDE).border.weight) == 0
    with pytest.raises(EditError, match="empty"):
        regions(0 * mask, SIDE)


def test_colours_of_cells_are_those_of_the_decoded_picture():
    editor = open_editor("faces-128")
    values = to_numpy(editor.sample(20))
    colours = learn_colours(editor, values[:14])
    told, shown = [], []
    for value in values[14:]:
        picture = to_numpy(editor.decode(value[None]))[0]
        for row, column in np.ndindex(16, 16):
            cell = picture[:, 8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
            shown.append(cell.mean(axis=(1, 2)))
            told.append(colours_of(value[:, row, column], colours))
    errors = np.square(np.array(told) - np.array(shown)).mean()
    assert errors < 0.05 * np.var(shown, axis=0).mean()


def naive_scores(library: Library, query: Query, config: SuggestConfig) -> dict[str, float]:
    """Score pair by pair and cell by cell, in float64, all in memory."""
    where = regions(query.mask, SIDE)
    values = library.encoded.stylemaps.astype(np.float64)
    spread = np.sqrt(values.var(axis=0).mean(axis=(1, 2)))
    source = query.stylemap[0].astype(np.float64)
    colours = library.colours.astype(np.float64)

    def colour(stylemap: np.ndarray, cell: int) -> np.ndarray:
        return stylemap[..., cell // SIDE, cell % SIDE] @ colours[:CHANNELS] + colours[CHANNELS]

    def step(within: np.ndarray, around: np.ndarray) -> np.ndarray:
        lengths = [
            weight * np.sqrt(np.square(colour(within, cell) - colour(around, beside)).sum(axis=-1))
            for cell, beside, weight in where.border.pairs()
        ]
        return np.stack(np.broadcast_arrays(*lengths))

    natural = (step(values, values) + step(source, source)[..., None]) / 2  # (pairs, photos)
    seam = np.abs(step(values, source) - natural).sum(axis=0)
    inside = np.zeros(len(values))
    for row, column in np.ndindex(SIDE, SIDE):
        apart = (values[:, :, row, column] - source[:, row, column]) / spread
        inside += where.shares.reshape(SIDE, SIDE)[row, column] * np.square(apart).mean(axis=1)
    scores = config.change * inside / (1 + inside) - seam
    return dict(zip(library.encoded.names, scores.tolist(), strict=True))


def test_suggestions_are_those_of_a_plain_loop_over_all_photos(many, mask):
    query = Query(stylemap=stylemaps(1, seed=1).astype(np.float32), mask=mask)
    config = SuggestConfig(top=12)
    found = suggest(many, query, config)
    scores = naive_scores(many, query, config)
    best = sorted(scores, key=lambda name: -scores[name])[:12]
    assert [each.photo.name for each in found] == best
    np.testing.assert_allclose([each.score for each in found], [scores[n] for n in best], rtol=1e-4)
    assert found[0].photo.square == WHOLE
    assert found[0].photo.fit == "good"


def test_photos_whose_seam_is_too_wide_are_passed_over_and_no_others(many, mask):
    query = Query(stylemap=stylemaps(1, seed=1).astype(np.float32), mask=mask)
    score = Scoring(library=many, query=query, config=SuggestConfig())
    every = score(slice(0, CHUNK))
    least = float(np.sort(every.score)[-12])
    few = score(slice(0, CHUNK), least)
    assert 12 <= len(few.rows) < len(every.rows) / 2
    np.testing.assert_array_equal(few.best(12).rows, every.best(12).rows)


def test_a_library_is_searched_without_loading_it(many, mask):
    query = Query(stylemap=stylemaps(1, seed=1).astype(np.float32), mask=mask)
    suggest(many, query, SuggestConfig())  # imports what it needs
    assert isinstance(many.cells, np.memmap)
    assert isinstance(many.shown, np.memmap)
    tracemalloc.start()
    for _ in many.encoded.row_groups():
        pass
    suggest(many, query, SuggestConfig())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < many.cells.nbytes


def test_a_photo_is_read_as_it_was_encoded(many):
    names, values = many.encoded.names, many.encoded.stylemaps
    for row in (0, 8, 9, len(many) - 1):
        assert many.photo(row).name == names[row]
        np.testing.assert_array_equal(many.stylemap(row)[0], values[row])


def test_the_source_and_photos_that_the_model_does_not_know_are_left_out(tmp_path, editor, mask):
    values = stylemaps(4)
    rows = [encoded(0, values[0]), encoded(1, values[1], "outside"), encoded(2, values[2])]
    rows.append(encoded(3, values[3], "doubtful"))
    library = open_library(write_library(tmp_path / "few", rows), editor)
    query = Query(
        stylemap=values[1:2].astype(np.float32), mask=mask, sha256=(2).to_bytes(32, "big")
    )
    sure = {each.photo.name: each.score for each in suggest(library, query, SuggestConfig())}
    assert sorted(sure) == ["0.png", "3.png"]
    careful = suggest(library, query, SuggestConfig(doubt=2.0))
    changed = {each.photo.name: each.score - sure[each.photo.name] for each in careful}
    assert changed["0.png"] == pytest.approx(0, abs=1e-5)
    assert changed["3.png"] == pytest.approx(-1.9, abs=1e-5)  # the default is 0.1


def test_near_duplicates_of_the_source_and_of_each_other_are_left_out(tmp_path, editor, mask):
    values = stylemaps(12)
    noise = stylemaps(12, seed=5).astype(np.float32) / 100
    rows = [encoded(n, value) for n, value in enumerate(values)]
    rows += [encoded(20 + n, value + noise[n]) for n, value in enumerate(values)]
    library = open_library(write_library(tmp_path / "twice", rows), editor)
    query = Query(stylemap=values[3:4].astype(np.float32), mask=mask)
    numbers = [int(Path(each.photo.name).stem) % 20 for each in suggest(library, query, TWELVE)]
    assert sorted(numbers) == [n for n in range(12) if n != 3]


TWELVE = SuggestConfig(top=12)


def test_a_direction_prefers_photos_that_lie_along_it_inside_the_mask(tmp_path, editor, mask):
    source = stylemaps(1)[0].astype(np.float32)
    normal = np.random.default_rng(3).standard_normal((1, *SHAPE)).astype(np.float32)
    normal /= np.linalg.norm(normal)
    smile = Direction(name="smile", label="Smile", normal=normal, origin="labels", scale=2.0)
    cells = regions(mask, SIDE).coverage.reshape(SIDE, SIDE)
    rows = [encoded(n, source + (n - 2) * cells * smile.step[0]) for n in range(5)]
    library = open_library(write_library(tmp_path / "smiles", rows), editor)
    query = Query(stylemap=source[None], mask=mask, toward=smile)
    found = suggest(library, query, SuggestConfig(change=100.0))
    assert [each.photo.name for each in found] == ["4.png", "3.png", "1.png", "0.png"]
    amounts = [each.change for each in found]  # of 2, 1, -1 and -2 steps
    np.testing.assert_allclose(amounts, [2 / 3, 1 / 2, -1 / 2, -2 / 3], atol=0.02)


def test_the_index_is_made_again_only_if_a_file_has_changed(tmp_path, editor):
    folder = write_library(tmp_path / "l", [encoded(n, v) for n, v in enumerate(stylemaps(5))])
    calls: list[tuple[int, int]] = []
    open_library(folder, editor, lambda *done: calls.append(done))
    open_library(folder, editor, lambda *done: calls.append(done))
    assert calls == [(5, 5)]
    write_library(folder, [encoded(n, v) for n, v in enumerate(stylemaps(6, seed=2))])
    library = open_library(folder, editor, lambda *done: calls.append(done))
    assert calls == [(5, 5), (6, 6)]
    np.testing.assert_array_equal(library.stylemap(5)[0], stylemaps(6, seed=2)[5])
    (folder / "_cells.json").write_text("{")
    open_library(folder, editor, lambda *done: calls.append(done))
    assert len(calls) == 3


def test_a_library_without_a_usable_photo_or_of_another_model_is_refused(tmp_path, editor):
    folder = write_library(tmp_path / "none", [encoded(0, None)])
    with pytest.raises(DataError, match="no photo that could be encoded"):
        open_library(folder, editor)
    refuse_other_model(folder, "m", "tiny")
    with pytest.raises(DataError, match="encode the photos again"):
        refuse_other_model(folder, "n", "tiny")


def test_a_damaged_file_is_named(tmp_path):
    folder = write_library(tmp_path / "l", [encoded(0, stylemaps(1)[0])])
    part_path(folder, 0).write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"part-00000000\.parquet is damaged"):
        read_stylemaps(folder)


def test_photos_are_read_from_the_source_and_refused_if_they_changed(tmp_path):
    (tmp_path / "a.png").write_bytes(b"other content")
    photos = LibraryPhotos(tmp_path)
    known = LibraryPhoto(name="a.png", sha256=bytes(32), square=WHOLE, fit="good")
    with pytest.raises(DataError, match="has changed since it was encoded"):
        photos.read(known)
    missing = LibraryPhoto(name="b.png", sha256=bytes(32), square=WHOLE, fit="good")
    with pytest.raises(DataError, match=r"b\.png is not in"):
        photos.read(missing)
