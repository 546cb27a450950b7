"""What the bundle of faces-128 is made with does what it says."""

import numpy as np
import pytest
from tools.faces.directions import only_inside, without_trend
from tools.faces.measuring import by_group, sharpness
from tools.faces.parts import named_by, spherical_k_means
from tools.faces.portraits import Portrait
from tools.faces.tables import replace_measured, table

from stylemapgan.errors import DataError


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def test_clusters_are_the_mean_directions_of_bundles(random):
    bundles = unit(np.repeat(np.eye(4)[:3], 20, axis=0) + 0.1 * random.normal(size=(60, 4)))
    vectors = bundles.astype(np.float32)
    centroids = spherical_k_means(vectors, 3)
    np.testing.assert_allclose(np.linalg.norm(centroids, axis=1), 1, rtol=1e-5)
    best = (vectors @ centroids.T).max(axis=1).mean()
    means = unit(bundles.reshape(3, 20, 4).sum(axis=1))
    assert best >= (bundles @ means.T).max(axis=1).mean() - 0.05


def test_clusters_are_named_by_the_pixels_they_cover():
    # two pictures of 2x2 positions and 4x4 pixels; two groups, by the first coordinate
    positions = np.array([[1, 0], [0, 1], [1, 0], [0, 1]] * 2, np.float32)
    truth = np.zeros((2, 4, 4), int)
    truth[:, :, 2:] = 3  # right halves
    truth[0, 0, 0] = 5
    owners = named_by(positions, np.eye(2, dtype=np.float32), truth)
    assert owners.tolist() == [0, 3]


def test_what_follows_a_quantity_is_removed_and_nothing_else(random):
    values = random.normal(size=50)
    own = random.normal(size=(50, 3, 4, 4))
    centred = values - values.mean()
    own -= np.multiply.outer(centred, np.tensordot(centred, own, axes=1)) / (centred @ centred)
    slope = random.normal(size=(3, 4, 4))
    mixed = own + values[:, None, None, None] * slope

    left = without_trend(mixed, values)

    np.testing.assert_allclose(left - left.mean(axis=0), own - own.mean(axis=0), atol=1e-4)


def test_only_cells_inside_a_box_are_kept():
    kept = only_inside(np.ones((1, 2, 4, 4)), (0.25, 0.5, 1.0, 1.0))
    expected = np.zeros((4, 4))
    expected[2:, 1:] = 1
    np.testing.assert_array_equal(kept[0, 0], expected)


def test_groups_are_counted_by_person_and_averaged_by_portrait(tmp_path):
    def portrait(person: str, age: str, expression: str) -> Portrait:
        return Portrait(
            path=tmp_path / f"{person}_{expression}.jpg",
            person=person,
            expression=expression,
            age=age,
            gender="female",
            ethnicity="",
            landmarks=np.zeros((468, 2), np.float32),
        )

    portraits = [portrait("1", "24", "neutral"), portrait("1", "24", "smiling")]
    portraits.append(portrait("2", "NA", "neutral"))
    found = {row[:2]: row[2:] for row in by_group(portraits, np.array([1.0, 3.0, 8.0]))}
    assert found[("age", "18-24")] == (1, 2.0)
    assert found[("age", "not given")] == (1, 8.0)
    assert found[("gender", "female")] == (2, 4.0)
    assert found[("ethnicity", "not given")] == (2, 4.0)
    assert found[("expression", "neutral")] == (2, 4.5)


def test_sharpness_is_a_share_of_the_photos_gradients(random):
    photos = random.normal(size=(2, 3, 8, 8)).astype(np.float32)
    assert sharpness(photos, photos) == pytest.approx(1)
    assert sharpness(photos, 0.5 * photos + 3) == pytest.approx(0.5, rel=1e-5)


def test_measured_figures_replace_the_former_ones_in_their_place(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "a\n<!-- measured: x -->\nold\n<!-- end -->\nb\n<!-- measured: y -->\n<!-- end -->\n"
    )
    for _ in range(2):
        replace_measured(page, "x", table(["n", "v"], [["a", "1"]]))
    assert page.read_text() == (
        "a\n<!-- measured: x -->\n| n | v |\n| --- | ---: |\n| a | 1 |\n<!-- end -->\nb\n"
        "<!-- measured: y -->\n<!-- end -->\n"
    )
    with pytest.raises(DataError, match="has 0 places for 'z'"):
        replace_measured(page, "z", "")
