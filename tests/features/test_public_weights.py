"""Public weights are fetched once, checked always, and missed in one line."""

import hashlib
import os
import socket
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from stylemapgan.errors import DataError
from stylemapgan.features.weights import PublicWeights, cache_folder, find_weights

ALTERNATIVE = "measure with something else"


@pytest.fixture(autouse=True)
def _cache_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def source(tmp_path) -> Path:
    path = tmp_path / "public" / "net.pth"
    path.parent.mkdir()
    torch.save({"weight": torch.arange(6.0)}, path)
    return path


def published(source: Path, url: str = "https://nowhere.invalid/net.pth") -> PublicWeights:
    content = source.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return PublicWeights(name="net.pth", url=url, size=len(content), sha256=digest)


def message_of(weights: PublicWeights, given: Sequence[Path] = ()) -> str:
    with pytest.raises(DataError) as error:
        weights.load(ALTERNATIVE, given)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_weights_are_fetched_once_and_silently(source, web, capsys):
    web.files["net.pth"] = source.read_bytes()
    weights = published(source, f"{web.address}/net.pth")
    reports = []
    for _ in range(2):
        loaded = weights.load(ALTERNATIVE, on_progress=lambda *values: reports.append(values))
        assert torch.equal(loaded["weight"], torch.arange(6.0))
    assert [path.name for path in cache_folder().iterdir()] == ["net.pth"]
    assert len(web.asked) == 1
    assert reports == [(0, weights.size), (weights.size, weights.size)]
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("is_folder", [True, False])
def test_what_is_given_is_read_and_nothing_is_fetched(source, is_folder):
    given = source.parent if is_folder else source
    loaded = published(source).load(ALTERNATIVE, [given])
    assert torch.equal(loaded["weight"], torch.arange(6.0))
    assert not cache_folder().exists()


def test_what_is_not_among_the_given_is_fetched(source, web, tmp_path):
    web.files["net.pth"] = source.read_bytes()
    published(source, f"{web.address}/net.pth").load(ALTERNATIVE, [tmp_path])
    assert (cache_folder() / "net.pth").is_file()


def test_other_bytes_under_its_name_are_refused_with_both_sums(source):
    weights = published(source)
    source.write_bytes(source.read_bytes() + b" ")
    message = message_of(weights, [source.parent])
    assert f"{source} is not net.pth" in message
    assert weights.sha256 in message
    assert hashlib.sha256(source.read_bytes()).hexdigest() in message


def test_other_bytes_in_the_cache_are_refused_and_not_fetched_again(source):
    weights = published(source)
    cache_folder().mkdir(parents=True)
    (cache_folder() / "net.pth").write_bytes(b"something else")
    assert f"{cache_folder() / 'net.pth'} is not net.pth" in message_of(weights)


def test_without_a_connection_file_address_cache_and_ways_out_are_named(source, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/net.pth"  # no server listens here
        message = message_of(published(source, url))
    assert message.startswith(f"net.pth could not be downloaded from {url} (")
    assert "refused" in message
    assert message.endswith(f": put the file into {cache_folder()}, or {ALTERNATIVE}")
    assert list(cache_folder().iterdir()) == []


def test_the_error_names_where_was_looked(web, source, tmp_path):
    message = message_of(published(source, f"{web.address}/net.pth"), [tmp_path])
    assert f"net.pth is not in {tmp_path} and could not be downloaded" in message


def test_weights_are_found_by_name_before_content(source, tmp_path):
    weights = published(source)
    renamed = tmp_path / "a-renamed.pth"
    renamed.write_bytes(source.read_bytes())
    assert find_weights(weights, [renamed, source.parent]) == source


def test_renamed_weights_are_found_by_content(source, tmp_path):
    weights = published(source)
    renamed = source.rename(source.with_name("renamed.pth"))
    same_length = tmp_path / "other.pth"
    same_length.write_bytes(os.urandom(weights.size))
    for given in ([renamed], [source.parent], [same_length, renamed]):
        assert find_weights(weights, given) == renamed
    assert find_weights(weights, [same_length]) is None
    assert find_weights(replace(weights, size=1), [renamed]) is None
    assert find_weights(weights, []) is None


def test_a_place_that_is_not_there_is_named(source, tmp_path):
    assert f"{tmp_path / 'nowhere'} not found" in message_of(
        published(source), [tmp_path / "nowhere"]
    )


def test_a_pickle_with_code_in_it_never_runs(source, tmp_path):
    trap = tmp_path / "ran"
    torch.save({"weight": Trap(trap)}, source)
    with pytest.raises(Exception, match=r"(?i)weights.?only"):
        published(source).load(ALTERNATIVE, [source])
    assert not trap.exists()


class Trap:
    """Makes a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)
