"""Public weights are fetched once, checked always, and missed in one line."""

import hashlib
import socket
from pathlib import Path

import pytest
import torch

from stylemapgan.errors import DataError
from stylemapgan.features.weights import PublicWeights, cache_folder


@pytest.fixture(autouse=True)
def _cache_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def source(tmp_path) -> Path:
    path = tmp_path / "public" / "net.pth"
    path.parent.mkdir()
    torch.save({"weight": torch.arange(6.0)}, path)
    return path


def published(source: Path, url: str | None = None) -> PublicWeights:
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    return PublicWeights(name="net.pth", url=url or source.as_uri(), sha256=digest)


def message_of(weights: PublicWeights, folder: Path | None = None) -> str:
    with pytest.raises(DataError) as error:
        weights.load(folder)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_weights_are_fetched_once_and_silently(source, capsys):
    weights = published(source)
    assert torch.equal(weights.load()["weight"], torch.arange(6.0))
    assert (cache_folder() / "net.pth").is_file()
    source.unlink()
    assert torch.equal(weights.load()["weight"], torch.arange(6.0))
    assert capsys.readouterr() == ("", "")


def test_a_folder_given_is_read_and_nothing_is_fetched(source):
    weights = published(source, url="file:///nowhere")
    assert torch.equal(weights.load(source.parent)["weight"], torch.arange(6.0))
    assert not cache_folder().exists()


def test_a_file_missing_from_a_folder_given_is_named_with_its_address(source, tmp_path):
    message = message_of(published(source), tmp_path)
    assert message == f"{tmp_path / 'net.pth'} is missing: it can be fetched from {source.as_uri()}"


def test_other_bytes_are_refused_with_both_sums(source):
    weights = published(source)
    source.write_bytes(source.read_bytes() + b" ")
    message = message_of(weights, source.parent)
    assert f"{source} is not net.pth" in message
    assert weights.sha256 in message
    assert hashlib.sha256(source.read_bytes()).hexdigest() in message


def test_a_download_of_other_bytes_leaves_nothing_behind(source):
    weights = published(source)
    source.write_bytes(b"<html>Please log in</html>")
    message = message_of(weights)
    assert f"net.pth could not be fetched from {weights.url}" in message
    assert list(cache_folder().iterdir()) == []


def test_without_a_connection_file_address_and_ways_out_are_named(source):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]  # nobody listens here
        weights = published(source, url=f"http://127.0.0.1:{port}/net.pth")
        message = message_of(weights)
    assert f"net.pth could not be fetched from http://127.0.0.1:{port}/net.pth" in message
    assert str(cache_folder()) in message
    assert "--perceptual-network efficientnet-lite0" in message
    assert list(cache_folder().iterdir()) == []


def test_a_pickle_with_code_in_it_never_runs(source, tmp_path):
    trap = tmp_path / "ran"
    torch.save({"weight": Trap(trap)}, source)
    with pytest.raises(Exception, match=r"(?i)weights.?only"):
        published(source).load(source.parent)
    assert not trap.exists()


class Trap:
    """Makes a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)
