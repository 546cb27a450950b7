"""`stylemapgan studio` and `serve` start, say where they are, and end cleanly."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from stylemapgan.cli.main import main
from stylemapgan.errors import ConfigError
from stylemapgan.server.server_config import ServerConfig
from stylemapgan.server.serving import listen, url_of

TOKEN = "a-token-of-some-length"


@contextmanager
def command(tmp_path: Path, *arguments: object, **environment: str) -> Iterator[subprocess.Popen]:
    process = subprocess.Popen(
        [sys.executable, "-m", "stylemapgan", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1", **environment},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_address(process: subprocess.Popen) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://\S+", line)
    assert found, line + (process.stderr.read() if process.stderr else "")
    return found[0]


def test_the_studio_says_where_it_is_and_ends_at_once_with_a_page_open(tmp_path, tiny_model):
    arguments = ("studio", "--no-browser", "--port", 0, "--model", tiny_model)
    with command(tmp_path, *arguments) as process:
        url = read_address(process)
        assert httpx.get(f"{url}healthz").status_code == 200
        with connect(url.replace("http", "ws") + "api/v1/live") as socket:
            assert "ready" in str(socket.recv())
            assert list(tmp_path.glob("stylemapgan-*"))
            process.send_signal(signal.SIGINT)
            with pytest.raises(ConnectionClosed):
                socket.recv()
            assert process.wait() == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""  # where requests used up their grace, a line tells
    assert not list(tmp_path.glob("stylemapgan-*"))


def test_the_address_carries_the_token_where_only_the_page_sees_it(tmp_path, tiny_model):
    arguments = ("studio", "--no-browser", "--port", 0, "--model", tiny_model)
    arguments += ("--root-path", "/tool")
    with command(tmp_path, *arguments, STYLEMAPGAN_TOKEN=TOKEN) as process:
        url, _, fragment = read_address(process).partition("#")
        assert fragment == f"token={TOKEN}"
        assert url.endswith("/tool/")
        assert httpx.get(f"{url}api/v1/models").status_code == 401


def test_the_studio_takes_the_servers_options(tmp_path, tiny_model):
    arguments = ("studio", "--no-browser", "--port", 0, "--model", tiny_model, "--empty-models")
    with command(tmp_path, *arguments, "--trusted-hosts", "studio.example") as process:
        url = read_address(process)
        for host, status in (("studio.example", 200), ("other.example", 421)):
            answer = httpx.get(f"{url}api/v1/models", headers={"Host": host})
            assert answer.status_code == status


def test_serving_logs_lines_of_json_and_answers_a_terminate_signal(tmp_path, tiny_model):
    with command(tmp_path, "serve", "--port", 0, "--model", tiny_model) as process:
        url = read_address(process).removesuffix(",").removesuffix("api/v1")
        assert httpx.get(f"{url}api/v1/models").status_code == 200
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate()
    assert '"path": "/api/v1/models"' in errors
    assert not list(tmp_path.glob("stylemapgan-*"))


def test_a_taken_port_is_one_line(tmp_path, tiny_model, monkeypatch, capsys):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with listen(ServerConfig(port=0)) as taken:
        port = taken.getsockname()[1]
        assert main(["studio", "--no-browser", f"--port={port}", f"--model={tiny_model}"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        f"error: port {port} is in use by another program: choose another --port, or leave --port "
        "out to use a free one.\n"
    )
    assert not list(tmp_path.glob("stylemapgan-*"))


def test_without_a_port_the_next_free_one_is_found():
    with listen(ServerConfig()) as first, listen(ServerConfig()) as second:
        assert first.getsockname()[1] != second.getsockname()[1]


@pytest.mark.parametrize("host", ["no such host", "203.0.113.1"])
def test_a_host_that_is_not_this_machines_is_one_line(host):
    with pytest.raises(ConfigError) as refusal:
        listen(ServerConfig(host=host, port=0, token=TOKEN))
    assert "\n" not in str(refusal.value)


def test_addresses_are_those_a_browser_can_open():
    with listen(ServerConfig(host="0.0.0.0", port=0, token=TOKEN)) as everywhere:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", url_of(everywhere))
