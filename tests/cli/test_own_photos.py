"""Commands edit whole photos, find the square the model sees, and say where files come from."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from stylemapgan import checkpoints, images, zoo
from stylemapgan.editing import Editor, open_editor
from stylemapgan.editing.framing import Framing, write_framing
from stylemapgan.images.levels import to_bytes

EDITED = b"digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
GENERATED = b"digitalsourcetype/trainedAlgorithmicMedia"
TAG = b"digitalsourcetype"
LYING = 6
"""EXIF: the camera was turned, so the file's rows are the photo's columns."""
CREATOR = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax'
    b'-ns#"><r:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:creator="Ada"/></r:RDF>'
    b"</x:xmpmeta>"
)


@pytest.fixture
def scene(tmp_path, monkeypatch) -> Path:
    """A hand in a large photo, 1200 wide and 900 high, whose file lies on its side.

    The hand's square has its centre at (700, 400) and a side of 448.
    """
    monkeypatch.chdir(tmp_path)
    hand = Image.open(zoo.sample_pictures("hands-64")[0]).convert("RGB")
    ground = np.full((900, 1200, 3), np.asarray(hand)[0, 0], np.int16)
    ground += np.random.default_rng(0).integers(-9, 10, ground.shape, dtype=np.int16)
    photo = Image.fromarray(np.clip(ground, 0, 255).astype(np.uint8))
    photo.paste(hand.resize((448, 448), Image.Resampling.BICUBIC), (700 - 224, 400 - 224))
    exif = Image.Exif()
    exif[0x0112] = LYING
    stored = photo.transpose(Image.Transpose.ROTATE_90)
    stored.save("scene.jpg", quality=92, exif=exif, xmp=CREATOR)
    return Path("scene.jpg")


def upright(path: Path | str) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(ImageOps.exif_transpose(picture).convert("RGB")).astype(int)


def changes(path: Path | str, scene: Path) -> np.ndarray:
    """Where two photos differ, as they are seen."""
    return (upright(path) != upright(scene)).any(axis=-1)


HANDS = ["--model", "hands-64"]
SQUARE = ["--square", "700,400,448"]
REFERENCE = zoo.sample_pictures("hands-64")[3]


def test_a_blend_changes_a_whole_photo_in_the_part_alone(run, scene):
    outcome = run(
        "blend", scene, REFERENCE, *HANDS, "--photo", *SQUARE, "--reference-square", "32,32,64",
        "--box", "32,0,16,32", "-o", "out.png",
    )  # fmt: skip
    assert outcome.code == 0
    assert outcome.out == "wrote out.png\n"

    changed = changes("out.png", scene)
    inside = np.zeros_like(changed)
    inside[400 - 224 : 400, 700 : 700 + 112] = True  # 7 pixels of the photo for one of the model
    near = np.zeros_like(changed)
    margin = 448 // 10
    near[400 - 224 - margin : 400 + margin, 700 - margin : 812 + margin] = True
    assert changed.shape == (900, 1200)
    assert not changed[~near].any()
    assert changed[inside].mean() > 0.5


@pytest.mark.parametrize("how", [[], ["--shift", "6,-4"], ["--rotation", "15", "--scale", "1.2"]])
def test_detail_of_a_large_reference_comes_into_a_whole_photo(run, scene, how):
    """The reference is the same hand in another large photo, with stripes that no model sees."""
    picture = np.asarray(ImageOps.exif_transpose(Image.open(scene))).astype(int)
    picture[:, ::2] += 12
    Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save("striped.png")
    shown = {}
    for option in ("--detail", "--no-detail"):
        outcome = run(
            "transplant", scene, "striped.png", "--photo", *SQUARE, "--reference-square",
            "700,400,448", "--box", "20,20,24,24", *how, option, "-o", "out.png",
        )  # fmt: skip
        assert outcome.code == 0, outcome.err
        shown[option] = upright("out.png")
    difference = abs(shown["--detail"] - shown["--no-detail"]).max(axis=-1)
    assert (difference > 4).sum() > 1_000
    assert not difference[:100].any()  # far from the part
    assert not difference[:, :400].any()


def test_detail_needs_no_square_of_the_reference(run, scene):
    outcome = run(
        "blend", scene, scene, "--photo", "--find", "foreground", "--box", "16,16,32,32",
        "-o", "out.png",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    # A part of the photo itself, in its place: the photo comes back.
    assert abs(upright("out.png") - upright(scene)).max() <= 2


def test_a_whole_photo_keeps_how_its_camera_was_held_and_who_made_it(run, scene):
    run("mix", scene, REFERENCE, *HANDS, "--photo", *SQUARE, "-o", "out.png")
    with Image.open("out.png") as picture:
        assert picture.size == (900, 1200)
        assert picture.getexif()[0x0112] == LYING
        assert b'dc:creator="Ada"' in picture.info["xmp"]
        assert EDITED in picture.info["xmp"]


def test_a_transplant_changes_a_whole_photo_where_the_part_lands(run, scene):
    outcome = run(
        "transplant", scene, REFERENCE, *HANDS, "--photo", *SQUARE, "--find", "middle",
        "--box", "0,0,16,16", "--shift", "32,32", "-o", "out.png",
    )  # fmt: skip
    assert outcome.code == 0
    changed = changes("out.png", scene)
    assert changed[400:512, 700:812].any()
    assert not changed[: 400 - 45].any()
    assert not changed[:, : 700 - 45].any()


def test_a_mix_changes_all_of_the_square(run, scene):
    run("mix", scene, REFERENCE, *HANDS, "--photo", *SQUARE, "-o", "out.png")
    changed = changes("out.png", scene)
    assert changed[400 - 224 : 400 + 224, 700 - 224 : 700 + 224].mean() > 0.5
    assert not changed[: 400 - 224 - 45].any()


def test_the_square_is_found_if_nobody_gives_it(run, scene):
    options = [*HANDS, "--photo", "--box", "16,16,32,32"]
    outcome = run("blend", scene, REFERENCE, *options, "-o", "out.png")
    found, found_in_reference, wrote = outcome.out.splitlines()
    assert found.startswith("found the square ")
    assert found.endswith("(x,y,side,rotation) in scene.jpg")
    assert found_in_reference.endswith(REFERENCE.name)
    assert wrote == "wrote out.png"

    again = [found.split()[3], found_in_reference.split()[3]]  # what was printed can be given
    by_hand = ["--square", again[0], "--reference-square", again[1]]
    outcome = run("blend", scene, REFERENCE, *options, *by_hand, "-o", "again.png")
    assert outcome.out == "wrote again.png\n"
    difference = np.abs(upright("again.png") - upright("out.png"))
    assert difference.mean() < 0.2  # the printed square is rounded


def test_a_square_without_a_whole_photo_is_all_the_model_sees(run, model, photos):
    given = ["--square", "40,24,32", "--box", "0,0,32,32"]
    run("blend", *photos[:2], *given, "--model", model, "-o", "out.png")

    editor = Editor.load(model)
    source = images.read(photos[0])[:, :, 8:40, 24:56]  # no pixel is resampled
    mask = images.box_mask((0, 0, 32, 32), 32)
    expected = to_bytes(editor.blend_w_plus(source, images.read(photos[1], 32), mask))[0]
    difference = np.abs(upright("out.png") - expected.astype(int))
    assert difference.max() <= 1


@pytest.mark.parametrize(
    ("command", "options"),
    [("reconstruct", []), ("interpolate", ["--steps", 2]), ("mix", [])],
)
def test_every_command_takes_the_middle_unless_told_otherwise(run, model, photos, command, options):
    given = [command, *photos[:2], *options, "--model", model]
    assert run(*given, "-o", "plain.png").out == "wrote plain.png\n"
    run(*given, "--find", "middle", "-o", "middle.png")
    run(*given, "--find", "foreground", "-o", "foreground.png")
    np.testing.assert_array_equal(upright("plain.png"), upright("middle.png"))
    assert Path("foreground.png").exists()


def test_found_squares_are_refined_unless_told_otherwise(run, model, photos, tmp_path):
    ours = tmp_path / "mine.safetensors"
    ours.write_bytes(Path(model).read_bytes())
    numbers = open_editor(model).config
    weights = np.zeros((numbers.style_channels * numbers.stylemap_size**2, 4), "f4")
    to_the_right = Framing(find="foreground", weights=weights, bias=np.array([0.1, 0, 0, 0], "f4"))
    write_framing(tmp_path / "mine.framing.safetensors", to_the_right)
    given = ["reconstruct", photos[0], "--model", ours, "--find", "foreground"]
    assert "found the square 32,24,48,0 " in run(*given, "--no-refine-square").out
    found = re.search(r"found the square ([\d.]+),", run(*given).out)
    assert found
    assert float(found[1]) == pytest.approx(32 + 0.1 * 48, abs=1)
    unlearned = ["reconstruct", photos[0], "--model", model, "--find", "foreground"]
    assert "found the square 32,24,48,0 " in run(*unlearned).out


def test_a_framing_needs_photos(run, model, photos, tmp_path):
    outcome = run("framing", tmp_path, "--model", model)
    assert outcome.code == 2
    assert "at least 50 photos and 1 square of each, got 3 photos" in outcome.err
    assert not Path("framing.safetensors").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("transplant --photo --morph 3 --box 0,0,8,8", "use only one"),
        ("blend --box 0,0,8,8 --square 1,2", "expected x,y,side or x,y,side,rotation"),
        ("blend --box 0,0,8,8 --square 1,2,a", "expected x,y,side or x,y,side,rotation"),
        ("blend --box 0,0,8,8 --square 1,2,0", "side must be at least 1"),
        ("blend --box 0,0,8,8 --reference-square 1,2,nan", "finite"),
        ("blend --box 0,0,8,8 --find nose", "nose"),
        ("mix --photo -o nowhere/out.png", "there is no folder nowhere"),
        ("mix --photo -o out.gif", "out.gif cannot be written"),
    ],
)
def test_mistakes_with_own_photos_take_one_line(run, model, photos, arguments, message):
    command, *options = arguments.split()
    outcome = run(command, *photos[:2], *options, "--model", model)
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1
    assert message in outcome.err
    assert not list(Path().glob("*out*"))


@pytest.fixture
def exacting_model(model, tmp_path) -> Path:
    """The tiny model, which claims to bring back every photo almost exactly."""
    path = tmp_path / "exacting.safetensors"
    errors = tuple(1e-6 * (1 + step) for step in range(11))
    checkpoints.write(path, replace(checkpoints.read(model), typical_errors=errors))
    return path


@pytest.mark.parametrize(
    "arguments",
    ["blend a b --box 0,0,8,8", "transplant a b --box 0,0,8,8", "mix a b", "mix a b --photo",
     "interpolate a b", "reconstruct a b"],
)  # fmt: skip
def test_photos_that_the_model_does_not_know_bring_a_warning(
    run, exacting_model, photos, arguments
):
    names = {"a": photos[0], "b": photos[1]}
    given = [names.get(word, word) for word in arguments.split()]
    outcome = run(*given, "--model", exacting_model, "-o", "out.png")
    assert outcome.code == 0
    first, second = outcome.err.splitlines()
    assert first.startswith(f"warning: {photos[0]}: ")
    assert second.startswith(f"warning: {photos[1]}: ")
    assert Path("out.png").exists()


COMMANDS = [
    "blend photo-0.png photo-1.png --box 0,0,16,16 --sheet sheet.png",
    "transplant photo-0.png photo-1.png --box 0,0,16,16 --shift 8,0 --sheet sheet.png",
    "transplant photo-0.png photo-1.png --box 0,0,32,32 --morph 3",
    "mix photo-0.png photo-1.png --sheet sheet.png",
    "mix photo-0.png photo-1.png --photo --sheet sheet.png",
    "interpolate photo-0.png photo-1.png --steps 3",
    "reconstruct photo-0.png photo-1.png --sheet sheet.png",
    "generate --count 1",
    "generate --count 3 --seed 5",
]


@pytest.mark.parametrize("arguments", COMMANDS)
@pytest.mark.usefixtures("photos")
def test_every_result_and_sheet_says_where_it_comes_from(run, model, arguments):
    outcome = run(*arguments.split(), "--model", model, "-o", "out.png")
    assert outcome.code == 0
    expected = GENERATED if arguments.startswith("generate") else EDITED
    for name in ("out.png", *(["sheet.png"] if "--sheet" in arguments else [])):
        assert expected in Path(name).read_bytes()
        with Image.open(name) as picture:
            text = picture.text  # pyright: ignore[reportAttributeAccessIssue]
        assert text["stylemapgan:model"] == model.name
        settings = json.loads(text["stylemapgan:settings"])
        assert settings["command"] == arguments.split()[0]


@pytest.mark.parametrize("arguments", COMMANDS)
@pytest.mark.usefixtures("photos")
def test_no_tag_leaves_every_word_of_it_out(run, model, arguments):
    run(*arguments.split(), "--model", model, "-o", "out.png", "--no-tag")
    for path in (Path("out.png"), Path("sheet.png")):
        assert not path.exists() or (
            TAG not in path.read_bytes() and b"stylemapgan" not in path.read_bytes()
        )


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".jpg"])
@pytest.mark.parametrize("options", [[], ["--no-tag"]])
def test_other_formats_say_it_unless_told_not_to(run, model, photos, suffix, options):
    run("interpolate", *photos[:2], "--model", model, "-o", f"out{suffix}", *options)
    assert (EDITED in Path(f"out{suffix}").read_bytes()) == (not options)


def test_settings_name_no_folder_of_the_users(run, model, photos, tmp_path):
    mask = tmp_path / "mask.png"
    Image.new("L", (8, 8), 255).save(mask)
    output = tmp_path / "out.png"
    run("blend", *photos[:2], "--mask", mask, "--model", model, "-o", output)
    assert str(tmp_path).encode() not in output.read_bytes()
    assert str(model.parent).encode() not in output.read_bytes()
    with Image.open(output) as picture:
        text = picture.text  # pyright: ignore[reportAttributeAccessIssue]
    assert json.loads(text["stylemapgan:settings"]) == {
        "command": "blend", "mask": "mask.png", "space": "w-plus",
    }  # fmt: skip


def test_a_whole_photos_settings_tell_its_squares(run, model, photos):
    given = ["--photo", "--square", "40,24,32,-5", "--box", "0,0,8,8", "--shift", "-4,8"]
    outcome = run("transplant", *photos[:2], *given, "--model", model, "-o", "out.png")
    assert outcome.code == 0
    with Image.open("out.png") as picture:
        text = picture.text  # pyright: ignore[reportAttributeAccessIssue]
    settings = json.loads(text["stylemapgan:settings"])
    assert settings["square"] == {"x": 40, "y": 24, "side": 32, "rotation": -5}
    assert set(settings["reference_square"]) == {"x", "y", "side", "rotation"}
    assert (settings["box"], settings["shift"]) == ([0, 0, 8, 8], [-4, 8])


def test_a_picture_with_a_known_square_is_seen_in_it_unless_told_otherwise(run, model, photos):
    Path("samples.toml").write_text('["photo-1.png"]\nx = 20\ny = 30\nside = 32\n')
    given = ["reconstruct", photos[1], "--model", model, "-o"]
    assert run(*given, "known.png").out == "wrote known.png\n"
    run(*given, "middle.png", "--find", "middle")

    expected = Editor.load(model).reconstruct(images.read(photos[1])[:, :, 14:46, 4:36])
    difference = np.abs(upright("known.png") - to_bytes(expected)[0].astype(int))
    assert difference.max() <= 1
    assert (upright("middle.png") != upright("known.png")).any()
