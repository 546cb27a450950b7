"""Whatever is written: a disk without room gives one line, and what was there stays good."""

import hashlib
import io
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image

from stylemapgan import images
from stylemapgan.checkpoints import Checkpoint, write
from stylemapgan.checkpoints.file import write_tensors
from stylemapgan.checkpoints.networks import pack
from stylemapgan.cli.main import main
from stylemapgan.config import preset
from stylemapgan.data import open_folder
from stylemapgan.data.avatars import AvatarConfig, write_folder
from stylemapgan.data.preparing import PrepareConfig, prepare
from stylemapgan.editing.photo import FullPhoto
from stylemapgan.errors import StorageError
from stylemapgan.images.atomic import replacing, replacing_folder
from stylemapgan.interop.onnx_export import export
from stylemapgan.models import Encoder, Generator
from stylemapgan.pages import write_page
from stylemapgan.pages.blocks import Paragraph
from stylemapgan.training.run_folder import RunFolder

resource = pytest.importorskip("resource", reason="there is no limit for files here")

NOISE = np.random.default_rng(0).uniform(-1, 1, (2, 3, 64, 64)).astype(np.float32)
WEIGHTS = {"a": torch.randn(200, 200), "b": torch.randn(200, 200)}


@dataclass(frozen=True)
class Place:
    """Where a writer works, and what it works on."""

    folder: Path
    checkpoint: Checkpoint
    pictures: Path


def picture(suffix: str) -> Callable[[Place], None]:
    return lambda place: images.write(place.folder / f"picture{suffix}", NOISE)


def animation(place: Place) -> None:
    images.write_animation(place.folder / "frames.gif", NOISE, 100)


def full_photo(place: Place) -> None:
    packed = io.BytesIO()
    Image.fromarray(images.to_bytes(NOISE[:1])[0]).save(packed, "PNG")
    FullPhoto.read(packed.getvalue()).write(place.folder / "photo.jpg")


def model_file(place: Place) -> None:
    write(place.folder / "model.safetensors", place.checkpoint)


def tensors(place: Place) -> None:
    write_tensors(place.folder / "parts.safetensors", "parts", {"a": NOISE}, {})


def state(place: Place) -> None:
    run = RunFolder(place.folder)
    run.create(preset("tiny-32"))
    run.states.save(WEIGHTS)


def page(place: Place) -> None:
    write_page(place.folder / "page.html", "Title", [Paragraph("long " * 20_000)])


def with_torch(place: Place) -> None:
    with replacing(place.folder / "weights.pt") as unfinished, unfinished.open("wb") as file:
        torch.save(WEIGHTS, file)


def with_safetensors(place: Place) -> None:
    with replacing(place.folder / "weights.safetensors") as unfinished:
        safetensors.torch.save_file(WEIGHTS, unfinished)


def with_numpy(place: Place) -> None:
    with replacing(place.folder / "array.npy") as unfinished, unfinished.open("wb") as file:
        np.save(file, NOISE)


def in_new_folder(place: Place) -> None:
    if not (place.folder / "new").exists():
        with replacing_folder(place.folder / "new") as unfinished:
            (unfinished / "file").write_bytes(bytes(9000))


def onnx(place: Place) -> None:
    if not (place.folder / "onnx").exists():
        export(place.checkpoint, place.folder / "onnx", NOISE[..., :32, :32], names=["resizer"])


def prepared(form: str) -> Callable[[Place], None]:
    def write(place: Place) -> None:
        settings = PrepareConfig(size=32, into=form)  # pyright: ignore[reportArgumentType]
        prepare(place.pictures, place.folder / "prepared", settings)

    return write


def avatars(place: Place) -> None:
    write_folder(place.folder / "avatars", AvatarConfig(count=2, size=64, triples=1))


def unpacked(place: Place) -> None:
    open_folder(place.pictures, 64, place.folder / "cache")


WRITERS = {
    "png": picture(".png"),
    "jpg": picture(".jpg"),
    "webp": picture(".webp"),
    "gif": animation,
    "full photo": full_photo,
    "model": model_file,
    "tensors": tensors,
    "state": state,
    "page": page,
    "torch": with_torch,
    "safetensors": with_safetensors,
    "numpy": with_numpy,
    "folder": in_new_folder,
    "onnx": onnx,
    "prepare": prepared("folder"),
    "prepare zip": prepared("zip"),
    "prepare shards": prepared("shards"),
    "avatars": avatars,
    "cache": unpacked,
}
GO_ON = ("prepare", "prepare zip", "prepare shards", "avatars")
"""What these have finished stays, for the next attempt."""
OTHER_BYTES = ("model", "tensors", "safetensors", "state")
"""The same content, other bytes each time: the order of metadata, the temporary file's name."""
SLOW = ("onnx",)


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let no file grow beyond a size: the write fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def content(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.parts[-2] != "cache"  # its index knows times
    }


def refusal(write_it: Callable[[Place], None], place: Place, limit: int) -> str:
    """Say what came of writing with a limit: nothing where all that was to write is there."""
    try:
        with files_of_at_most(limit):
            write_it(place)
    except StorageError as error:
        return str(error)
    return ""


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    config = preset("tiny-32").model
    return pack(config, Generator(config), Encoder(config), images_seen=1, licence="", data="")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for index in range(6):
        noise = np.random.default_rng(index).uniform(-1, 1, (1, 3, 64, 64))
        images.write(folder / f"{index}.png", noise)
    return folder


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in WRITERS],
)
def test_no_room_is_one_line_and_nothing_is_lost(name, tmp_path, checkpoint, pictures):
    write_it, (there, new) = WRITERS[name], (tmp_path / "there", tmp_path / "new")
    there.mkdir()
    new.mkdir()
    write_it(Place(there, checkpoint, pictures))
    good = content(there)
    largest = max(path.stat().st_size for path in there.rglob("*") if path.is_file())

    for limit in (largest - 1, largest // 2):
        for folder in (there, new):
            said = refusal(write_it, Place(folder, checkpoint, pictures), limit)
            assert said or folder == there, "nobody noticed that there was no room"
            if said:
                assert "\n" not in said
                assert str(folder) in said
                assert "cannot be written: the file is larger than the system allows" in said
                assert " free); raise the limit (ulimit -f) or choose another disk." in said
                assert "needed, " in said or name.startswith(("prepare", "folder"))
            assert content(there) == good
            left = content(new)
            assert all(good[path] == digest for path, digest in left.items() if path in good)
            assert left.keys() <= good.keys() or name in GO_ON

    write_it(Place(new, checkpoint, pictures))
    assert content(new).keys() == good.keys()
    assert content(new) == good or name in OTHER_BYTES


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A disk of its own, with room for 256 KiB."""
    place = tmp_path / "small-disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        done = False
    if not done:
        pytest.skip("this user may not mount a small disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_commands_and_saves_on_a_full_disk_name_file_need_and_remedy(
    small_disk, pictures, tmp_path, checkpoint, capsys
):
    model = tmp_path / "model.safetensors"
    write(model, checkpoint)
    output = small_disk / "mix.png"
    output.write_bytes(b"good")
    filler = (small_disk / "filler").open("wb")
    with filler:
        filler.write(bytes(252 * 2**10))
    photos = [str(pictures / "0.png"), str(pictures / "1.png")]
    assert main(["mix", *photos, "--model", str(model), "-o", str(output)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"error: {output} cannot be written: the disk is full (")
    assert said.err.endswith(" free); free some space or choose another disk.\n")
    assert said.err.count("\n") == 1
    with pytest.raises(StorageError, match=r"the disk is full \(more than .* needed, .* free\)"):
        with_torch(Place(small_disk, checkpoint, pictures))
    assert {path.name for path in small_disk.iterdir()} == {"filler", "mix.png"}
    assert output.read_bytes() == b"good"
