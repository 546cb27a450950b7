"""Collections of photos are encoded into Parquet files, one row a photo, whatever interrupts."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from stylemapgan.editing.encoding import EncodeConfig, encode_photos, read_stylemaps
from stylemapgan.errors import DataError
from stylemapgan.images import read

pq = pytest.importorskip("pyarrow.parquet")

CONFIG = EncodeConfig(find="middle", photos_per_file=4)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.parquet"))}


def test_each_photo_has_a_row_with_its_stylemap_or_the_reason_why_not(photos, model, tmp_path):
    encoded = encode_photos(photos, tmp_path / "out", model, CONFIG)
    assert (encoded.photos, encoded.encoded, encoded.left_out) == (11, 10, 1)
    assert len(contents(tmp_path / "out")) == 3
    found = read_stylemaps(tmp_path / "out")
    assert found.names == [f"{'a' if number < 5 else 'b'}/{number}.png" for number in range(10)]
    editor = model.open()
    for name, stylemap in zip(found.names, found.stylemaps, strict=True):
        alone = np.asarray(editor.encode(read(photos / name, 32)))[0]
        np.testing.assert_allclose(stylemap, alone, rtol=2e-3, atol=2e-3)
    rows = found.table.to_pylist()
    broken = rows[-1]
    assert broken["photo"] == "b/broken.jpg"
    assert broken["stylemap"] is None
    assert broken["problem"]
    first = rows[0]
    assert first["sha256"] == hashlib.sha256((photos / "a" / "0.png").read_bytes()).digest()
    assert first["square"] == {"x": 25.0, "y": 20.0, "side": 40.0, "rotation": 0.0}
    shown = np.asarray(editor.reconstruct(read(photos / "a" / "0.png", 32)))
    error = np.square(shown - read(photos / "a" / "0.png", 32)).mean()
    assert first["error"] == pytest.approx(error, rel=1e-3)


def test_several_workers_write_the_same_files(photos, model, tmp_path):
    encode_photos(photos, tmp_path / "one", model, CONFIG)
    encode_photos(photos, tmp_path / "two", model, CONFIG, workers=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_only_missing_files_are_made_when_it_resumes(photos, model, tmp_path):
    out = tmp_path / "out"
    encode_photos(photos, out, model, CONFIG)
    before = contents(out)
    (out / "part-00000001.parquet").unlink()
    with pytest.raises(DataError, match="--resume"):
        encode_photos(photos, out, model, CONFIG)
    again = encode_photos(photos, out, model, CONFIG, resume=True)
    assert again.now == 4
    assert contents(out) == before
    other = EncodeConfig(find="middle", photos_per_file=8)
    with pytest.raises(DataError, match="photos_per_file"):
        encode_photos(photos, out, model, other, resume=True)


def test_without_measuring_fits_stylemaps_are_the_same(photos, model, tmp_path):
    encode_photos(photos, tmp_path / "fit", model, CONFIG)
    quick = EncodeConfig(find="middle", photos_per_file=4, fit=False)
    encode_photos(photos, tmp_path / "quick", model, quick)
    with_fit, without = (read_stylemaps(tmp_path / name) for name in ("fit", "quick"))
    np.testing.assert_array_equal(with_fit.stylemaps, without.stylemaps)
    assert without.table["error"].null_count == 11


def test_a_file_names_the_model_and_can_be_mapped_into_memory(photos, model, tmp_path):
    encode_photos(photos, tmp_path / "out", model, CONFIG)
    found = read_stylemaps(tmp_path / "out")
    assert found.about["model"] == model.digest()
    metadata = pq.read_metadata(tmp_path / "out" / "part-00000000.parquet")
    column = metadata.row_group(0).column(metadata.num_columns - 1)
    assert column.path_in_schema.startswith("stylemap")
    assert column.compression == "UNCOMPRESSED"
    assert "PLAIN" in column.encodings
    assert not any("DICTIONARY" in encoding for encoding in column.encodings)


def test_a_source_without_usable_photos_is_refused_with_the_first_reason(model, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match="None of the 1 photos"):
        encode_photos(tmp_path / "in", tmp_path / "out", model, CONFIG)
    with pytest.raises(DataError, match="stylemapgan encode"):
        read_stylemaps(tmp_path / "in")


def test_a_killed_run_resumes_and_ends_with_the_same_files(photos, model, tmp_path):
    arguments = [
        *(sys.executable, "-m", "stylemapgan", "encode", str(photos)),
        *("--model", model.name, "--find", "middle", "--photos-per-file", "1", "--workers", "1"),
    ]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run([*arguments[:5], str(whole), *arguments[5:]], check=True, capture_output=True)
    interrupted = [*arguments[:5], str(killed), *arguments[5:]]
    process = subprocess.Popen(interrupted, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not list(killed.glob("*.parquet")) and process.poll() is None:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    subprocess.run([*interrupted, "--resume"], check=True, capture_output=True)
    assert contents(killed) == contents(whole)
    assert sum(pq.read_metadata(path).num_rows for path in killed.glob("*.parquet")) == 11
