"""Any source comes out in any form, split as the settings say."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from picture_sources import records, write_folder, write_lmdb, write_shards, write_tar, write_zip
from PIL import Image
from prepared_pictures import noisy_picture, tree

from stylemapgan.data.preparing import PrepareConfig, Prepared, prepare
from stylemapgan.data.sources import Record, decode, open_source
from stylemapgan.data.sources.webdataset import count_pictures
from stylemapgan.errors import DataError
from stylemapgan.images import read_pixels

COUNT = 12
CONTENTS = [noisy_picture(seed, 40, 32) for seed in range(COUNT)]
NAMED = {f"person-{i % 4}/photo {i:02d}.png": content for i, content in enumerate(CONTENTS)}
SMALL = PrepareConfig(size=32, validation=0.3, test=0.2)


def folder_source(tmp_path: Path) -> str:
    return str(write_folder(tmp_path / "in", NAMED))


def zip_source(tmp_path: Path) -> str:
    return str(write_zip(tmp_path / "in.zip", NAMED))


def tar_source(tmp_path: Path) -> str:
    return str(write_tar(tmp_path / "in.tar", NAMED))


def lmdb_source(tmp_path: Path) -> str:
    pytest.importorskip("lmdb")
    values = {f"40-{i:05d}": content for i, content in enumerate(CONTENTS)}
    return str(write_lmdb(tmp_path / "in.lmdb", {**values, "length": str(COUNT).encode()}))


def shards_source(tmp_path: Path) -> str:
    write_shards(tmp_path / "in", CONTENTS, [5, 4, 3])
    return str(tmp_path / "in" / "s-{000..002}.tar")


SOURCES = [folder_source, zip_source, tar_source, lmdb_source, shards_source]


def places(out: Path, prepared: Prepared) -> dict[str, str]:
    """Say what opens each part."""
    return {
        part: str(next((p for p in (out / part, out / f"{part}.zip") if p.exists()), ""))
        or str(out / f"{part}-*.tar")
        for part in prepared.parts
    }


@pytest.mark.parametrize("into", ["folder", "zip", "shards"])
@pytest.mark.parametrize("make", SOURCES)
def test_any_source_comes_out_in_any_form_with_the_same_pixels(tmp_path, make, into):
    out = tmp_path / "out"
    settings = PrepareConfig(
        size=32, validation=0.3, test=0.2, into=into, shard_pictures=3, format="png"
    )
    prepared = prepare(make(tmp_path), out, settings)

    found = [
        read_pixels(record.content).tobytes()
        for place in places(out, prepared).values()
        for record in records(open_source(place))
    ]
    wanted = [np.asarray(decode(Record("", each), 32)).tobytes() for each in CONTENTS]
    assert sum(prepared.parts.values()) == COUNT == prepared.found
    assert sorted(found) == sorted(wanted)


def test_the_forms_hold_the_same_names_and_bytes(tmp_path):
    source = folder_source(tmp_path)
    seen = []
    for into in ("folder", "zip", "shards"):
        settings = PrepareConfig(size=32, validation=0.4, into=into, shard_pictures=100)
        prepared = prepare(source, tmp_path / into, settings)
        seen.append(
            {
                part: {r.name.split(".tar/")[-1]: r.content for r in records(open_source(place))}
                for part, place in places(tmp_path / into, prepared).items()
            }
        )
    assert seen[0] == seen[1] == seen[2]
    assert set(seen[0]) == {"train", "val"}
    every = seen[0]["train"] | seen[0]["val"]
    assert set(every) == set(NAMED)


def test_an_index_counts_the_pictures_of_each_shard(tmp_path):
    out = tmp_path / "out"
    settings = PrepareConfig(size=32, validation=0.0, into="shards", shard_pictures=5)
    prepare(folder_source(tmp_path), out, settings)
    names = [f"train-{number:06d}.tar" for number in range(3)]
    index = json.loads((out / "index.json").read_text())
    assert index == {"shards": dict(zip(names, (5, 5, 2), strict=True))}
    shards = [str(out / name) for name in names]
    (out / "index.json").unlink()
    assert count_pictures(shards) == [5, 5, 2]


@pytest.mark.parametrize(("format_name", "suffix"), [("jpeg", ".jpg"), ("webp", ".webp")])
def test_other_formats_lose_little(tmp_path, format_name, suffix):
    ramp = np.linspace(0, 255, 32).astype(np.uint8)
    pixels = np.stack(np.broadcast_arrays(ramp[:, None], ramp[None], np.uint8(128)), axis=-1)
    (tmp_path / "in").mkdir()
    Image.fromarray(pixels).save(tmp_path / "in" / "a.png")
    settings = PrepareConfig(size=32, validation=0.0, format=format_name)
    prepare(tmp_path / "in", tmp_path / "out", settings)
    found = read_pixels(tmp_path / "out" / "train" / f"a{suffix}")
    assert np.abs(found.astype(int) - pixels).mean() < 3


def test_a_split_by_participant_never_mixes(tmp_path):
    people = [f"p{i % 6}" for i in range(60)]
    pictures = {f"{i:02d}.png": noisy_picture(i, 32, 32) for i in range(60)}
    source = write_folder(tmp_path / "in", pictures)
    labels = tmp_path / "labels.csv"
    rows = [f"{100 + i},{i:02d}.png,{person}" for i, person in enumerate(people)]
    labels.write_text("\n".join(["number,file,participant", *rows]))
    settings = PrepareConfig(size=32, validation=0.4, split_by="participant", labels=labels, seed=1)
    prepared = prepare(source, tmp_path / "out", settings)
    assert len(prepared.parts) == 2, "the seed leaves a part empty"
    of = {
        part: {people[int(path.stem)] for path in (tmp_path / "out" / part).glob("*.png")}
        for part in prepared.parts
    }
    assert not of["train"] & of["val"]
    assert of["train"] | of["val"] == set(people)


def test_a_split_by_folder_never_mixes(tmp_path):
    settings = PrepareConfig(size=32, validation=0.5, split_by="folder")
    prepare(folder_source(tmp_path), tmp_path / "out", settings)
    folders = [{p.name for p in (tmp_path / "out" / part).iterdir()} for part in ("train", "val")]
    assert not folders[0] & folders[1]
    assert len(folders[0] | folders[1]) == 4


def test_pictures_stay_in_their_part_when_others_come(tmp_path):
    prepare(folder_source(tmp_path), tmp_path / "before", SMALL)
    more = {f"new/{i}.png": noisy_picture(100 + i, 32, 32) for i in range(5)}
    write_folder(tmp_path / "in", more)
    prepare(tmp_path / "in", tmp_path / "after", SMALL)
    before = {name for name in tree(tmp_path / "before") if name.endswith(".png")}
    after = {name for name in tree(tmp_path / "after") if name.endswith(".png")}
    assert before < after
    assert len(after - before) == 5


def test_pictures_that_the_labels_do_not_mention_are_skipped(tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text("file,who\nphoto 00.png,a\nphoto 01.png,b\nphoto 02.png,\n")
    settings = PrepareConfig(size=32, split_by="who", labels=labels)
    prepared = prepare(folder_source(tmp_path), tmp_path / "out", settings)
    assert prepared.skipped == COUNT - 2
    with (tmp_path / "out" / "skipped.csv").open() as file:
        assert {row["reason"] for row in csv.DictReader(file)} == {"has no who in the labels."}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("file,who\nphoto 00.png,a\nphoto 00.png,b\n", "two values of who: a and b"),
        ("file,age\n", "no column 'who'; its columns are file, age"),
        ("file,who\nother.png,a\n", "no row for any of the 12 pictures"),
    ],
)
def test_labels_of_no_use_are_explained(tmp_path, table, message):
    labels = tmp_path / "labels.csv"
    labels.write_text(table)
    settings = PrepareConfig(size=32, split_by="who", labels=labels)
    with pytest.raises(DataError, match=message):
        prepare(folder_source(tmp_path), tmp_path / "out", settings)


def test_a_second_run_does_nothing(tmp_path):
    source, out = folder_source(tmp_path), tmp_path / "out"
    first = prepare(source, out, SMALL)
    times = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    second = prepare(source, out, SMALL)
    assert second.already
    assert not first.already
    assert second.parts == first.parts
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == times
    assert not (out / ".prepare").exists()


def test_what_was_deleted_comes_again(tmp_path):
    source, out = folder_source(tmp_path), tmp_path / "out"
    settings = PrepareConfig(size=32, into="zip")
    prepare(source, out, settings)
    whole = tree(out)
    (out / "train.zip").unlink()
    assert not prepare(source, out, settings).already
    assert tree(out) == whole


def test_other_settings_and_other_pictures_are_refused(tmp_path):
    source, out = folder_source(tmp_path), tmp_path / "out"
    prepare(source, out, SMALL)
    with pytest.raises(DataError, match=r"size 32 \(now 64\)"):
        prepare(source, out, PrepareConfig(size=64, validation=0.3, test=0.2))
    (tmp_path / "in" / "another.png").write_bytes(CONTENTS[0])
    with pytest.raises(DataError, match="other pictures"):
        prepare(source, out, SMALL)


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    source = folder_source(tmp_path)
    write_folder(tmp_path / "mine", {"diary.txt": b"dear"})
    with pytest.raises(DataError, match="is not empty"):
        prepare(source, tmp_path / "mine", SMALL)
    assert tree(tmp_path / "mine").keys() == {"diary.txt"}


def test_pictures_are_not_prepared_into_their_own_folder(tmp_path):
    source = folder_source(tmp_path)
    with pytest.raises(DataError, match="lies inside"):
        prepare(source, tmp_path / "in" / "prepared", SMALL)


def test_a_source_without_one_good_picture_is_refused(tmp_path):
    source = write_folder(tmp_path / "in", {"a.png": b"<html>"})
    with pytest.raises(DataError, match=r"None of the 1 pictures .* a\.png, format not supported"):
        prepare(source, tmp_path / "out", SMALL)


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 8},
        {"validation": 0.6, "test": 0.4},
        {"validation": -0.1},
        {"shard_pictures": 0},
        {"duplicate_distance": 8},
        {"split_by": "participant"},
    ],
)
def test_nonsense_is_refused(wrong):
    with pytest.raises(DataError):
        PrepareConfig(**wrong)
