"""Behind a reverse proxy the server works below any path, whether or not the proxy strips it."""

import json

import httpx
import pytest
from reverse_proxy import PATH, reverse_proxy
from running_site import png
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from stylemapgan.errors import ConfigError
from stylemapgan.server.security import CONTENT_SECURITY_POLICY
from stylemapgan.server.server_config import ServerConfig

TOKEN = "a-token-of-some-length"
KNOWN = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module", params=[True, False], ids=["strips", "passes"])
def proxied(request, start):
    with (
        start(root_path=f"{PATH}/", token=TOKEN) as site,
        reverse_proxy(site.url, strips=request.param) as url,
        httpx.Client(base_url=url, headers=KNOWN) as client,
    ):
        yield client


def test_the_page_the_interface_and_health_are_there(proxied):
    for path in ("", "static/app.js", "healthz", "readyz", "metrics", "api/v1/models"):
        answer = proxied.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    photo = proxied.post("api/v1/photos", content=png(), headers={"Content-Type": "image/png"})
    assert photo.status_code == 201
    assert 'route="/api/v1/photos",status="201"' in proxied.get("metrics").text


def test_the_description_names_the_path(proxied):
    document = proxied.get("api/v1/openapi.json").json()
    assert document["servers"] == [{"url": PATH}]
    assert "/api/v1/photos" in document["paths"]


def test_the_token_is_needed_below_the_path_too(proxied):
    origin = str(proxied.base_url).removesuffix(f"{PATH}/")
    for path in ("api/v1/models", "metrics", "api/v1/openapi.json"):
        answer = httpx.get(f"{proxied.base_url}{path}")
        assert answer.status_code == 401, path
        assert answer.headers["cache-control"] == "no-store"
        for odd in (f"{PATH}//{path}", f"{PATH}{PATH}/{path}", f"{PATH}/./{path}"):
            assert httpx.get(origin + odd).status_code in (401, 404), odd


def test_pages_of_other_sites_may_do_nothing_and_its_own_may_paint(proxied):
    origin = str(proxied.base_url).removesuffix(f"{PATH}/")
    body = {"model": "tiny", "seed": 1}
    for given, status in (("http://evil.example", 403), (origin, 201)):
        answer = proxied.post("api/v1/stylemaps/random", json=body, headers={"Origin": given})
        assert answer.status_code == status
    live = f"{proxied.base_url}api/v1/live".replace("http", "ws")
    protocols = ["stylemapgan", f"bearer.{TOKEN}"]
    with connect(live, subprotocols=protocols, origin=origin) as socket:  # pyright: ignore[reportArgumentType]
        assert json.loads(socket.recv()) == {"type": "ready"}
    with pytest.raises(InvalidStatus, match="403"), connect(live, subprotocols=["stylemapgan"]):  # pyright: ignore[reportArgumentType]
        pass


def test_the_path_without_its_slash_leads_to_the_page(start):
    with start(root_path=PATH) as site, reverse_proxy(site.url, strips=False) as url:
        answer = httpx.get(f"{url.rstrip('/')}?model=hands-64")
        assert answer.status_code == 307
        assert answer.headers["location"] == f"{PATH}/?model=hands-64"
        assert httpx.get(url).status_code == 200
        assert site.http.get("/").status_code == 200  # and without any proxy
        assert site.http.get(f"{PATH}ed/healthz").status_code == 404


@pytest.mark.parametrize(
    "path", ["tool", "//", "/a//b", "/a b", "/../x", "/.", "/ä", "/a?b", "https://example.org/tool"]
)
def test_a_root_path_that_is_no_plain_path_is_refused(path):
    with pytest.raises(ConfigError, match="such as /tool; got"):
        ServerConfig(root_path=path)


def test_a_root_path_that_hides_the_servers_own_is_refused():
    for path in ("/api", "/api/v2", "/static/", "/metrics"):
        with pytest.raises(ConfigError, match="must not begin with"):
            ServerConfig(root_path=path)
    for path in ("", "/", "/apis", "/tool/api", "/~me/tool.1/"):
        assert ServerConfig(root_path=path).prefix == path.rstrip("/")
