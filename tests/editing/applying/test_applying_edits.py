"""An edit of many photos is the edit of each, whatever holds them and whoever does the work."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from many_photos import IN_THE_MIDDLE, clouds, contents, manifest, results, write_tar, write_zip
from PIL import Image

from stylemapgan import checkpoints, zoo
from stylemapgan.config.engine import EngineConfig
from stylemapgan.editing import BoxMask, CroppedPhoto, Edit, OnnxEditor, Part, Push
from stylemapgan.editing.applying import ApplyConfig, ChosenModel, apply_edit, read_edit
from stylemapgan.editing.applying.output_names import output_names
from stylemapgan.editing.directions import direction_named, read_directions
from stylemapgan.editing.parts import read_parts
from stylemapgan.editing.photo import FullPhoto, foreground_square, paste_back
from stylemapgan.errors import DataError, EditError, ImageError

NAMES = {"0.png", "1.png", "2.png", "3.png", "4.png", "winter/snow.JPG"}


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def edited_alone(editor, photo: Path, reference: CroppedPhoto) -> np.ndarray:
    """What the Python interface makes of one photo and the edit of `edit_file`."""
    box = BoxMask(x=4, y=4, width=16, height=12)
    lower = BoxMask(x=10, y=16, width=12, height=12)
    edit = Edit(
        parts=(
            Part(
                reference=reference, mask=box, shift=(-2, 4), rotation=20.0, scale=1.2, strength=0.8
            ),
            Part(reference=reference, mask=lower, space="w"),
        )
    )
    ours = CroppedPhoto.read(photo)
    pasted = paste_back(
        ours.photo,
        ours.square,
        editor.reconstruct(ours),
        editor.edit(ours, edit),
        edit.touched(editor.image_size),
        references=editor.placed_references(edit),
    )
    return np.asarray(pasted.pixels)


def test_each_photo_gets_what_the_edit_does_to_it_alone(tmp_path, photos, edit_file, saved, tiny):
    apply_edit(saved, photos, tmp_path / "out", tiny, IN_THE_MIDDLE)
    assert contents(tmp_path / "out").keys() == NAMES | {"manifest.csv", "apply.json"}
    editor = OnnxEditor.load(tiny.name)
    reference = CroppedPhoto.read(edit_file.parent / "other.png")
    for name in sorted(NAMES - {"winter/snow.JPG"}):  # which is compressed
        expected = edited_alone(editor, photos / name, reference)
        difference = np.abs(pixels(tmp_path / "out" / name).astype(int) - expected)
        assert difference.max() <= 1, name
        assert (pixels(photos / name) != expected).any()


def test_pytorch_edits_as_onnx_does(tmp_path, photos, saved, tiny, tiny_checkpoint):
    file = tmp_path / "tiny.safetensors"
    checkpoints.write(file, tiny_checkpoint)
    torch = ChosenModel(name=str(file), engine_config=EngineConfig(precision="32-true"))
    for name, model in (("onnx", tiny), ("torch", torch)):
        apply_edit(saved, photos, tmp_path / name, model, IN_THE_MIDDLE)
    for name in NAMES:
        ours, theirs = (
            pixels(tmp_path / engine / name).astype(int) for engine in ("onnx", "torch")
        )
        assert np.abs(ours - theirs).max() <= 2


def test_the_number_of_workers_does_not_matter(tmp_path, photos, saved, tiny):
    seen = []
    apply_edit(saved, photos, tmp_path / "one", tiny, IN_THE_MIDDLE)
    apply_edit(
        saved, photos, tmp_path / "two", tiny, IN_THE_MIDDLE, workers=2,
        on_progress=lambda *progress: seen.append(progress),
    )  # fmt: skip
    assert results(tmp_path / "one") == results(tmp_path / "two")
    assert seen == [(done, 6) for done in range(7)]


def test_archives_and_shards_give_what_a_folder_gives(tmp_path, photos, saved, tiny):
    members = contents(photos)
    first, second = dict(list(members.items())[:3]), dict(list(members.items())[3:])
    for number, some in enumerate((first, second)):
        write_tar(tmp_path / f"shard-{number}.tar", some)
    sources = {
        "folder": photos,
        "zip": write_zip(tmp_path / "photos.zip", members),
        "tar": write_tar(tmp_path / "photos.tar", members),
        "shards": str(tmp_path / "shard-{0..1}.tar"),
    }
    found = {}
    for name, source in sources.items():
        apply_edit(saved, source, tmp_path / name, tiny, IN_THE_MIDDLE)
        found[name] = contents(tmp_path / name)
        del found[name]["manifest.csv"], found[name]["apply.json"]
    assert found["folder"].keys() == NAMES
    assert found["zip"] == found["tar"] == found["folder"]
    assert found["shards"] == {
        f"shard-{number}.tar/{name}": found["folder"][name]
        for number, some in enumerate((first, second))
        for name in some
    }


def test_the_manifest_has_a_row_for_each_photo(tmp_path, photos, saved, tiny):
    config = ApplyConfig()  # the square around what stands out
    applied = apply_edit(saved, photos, tmp_path / "out", tiny, config)
    rows = manifest(tmp_path / "out")
    assert [row["input"] for row in rows] == sorted(NAMES)
    assert [row["output"] for row in rows] == sorted(NAMES)
    for row in rows:
        square = foreground_square(FullPhoto.read(photos / row["input"]))
        expected = (square.x, square.y, square.side, square.rotation)
        given = [float(number) for number in row["square"].split(",")]
        assert given == pytest.approx(expected, abs=0.006)
        assert (row["fit"], row["warning"]) == ("unknown", "")
        assert float(row["seconds"]) >= 0
    assert (applied.edited, applied.misfits, applied.now) == (6, 0, 6)


@pytest.fixture
def exacting(tmp_path, tiny_checkpoint) -> ChosenModel:
    """A model that claims to reconstruct photos almost exactly."""
    path = tmp_path / "exacting.safetensors"
    errors = tuple(1e-6 * (1 + step) for step in range(11))
    checkpoints.write(path, replace(tiny_checkpoint, typical_errors=errors))
    return ChosenModel(name=str(path), engine_config=EngineConfig())


def test_photos_that_the_model_does_not_know_are_listed_and_not_edited(
    tmp_path, photos, saved, exacting
):
    with pytest.raises(DataError, match=r"None of the 6 photos.*the first, 0\.png: The model"):
        apply_edit(saved, photos, tmp_path / "out", exacting, IN_THE_MIDDLE)
    rows = manifest(tmp_path / "out")
    assert {row["input"] for row in rows} == NAMES
    assert {(row["output"], row["fit"]) for row in rows} == {("", "outside")}
    assert all("does not resemble" in row["warning"] for row in rows)
    assert contents(tmp_path / "out").keys() == {"manifest.csv", "apply.json"}

    all_of_them = replace(IN_THE_MIDDLE, accept="outside")
    applied = apply_edit(saved, photos, tmp_path / "all", exacting, all_of_them)
    rows = manifest(tmp_path / "all")
    assert applied.edited == 6
    assert all(row["output"] and "does not resemble" in row["warning"] for row in rows)


def test_files_that_cannot_be_used_are_listed_with_the_reason(tmp_path, photos, saved, tiny):
    (photos / "cut.png").write_bytes(clouds(3, 40, 40)[:200])
    (photos / "empty.jpg").touch()
    (photos / "film.gif").write_bytes(clouds(3, 40, 40, "gif"))
    (photos / "page.png").write_text("<html>")
    applied = apply_edit(saved, photos, tmp_path / "out", tiny, IN_THE_MIDDLE)
    reasons = {row["input"]: row["warning"] for row in manifest(tmp_path / "out")}
    assert "damaged" in reasons["cut.png"]
    assert "is empty" in reasons["empty.jpg"]
    assert "not supported in folders" in reasons["film.gif"]
    assert "web page" in reasons["page.png"]
    assert (applied.edited, applied.misfits) == (6, 4)
    assert contents(tmp_path / "out").keys() == NAMES | {"manifest.csv", "apply.json"}


def test_a_photo_without_a_face_is_a_misfit(tmp_path, photos, saved, tiny):
    pytest.importorskip("cv2")
    portrait = zoo.sample_pictures("faces-128")[0]
    shutil.copy(portrait, photos / "portrait.webp")
    config = ApplyConfig(find="face")
    saved = replace(saved, pictures=squared(saved))
    applied = apply_edit(saved, photos, tmp_path / "out", tiny, config)
    rows = {row["input"]: row for row in manifest(tmp_path / "out")}
    assert rows["portrait.webp"]["output"] == "portrait.webp"
    assert "No face was found" in rows["0.png"]["warning"]
    assert applied.edited == 1


def squared(saved):
    """The pictures of an edit, with squares."""
    square = CroppedPhoto.of_image(np.zeros((1, 3, 32, 32), np.float32)).square
    return {name: replace(picture, square=square) for name, picture in saved.pictures.items()}


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("same", {"a.png", "b.JPEG", "c.webp", "d.png", "e.f.png"}),
        ("png", {"a.png", "b.png", "c.png", "d.png", "e.f.png"}),
        ("jpeg", {"a.jpg", "b.JPEG", "c.jpg", "d.jpg", "e.f.jpg"}),
        ("webp", {"a.webp", "b.webp", "c.webp", "d.webp", "e.f.webp"}),
    ],
)
def test_names_stay_but_for_suffixes_of_other_formats(tmp_path, saved, tiny, form, expected):
    folder = tmp_path / "photos"
    folder.mkdir()
    kinds = {"a.png": "png", "b.JPEG": "jpeg", "c.webp": "webp", "d.bmp": "bmp", "e.f.tiff": "tiff"}
    for seed, (name, kind) in enumerate(kinds.items()):
        (folder / name).write_bytes(clouds(seed, 40, 40, kind))
    config = replace(IN_THE_MIDDLE, format=form)
    apply_edit(saved, folder, tmp_path / "out", tiny, config)
    assert contents(tmp_path / "out").keys() == expected | {"manifest.csv", "apply.json"}
    formats = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
    for name in expected:
        with Image.open(tmp_path / "out" / name) as picture:
            assert picture.format == formats[Path(name).suffix.lower()]


@pytest.mark.parametrize(
    ("names", "form"),
    [(("a.png", "a.jpg"), "png"), (("b/a.bmp", "b/a.png"), "same"), (("a.png", "A.png"), "same")],
)
def test_two_photos_that_would_get_one_name_are_refused_before_anything_is_done(
    tmp_path, saved, tiny, names, form
):
    archive = write_zip(tmp_path / "photos.zip", dict.fromkeys(names, clouds(1, 40, 40)))
    config = replace(IN_THE_MIDDLE, format=form)
    with pytest.raises(DataError, match="would both become") as caught:
        apply_edit(saved, archive, tmp_path / "out", tiny, config)
    assert all(name in str(caught.value) for name in names)
    assert not (tmp_path / "out").exists()


def test_no_name_in_an_archive_leads_out_of_the_folder(tmp_path, saved, tiny):
    names = ("/absolute.png", "//in/a.png")
    archive = write_zip(tmp_path / "photos.zip", dict.fromkeys(names, clouds(1, 40, 40)))
    apply_edit(saved, archive, tmp_path / "out", tiny, IN_THE_MIDDLE)
    written = {"absolute.png", "in/a.png", "manifest.csv", "apply.json"}
    assert contents(tmp_path / "out").keys() == written
    keys = ("../up", "in/../../side.png")  # a data set may name its pictures anything
    assert output_names(keys, "same") == ("_/up.png", "in/_/_/side.png")


def test_odd_names_stay_on_one_line_of_the_manifest(tmp_path, saved, tiny):
    folder = tmp_path / "photos"
    folder.mkdir()
    names = ['two\nlines, "quoted".png', "caf\udce9.png", "\u2028.png"]
    for seed, name in enumerate(names):
        (folder / name).write_bytes(clouds(seed, 40, 40))
    apply_edit(saved, folder, tmp_path / "out", tiny, IN_THE_MIDDLE)
    assert contents(tmp_path / "out").keys() == {*names, "manifest.csv", "apply.json"}
    spelled = {'two\\x0alines, "quoted".png', "caf\\udce9.png", "\u2028.png"}
    assert {row["input"] for row in manifest(tmp_path / "out")} == spelled
    again = apply_edit(saved, folder, tmp_path / "out", tiny, IN_THE_MIDDLE, resume=True)
    assert again.now == 0


def written(folder: Path, document: dict) -> Path:
    path = folder / "edit.json"
    path.write_text(json.dumps(document))
    return path


HANDS = ChosenModel(name="hands-64", engine_config=EngineConfig(engine="onnx"))


@pytest.fixture
def hands(tmp_path) -> Path:
    """Three photos of hands."""
    folder = tmp_path / "hands"
    folder.mkdir()
    for picture in zoo.sample_pictures("hands-64")[:3]:
        shutil.copy(picture, folder)
    return folder


def test_the_part_of_a_push_is_found_in_each_photo(tmp_path, hands):
    push = {"direction": "open-hand", "amount": 2, "mask": {"part": "fingers"}}
    path = written(tmp_path, {"model": "hands-64", "pushes": [push]})
    apply_edit(read_edit(path), hands, tmp_path / "out", HANDS, IN_THE_MIDDLE)
    editor = OnnxEditor.load("hands-64")
    parts = read_parts(zoo.parts_file("hands-64") or Path())
    directions = read_directions(zoo.directions_file("hands-64") or Path())
    direction = direction_named("open-hand", directions)
    for photo in sorted(hands.iterdir()):
        ours = CroppedPhoto.read(photo)
        w = editor.encode(ours.image(64))
        mask = parts.masks(editor, editor.resize(w))["fingers"]
        edit = Edit(pushes=(Push(direction=direction, amount=2.0, mask=mask),))
        before, after = editor.decode(w), editor.edit(w, edit)
        expected = np.asarray(paste_back(ours.photo, ours.square, before, after, mask).pixels)
        difference = np.abs(pixels(tmp_path / "out" / photo.name).astype(int) - expected)
        assert difference.max() <= 1


def test_the_part_of_a_reference_is_found_once(tmp_path, hands):
    reference = zoo.sample_pictures("hands-64")[3]
    part = {"reference": str(reference), "mask": {"part": "fingers"}}
    path = written(tmp_path, {"parts": [part]})
    apply_edit(read_edit(path), hands, tmp_path / "out", HANDS, IN_THE_MIDDLE)
    editor = OnnxEditor.load("hands-64")
    theirs = CroppedPhoto.of_sample(reference)
    w = editor.encode(theirs.image(64))
    mask = read_parts(zoo.parts_file("hands-64") or Path()).masks(editor, editor.resize(w))
    edit = Edit(parts=(Part(reference=theirs, mask=mask["fingers"]),))
    for photo in sorted(hands.iterdir()):
        ours = CroppedPhoto.read(photo)
        expected = paste_back(
            ours.photo,
            ours.square,
            editor.reconstruct(ours),
            editor.edit(ours, edit),
            mask["fingers"],
            references=editor.placed_references(edit),
        )
        difference = pixels(tmp_path / "out" / photo.name).astype(int) - np.asarray(expected.pixels)
        assert np.abs(difference).max() <= 1


def test_a_random_reference_supplies_no_pixels_of_its_own(tmp_path, hands):
    mask = {"box": [16, 0, 32, 32]}
    project = {
        "format": "stylemapgan-studio",
        "version": 2,
        "model": "hands-64",
        "pictures": [{"id": "r", "seed": 3, "photo": None, "square": None}],
        "edit": {"parts": [{"key": "p", "reference": "r", "mask": mask}], "pushes": []},
        "hidden": [],
        "morph": 1,
    }
    path = written(tmp_path, project)
    apply_edit(read_edit(path), hands, tmp_path / "out", HANDS, IN_THE_MIDDLE)
    editor = OnnxEditor.load("hands-64")
    mean = editor.mean_stylemap
    drawn = mean + np.float32(0.7) * (editor.sample(1, 3) - mean)
    edit = Edit(parts=(Part(reference=drawn, mask=BoxMask(x=16, y=0, width=32, height=32)),))
    photo = sorted(hands.iterdir())[0]
    ours = CroppedPhoto.read(photo)
    before, after = editor.reconstruct(ours), editor.edit(ours, edit)
    expected = paste_back(ours.photo, ours.square, before, after, edit.touched(64))
    difference = pixels(tmp_path / "out" / photo.name).astype(int) - np.asarray(expected.pixels)
    assert np.abs(difference).max() <= 1


def part(reference: str, **mask: object) -> dict:
    return {"parts": [{"reference": reference, "mask": mask}]}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"pushes": [{"direction": "smile", "amount": 1}]}, "no directions"),
        (part("other.png", part="a"), "no parts"),
        (part("other.png", box=[30, 0, 8, 8]), "reaches outside"),
        (part("page.png", box=[0, 0, 8, 8]), r"The reference page\.png: .*web page"),
    ],
)
def test_edits_that_do_not_fit_the_model_are_refused_before_anything_is_written(
    tmp_path, photos, tiny, document, message
):
    (tmp_path / "other.png").write_bytes(clouds(7, 40, 40))
    (tmp_path / "page.png").write_text("<html>")
    saved = read_edit(written(tmp_path, document))
    with pytest.raises((EditError, ImageError), match=message):
        apply_edit(saved, photos, tmp_path / "out", tiny, IN_THE_MIDDLE)
    assert not (tmp_path / "out").exists()


def test_unknown_names_are_refused_with_the_known_ones(tmp_path, hands):
    part = {"direction": "open-hand", "amount": 2, "mask": {"part": "tail"}}
    for push, known in ((part, "fingers"), ({"direction": "fly", "amount": 1}, "open-hand")):
        saved = read_edit(written(tmp_path, {"pushes": [push]}))
        with pytest.raises(EditError, match=f"Unknown .*known are: .*{known}"):
            apply_edit(saved, hands, tmp_path / "out", HANDS, IN_THE_MIDDLE)
    assert not (tmp_path / "out").exists()


def test_detail_of_references_can_be_left_out(tmp_path, photos, saved, tiny):
    apply_edit(saved, photos, tmp_path / "with", tiny, IN_THE_MIDDLE)
    plain = replace(IN_THE_MIDDLE, detail=False)
    apply_edit(saved, photos, tmp_path / "without", tiny, plain)
    assert (pixels(tmp_path / "with/4.png") != pixels(tmp_path / "without/4.png")).any()
