"""Copies are found whatever was done to them; different pictures are left alone."""

import csv
import io
from itertools import combinations

import numpy as np
import pytest
from picture_sources import png, write_folder
from PIL import Image
from prepared_pictures import smooth_noise

from stylemapgan.data.preparing import PrepareConfig, prepare
from stylemapgan.data.preparing.duplicates import (
    NEAR_IN_COLOUR,
    difference_hashes,
    duplicate_groups,
)


def encoded(picture: Image.Image, kind: str = "PNG", **settings: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **settings)
    return buffer.getvalue()


def naive_hash(thumbnail: np.ndarray) -> int:
    bits = ""
    for row in thumbnail.tolist():
        grey = [299 * r + 587 * g + 114 * b for r, g, b in row]
        bits += "".join("1" if grey[i + 1] > grey[i] else "0" for i in range(8))
    return int(bits, 2)


def test_hashes_agree_with_a_naive_loop():
    thumbnails = np.random.default_rng(0).integers(0, 256, (20, 8, 9, 3)).astype(np.uint8)
    assert difference_hashes(thumbnails).tolist() == [naive_hash(each) for each in thumbnails]


@pytest.mark.parametrize("distance", [0, 1, 2, 3, 7])
def test_groups_agree_with_comparing_all_with_all(distance):
    generator = np.random.default_rng(1)
    originals = generator.integers(0, 256, (25, 8, 9, 3)).astype(np.uint8)
    touched = np.repeat(originals, 12, axis=0).astype(int)
    touched += generator.integers(-6, 7, touched.shape) * generator.integers(0, 3, (300, 1, 1, 1))
    thumbnails = touched.clip(0, 255).astype(np.uint8)

    hashes = [naive_hash(thumbnail) for thumbnail in thumbnails]
    groups: list[set[int]] = [{index} for index in range(len(thumbnails))]
    pairs = 0
    for i, j in combinations(range(len(thumbnails)), 2):
        bits = (hashes[i] ^ hashes[j]).bit_count()
        if bits > distance:
            continue
        colour = np.abs(thumbnails[i].astype(int) - thumbnails[j].astype(int)).mean()
        if colour <= NEAR_IN_COLOUR:
            pairs += 1
            one = next(group for group in groups if i in group)
            other = next(group for group in groups if j in group)
            if one is not other:
                one |= other
                groups.remove(other)
    assert pairs > 25, "the case is too easy"
    expected = sorted(sorted(group) for group in groups if len(group) > 1)
    assert duplicate_groups(thumbnails, distance) == expected


def test_thirty_thousand_pictures_are_compared_in_seconds():
    generator = np.random.default_rng(2)
    thumbnails = generator.integers(0, 256, (30_000, 8, 9, 3)).astype(np.uint8)
    thumbnails[10_000:15_000] = 0  # as many black frames as a film has
    thumbnails[29_999] = thumbnails[7]
    groups = duplicate_groups(thumbnails, 2)
    assert groups == [[7, 29_999], list(range(10_000, 15_000))]


def test_no_pictures_have_no_duplicates():
    assert duplicate_groups(np.zeros((0, 8, 9, 3), np.uint8), 2) == []


@pytest.fixture
def copies() -> dict[str, bytes]:
    """Three scenes, of which two come in several copies, and flat pictures of two colours."""
    scenes = [smooth_noise(seed, 96, 96) for seed in range(3)]
    return {
        "a.png": encoded(scenes[0]),
        "b.png": encoded(scenes[1]),
        "c.png": encoded(scenes[2]),
        "d-recompressed.jpg": encoded(scenes[0], "JPEG", quality=60),
        "e-smaller.png": encoded(scenes[0].resize((64, 64), Image.Resampling.LANCZOS)),
        "f-larger.jpg": encoded(scenes[1].resize((200, 200)), "JPEG", quality=80),
        "g-grey.png": png(90, 64),
        "h-brighter.png": png(150, 64),
    }


def rows(path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def test_resized_and_recompressed_copies_are_reported(tmp_path, copies):
    source = write_folder(tmp_path / "in", copies)
    prepared = prepare(source, tmp_path / "out", PrepareConfig(size=64, validation=0.0))
    found = [(row["group"], row["file"]) for row in rows(tmp_path / "out" / "duplicates.csv")]
    assert found == [
        ("1", "a.png"),
        ("1", "d-recompressed.jpg"),
        ("1", "e-smaller.png"),
        ("2", "b.png"),
        ("2", "f-larger.jpg"),
    ]
    assert prepared.parts == {"train": 8}, "they are only reported"
    assert prepared.duplicate_groups == 2


def test_dropping_keeps_the_first_of_each_group(tmp_path, copies):
    source = write_folder(tmp_path / "in", copies)
    settings = PrepareConfig(size=64, validation=0.0, drop_duplicates=True)
    prepared = prepare(source, tmp_path / "out", settings)
    kept = {path.name for path in (tmp_path / "out" / "train").iterdir()}
    assert kept == {"a.png", "b.png", "c.png", "g-grey.png", "h-brighter.png"}
    assert prepared.dropped == 3
    dropped = [
        row["file"][0]
        for row in rows(tmp_path / "out" / "duplicates.csv")
        if row["part"] == "dropped"
    ]
    assert dropped == ["d", "e", "f"]


def test_copies_in_two_parts_are_counted(tmp_path):
    source = write_folder(
        tmp_path / "in", {f"{i}.png": encoded(smooth_noise(0, 32, 32)) for i in range(9)}
    )
    settings = PrepareConfig(size=32, validation=0.5)
    assert prepare(source, tmp_path / "out", settings).duplicate_groups_across_parts == 1


def test_different_photos_of_hands_are_not_taken_for_copies(tmp_path, hands):
    prepared = prepare(hands / "val", tmp_path / "out", PrepareConfig(size=64))
    assert prepared.duplicate_groups == 0
