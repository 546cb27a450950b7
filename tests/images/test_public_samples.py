"""Pictures that other projects test with are read as they look, or refused in one line.

They are not part of this repository. To get them (47 MB; needs pybind11 beside pip):

    pip download --no-deps --no-binary :all: --no-build-isolation -d samples pillow==13.0.0 pypng
    cd samples && for each in *.tar.gz; do tar xf $each; done

and name the folder `samples` in the environment variable STYLEMAPGAN_SAMPLES. A folder of the
complete PngSuite below it is tested too.
"""

import os
import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylemapgan.editing.photo import FullPhoto
from stylemapgan.errors import ImageError
from stylemapgan.images import read_pixels
from stylemapgan.images.formats import FORMATS

FOLDER = os.environ.get("STYLEMAPGAN_SAMPLES")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER, reason="STYLEMAPGAN_SAMPLES names no folder; see this file"),
    pytest.mark.filterwarnings("ignore:.*:UserWarning"),
]


@pytest.fixture(scope="module")
def samples() -> Path:
    return Path(FOLDER or "")


def found(samples: Path, pattern: str) -> list[Path]:
    paths = sorted(samples.rglob(pattern))
    if not paths:
        pytest.skip(f"no {pattern} below {samples}")
    return paths


def is_black(path: Path) -> bool:
    """Whether Pillow alone finds nothing but black in a picture, or none that can be told."""
    with Image.open(path, formats=FORMATS) as picture:
        deep = picture.mode in ("F", "I") or picture.mode.startswith("I;")
        return not np.asarray(picture if deep else picture.convert("RGB")).any()


def test_every_file_is_read_or_refused_in_one_line_and_none_becomes_black(samples):
    read, blackened = 0, []
    for path in found(samples, "Tests/images/**/*"):
        if not path.is_file():
            continue
        try:
            pixels = read_pixels(path)
        except ImageError as error:
            assert str(error).startswith(str(path))  # noqa: PT017 - most files raise nothing
            assert "\n" not in str(error)  # noqa: PT017
            continue
        read += 1
        np.testing.assert_array_equal(FullPhoto.read(path).upright_srgb(), pixels, str(path))
        if not pixels.any() and not is_black(path):
            blackened.append(path.name)
    assert read > 500
    assert not blackened


@pytest.mark.parametrize(
    "pattern",
    [
        "g4_orientation_?.tif",
        "hopper_orientation_?.jpg",
        "hopper_orientation_?.webp",
        "rot?mir?.avif",
    ],
)
def test_turned_pictures_look_alike(samples, pattern):
    paths = found(samples, pattern)
    assert len(paths) >= 7
    first = read_pixels(paths[0], 32).astype(int)
    least_if_turned = min(np.abs(first - each).mean() for each in (first[::-1], first[:, ::-1]))
    for path in paths:
        assert read_pixels(path).shape == read_pixels(paths[0]).shape
        assert np.abs(first - read_pixels(path, 32)).mean() < least_if_turned / 3


def test_pngsuite_is_read_and_its_broken_files_are_refused(samples):
    suite = runpy.run_path(str(found(samples, "pngsuite.py")[0]))["png"]
    assert len(suite) >= 28
    for name, content in suite.items():
        pixels = read_pixels(content)
        assert pixels.any(), name
    broken = {path for path in samples.rglob("x??n?[gc]0?.png") if not path.stem.startswith("xcs")}
    for path in sorted(broken):  # but for xcs: its pixels are whole
        with pytest.raises(ImageError, match=r"is damaged|format not supported") as caught:
            read_pixels(path)
        assert "\n" not in str(caught.value)
