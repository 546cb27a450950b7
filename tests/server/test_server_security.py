"""Strangers stay outside, and browsers are told what they may do."""

import pytest

from stylemapgan.errors import ConfigError
from stylemapgan.server.security import CONTENT_SECURITY_POLICY
from stylemapgan.server.server_config import ServerConfig

TOKEN = "a-token-of-some-length"


@pytest.fixture(scope="module")
def locked(start):
    with start(token=TOKEN, trusted_hosts=("studio.example",)) as running:
        yield running


def test_listening_beyond_this_machine_needs_a_token():
    for host in ("0.0.0.0", "192.168.1.2", "::", "example.org"):
        with pytest.raises(ConfigError, match="set a token"):
            ServerConfig(host=host)
        assert ServerConfig(host=host, token=TOKEN).host == host
    for host in ("127.0.0.1", "localhost", "::1", "127.1.2.3"):
        assert ServerConfig(host=host).is_loopback


@pytest.mark.parametrize("token", ["", "short", "with a space in it somewhere", "x" * 300])
def test_tokens_that_are_easy_to_guess_or_hard_to_send_are_refused(token):
    with pytest.raises(ConfigError, match="token must consist of 16 to 200") as refusal:
        ServerConfig(token=token)
    assert not token or token not in str(refusal.value)


def test_settings_keep_the_token_to_themselves():
    assert TOKEN not in repr(ServerConfig(token=TOKEN))


@pytest.mark.parametrize(
    "change",
    [
        {"port": 70_000},
        {"workers": 0},
        {"waiting": -1},
        {"seconds": float("nan")},
        {"photo_megabytes": 0.0},
        {"client_share": 0.0},
        {"client_share": 1.5},
        {"keep_minutes": float("inf")},
    ],
)
def test_settings_that_make_no_sense_are_refused(change):
    (name,) = change
    with pytest.raises(ConfigError, match=name):
        ServerConfig(**change)


def test_the_token_opens_the_interface(locked):
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}):
        for path in ("/api/v1/models", "/api/v1/openapi.json", "/metrics"):
            answer = locked.http.get(path, headers=headers)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.json()["error"]["code"] == "token_needed"
    answer = locked.http.get("/api/v1/models", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert TOKEN not in answer.text


def test_health_needs_no_token(locked):
    assert locked.http.get("/healthz").json() == {"status": "alive"}


def test_other_names_for_this_machine_are_refused(site, locked):
    for host in ("evil.example", "127.0.0.1.evil.example", "", "evil.example:80", "[::1"):
        answer = site.http.get("/api/v1/models", headers={"Host": host})
        assert answer.status_code in (400, 421), host
    for host in ("localhost", "LOCALHOST:1234", "127.0.0.1", "[::1]:80"):
        assert site.http.get("/healthz", headers={"Host": host}).status_code == 200
    assert locked.http.get("/healthz", headers={"Host": "studio.example"}).status_code == 200


def test_pages_of_other_sites_may_change_nothing(site, locked):
    body = {"model": site.model, "seed": 1}
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1", "https://localhost"):
        answer = site.http.post("/api/v1/stylemaps/random", json=body, headers={"Origin": origin})
        assert answer.status_code == 403, origin
    ours = {"Origin": site.url.rstrip("/")}
    assert site.http.post("/api/v1/stylemaps/random", json=body, headers=ours).status_code == 201
    proxied = {"Origin": "https://studio.example", "Authorization": f"Bearer {TOKEN}"}
    answer = locked.http.post("/api/v1/stylemaps/random", json=body, headers=proxied)
    assert answer.status_code == 201


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/v1/models", "/nowhere", "/static/x.js"])
def test_every_answer_tells_browsers_what_they_may_do(site, path):
    headers = site.http.get(path).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["permissions-policy"].startswith("camera=(self)")
    assert "server" not in headers
    assert not [name for name in headers if name.startswith("access-control")]


def test_the_policy_lets_nothing_from_elsewhere_in():
    rules = [rule.split() for rule in CONTENT_SECURITY_POLICY.split("; ")]
    assert ["default-src", "'none'"] in rules
    allowed = {source for _, *sources in rules for source in sources}
    assert allowed == {"'none'", "'self'", "blob:", "data:"}


def test_answers_of_the_interface_are_not_kept(site):
    assert site.http.get("/api/v1/models").headers["cache-control"] == "no-store"
