"""The Dockerfile starts a command that exists, with options that it has."""

import json
import re
import socket
from fnmatch import fnmatch
from pathlib import Path

import pytest

from stylemapgan.cli.main import COMMANDS, command_line

ROOT = Path(__file__).parents[2]
LINES = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ").splitlines()
INSTRUCTIONS = [line.split(maxsplit=1) for line in LINES if line and not line.startswith("#")]
TOKEN = "a-token-of-thirty-two-characters"


def of(name: str) -> list[str]:
    return [rest.strip() for instruction, rest in INSTRUCTIONS if instruction == name]


def test_it_starts_the_server_with_options_the_command_has(monkeypatch):
    monkeypatch.setenv("STYLEMAPGAN_TOKEN", TOKEN)
    assert json.loads(of("ENTRYPOINT")[-1]) == ["stylemapgan"]
    tokens = json.loads(of("CMD")[-1])
    assert tokens[0] in COMMANDS

    _, bound, _ = command_line().parse_args(tokens, exit_on_error=False, print_error=False)
    config = bound.arguments["config"]
    assert config.host == "0.0.0.0"
    assert config.token == TOKEN  # taken from the environment


def test_the_health_check_asks_the_port_that_is_served():
    tokens = json.loads(of("CMD")[-1])
    port = tokens[tokens.index("--port") + 1]
    assert of("EXPOSE") == [port]
    (check,) = of("HEALTHCHECK")
    program = json.loads(check[check.index("CMD") + 3 :])
    assert program[:2] == ["python", "-c"]
    assert f"http://127.0.0.1:{port}/healthz" in program[2]
    compile(program[2], "the health check", "exec")


def test_the_health_check_fails_where_nobody_answers():
    (check,) = of("HEALTHCHECK")
    program = json.loads(check[check.index("CMD") + 3 :])[2]
    with socket.socket() as taken:  # bound, but not listening
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="refused"):
            exec(re.sub(r":\d+/", f":{port}/", program), {})  # our own file


def test_it_runs_as_a_user_without_rights():
    (user,) = of("USER")
    assert all(int(number) >= 10_000 for number in user.split(":"))


def test_what_it_copies_is_there_and_sent_to_the_builder():
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in ignored
    sent = [line[1:] for line in ignored if line.startswith("!")]
    copied = [name for rest in of("COPY") if "--from" not in rest for name in rest.split()[:-1]]
    assert copied
    for name in copied:
        assert (ROOT / name).exists()
        assert any(fnmatch(name, pattern) for pattern in sent)
    assert len(sent) == len(copied)
