"""Large files are fetched in as many attempts as it takes, and never half."""

import hashlib
import socket
from pathlib import Path

import numpy as np
import pytest

from stylemapgan.errors import DataError
from stylemapgan.features import download
from stylemapgan.features.download import fetch

CONTENT = np.random.default_rng(0).bytes(1_000_000)
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def place(tmp_path) -> Path:
    return tmp_path / "cache" / "net.pth"


@pytest.fixture
def url(web) -> str:
    web.files["net.pth"] = CONTENT
    return f"{web.address}/net.pth"


def part_of(place: Path) -> Path:
    return place.with_name("net.pth.part")


def begin(place: Path, content: bytes) -> None:
    place.parent.mkdir()
    part_of(place).write_bytes(content)


def fetched(url: str, place: Path) -> list[tuple[int, int | None]]:
    """Fetch and check; returns what was reported."""
    reports = []
    fetch(url, place, len(CONTENT), DIGEST, lambda done, total: reports.append((done, total)))
    assert place.read_bytes() == CONTENT
    assert [path.name for path in place.parent.iterdir()] == ["net.pth"]
    return reports


def refusal(url: str, place: Path) -> str:
    with pytest.raises(DataError) as error:
        fetch(url, place, len(CONTENT), DIGEST)
    assert "\n" not in str(error.value)
    assert not place.exists()
    return str(error.value)


def test_progress_rises_from_nothing_to_the_whole_file(url, place):
    reports = fetched(url, place)
    done = [each for each, _ in reports]
    assert done[0] == 0
    assert done[-1] == len(CONTENT)
    assert done == sorted(set(done))
    assert len(done) > 4
    assert {total for _, total in reports} == {len(CONTENT)}


def test_a_file_is_fetched_without_anybody_watching(url, place):
    fetch(url, place, len(CONTENT), DIGEST)
    assert place.read_bytes() == CONTENT


def test_after_a_broken_connection_only_the_rest_is_fetched(web, url, place):
    web.breaks_after = 300_000
    message = refusal(url, place)
    assert "300,000 of 1,000,000 bytes" in message
    assert part_of(place).read_bytes() == CONTENT[:300_000]

    reports = fetched(url, place)
    assert web.asked == [None, "bytes=300000-"]
    assert reports[0] == (300_000, len(CONTENT))


def test_a_server_that_sends_whole_files_only_starts_anew(web, url, place):
    begin(place, CONTENT[:300_000])
    web.knows_ranges = False
    reports = fetched(url, place)
    assert web.asked == ["bytes=300000-"]
    assert reports[0] == (0, len(CONTENT))


def test_a_server_that_tells_no_length_is_fine(web, url, place):
    web.tells_length = False
    assert fetched(url, place)[-1] == (len(CONTENT), len(CONTENT))


def test_an_interrupt_keeps_what_has_arrived(web, url, place):
    def press_ctrl_c(done: int, total: int | None) -> None:
        if done > 400_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(url, place, len(CONTENT), DIGEST, press_ctrl_c)
    kept = part_of(place).read_bytes()
    assert 400_000 < len(kept) < len(CONTENT)
    assert CONTENT.startswith(kept)
    assert not place.exists()

    fetched(url, place)
    assert web.asked[-1] == f"bytes={len(kept)}-"


def test_a_whole_part_needs_no_connection(web, url, place):
    begin(place, CONTENT)
    fetched(url, place)
    assert web.asked == []


@pytest.mark.parametrize("length", [1_000, 1_000_000, 1_200_000])
def test_a_part_of_another_file_is_thrown_away_and_fetched_anew(web, url, place, length):
    begin(place, b"x" * length)
    fetched(url, place)
    assert web.asked[-1] is None


def test_a_range_the_server_does_not_have_is_asked_for_once(web, url, place):
    begin(place, CONTENT[:300_000])
    web.files["net.pth"] = CONTENT[:200_000]
    assert "200,000 bytes" in refusal(url, place)
    assert web.asked == ["bytes=300000-", None]


def test_other_bytes_are_refused_with_both_sums_and_leave_nothing(web, url, place):
    other = bytes(len(CONTENT))
    web.files["net.pth"] = other
    message = refusal(url, place)
    assert DIGEST in message
    assert hashlib.sha256(other).hexdigest() in message
    assert list(place.parent.iterdir()) == []


def test_a_page_instead_of_the_file_is_refused_unread(web, url, place):
    web.files["net.pth"] = b"<html>Please log in</html>"
    assert "the file there has 26 bytes" in refusal(url, place)
    assert list(place.parent.iterdir()) == []


def test_a_missing_file_is_told_by_its_status(web, place):
    assert "HTTP 404 Not Found" in refusal(f"{web.address}/nothing", place)


def test_a_server_that_says_nothing_is_given_up(web, url, place, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT_S", 0.1)
    web.pause_s = 0.5
    assert "timed out" in refusal(url, place)


def test_without_a_connection_the_reason_is_told(place):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]  # no server listens here
        assert "refused" in refusal(f"http://127.0.0.1:{port}/net.pth", place)


def test_redirects_are_followed(web, url, place):
    web.redirects["old"] = url
    fetched(f"{web.address}/old", place)


@pytest.mark.parametrize("there", ["http://example.org/net.pth", "ftp://example.org/net.pth"])
def test_open_lines_are_refused_also_behind_redirects(web, place, there):
    web.redirects["old"] = there
    assert refusal(there, place) == "not an https address"
    assert there in refusal(f"{web.address}/old", place)


def test_files_of_this_machine_are_no_addresses(place, tmp_path):
    (tmp_path / "net.pth").write_bytes(CONTENT)
    assert "not an https address" in refusal((tmp_path / "net.pth").as_uri(), place)


def test_two_that_fetch_the_same_file_do_not_disturb_each_other(web, url, place):
    """The second begins and ends while the first is half way."""
    has_begun = False

    def fetch_again(done: int, total: int | None) -> None:
        nonlocal has_begun
        if done > 400_000 and not has_begun:
            has_begun = True
            fetched(url, place)

    fetch(url, place, len(CONTENT), DIGEST, fetch_again)
    assert place.read_bytes() == CONTENT
    assert not part_of(place).exists()
