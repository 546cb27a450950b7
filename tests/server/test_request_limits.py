"""Too much, too long, too often: each gets a clear answer, and the server goes on."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from running_site import png

from stylemapgan.server.api_errors import ApiError
from stylemapgan.server.concurrency import WorkerPool


def chunks(count: int, sent: list[int]) -> Iterator[bytes]:
    for _ in range(count):
        sent.append(1)
        yield bytes(100_000)


def test_a_long_upload_is_refused_by_its_header_and_by_its_length(start):
    with start(photo_megabytes=0.5) as site:
        declared = site.upload(bytes(600_000))
        sent: list[int] = []
        undeclared = site.http.post(
            "/api/v1/photos", content=chunks(30, sent), headers={"Content-Type": "image/png"}
        )
        for answer in (declared, undeclared):
            assert answer.status_code == 413
            assert answer.json()["error"] == {
                "code": "too_large",
                "message": "The request is larger than the limit of 0.5 MB; send less, such as a "
                "smaller photo.",
            }
        assert site.upload(png()).status_code == 201


def test_a_client_that_asks_beforehand_need_not_send(start):
    with start(photo_megabytes=0.5) as site:
        port = int(site.url.rstrip("/").rsplit(":", 1)[1])
        request = (
            f"POST /api/v1/photos HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: image/png\r\n"
            "Content-Length: 100000000\r\nExpect: 100-continue\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(request.encode())
            assert connection.recv(1000).startswith(b"HTTP/1.1 413")


def test_other_requests_have_a_limit_of_their_own(start):
    with start(body_megabytes=0.1) as site:
        body = '{"model": "' + "x" * 200_000 + '"}'
        answer = site.http.post("/api/v1/stylemaps/random", content=body)
        assert answer.status_code == 413
        assert site.upload(png(300, 300) + bytes(150_000)).status_code == 201


@pytest.mark.parametrize(
    "content", [b"", b"[", b"null", b"[]", b'"text"', b"\xff\xfe", b"[" * 5000, b'{"a":' * 5000]
)
def test_bodies_that_are_no_request_are_refused(site, content):
    answer = site.http.post(
        "/api/v1/edit", content=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (400, 422)
    assert "\n" not in answer.json()["error"]["message"]


def test_a_method_or_path_nobody_has_is_refused(site):
    wrong = site.http.request("DELETE", "/api/v1/models")
    assert wrong.status_code == 405
    assert wrong.headers["allow"] == "GET"
    assert wrong.json()["error"]["code"] == "method_not_allowed"
    assert site.http.get("/api/v2/models").json()["error"]["code"] == "not_found"


def test_too_many_requests_are_told_to_come_back(start):
    with start(workers=1, waiting=1) as site:
        go_on = threading.Event()
        pool = site.workspace.workers
        blocker = pool._threads.submit(go_on.wait)  # the only worker
        with ThreadPoolExecutor(6) as clients:
            body = {"model": site.model, "seed": 1}
            posted = [
                clients.submit(site.http.post, "/api/v1/stylemaps/random", json=body)
                for _ in range(6)
            ]
            _until(lambda: sum(each.done() for each in posted) >= 4)
            go_on.set()
            answers = [each.result() for each in posted]
        blocker.result()
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [201, 201, 429, 429, 429, 429]
        (busy, *_) = [answer for answer in answers if answer.status_code == 429]
        assert busy.headers["retry-after"] == "1"
        assert busy.json()["error"]["code"] == "busy"
        assert site.http.post("/api/v1/stylemaps/random", json=body).status_code == 201


def test_a_request_that_takes_too_long_gets_an_answer(start):
    with start(workers=1, seconds=0.3) as site:
        go_on = threading.Event()
        site.workspace.workers._threads.submit(go_on.wait)
        answer = site.http.post("/api/v1/stylemaps/random", json={"model": site.model})
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == "too_slow"
        assert answer.headers["retry-after"] == "1"
        go_on.set()
        _until(lambda: site.workspace.workers.in_flight == 0)
        _until(lambda: site.http.get("/api/v1/models").status_code == 200)


def test_a_slow_upload_does_not_hold_its_place_for_ever(start):
    with start(seconds=0.3) as site:
        port = int(site.url.rstrip("/").rsplit(":", 1)[1])
        head = (
            f"POST /api/v1/photos HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: image/png\r\n"
            "Content-Length: 1000\r\n\r\nabc"
        )
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(head.encode())
            assert connection.recv(1000).startswith(b"HTTP/1.1 503")
        _until(lambda: site.workspace.upload_limit.active == 0)


def test_work_that_nobody_waits_for_keeps_its_place_until_it_ends():
    async def scenario() -> None:
        pool = WorkerPool(workers=1, waiting=0)
        go_on = threading.Event()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await pool.run(go_on.wait)
        assert pool.in_flight == 1
        with pytest.raises(ApiError, match="works on 1 requests"):
            await pool.run(print)
        patient = asyncio.create_task(pool.run_when_free(lambda: "done"))
        await _settle()
        assert not patient.done()
        go_on.set()
        assert await patient == "done"
        pool.close()

    asyncio.run(scenario())


def test_those_who_wait_patiently_are_served_in_order_and_may_leave():
    served: list[str] = []

    async def scenario() -> None:
        pool = WorkerPool(workers=1, waiting=0)
        go_on = threading.Event()
        first = asyncio.create_task(pool.run(go_on.wait))
        await _settle()
        queue = {
            name: asyncio.create_task(pool.run_when_free(served.append, name)) for name in "abcde"
        }
        await _settle()
        assert not served
        queue["b"].cancel()
        go_on.set()
        await first
        with pytest.raises(ApiError, match="try again in a second"):
            await pool.run(served.append, "impatient")  # does not overtake those who wait
        queue["d"].cancel()  # perhaps at the very moment that it is called up
        await asyncio.wait(queue.values())
        await pool.run_when_free(served.append, "last")  # no place was lost
        await _settle()
        assert pool.in_flight == 0
        pool.close()

    asyncio.run(scenario())
    assert served == ["a", "c", "e", "last"]


def test_cancelling_whoever_was_just_called_up_loses_no_place():
    async def scenario() -> None:
        pool = WorkerPool(workers=1, waiting=0)
        for steps in range(12):
            go_on = threading.Event()
            first = asyncio.create_task(pool.run_when_free(go_on.wait))
            await _settle()
            second = asyncio.create_task(pool.run_when_free(str))
            third = asyncio.create_task(pool.run_when_free(lambda: "done"))
            await _settle()
            go_on.set()
            await first
            await _settle(steps)
            second.cancel()
            assert await third == "done"
            await asyncio.wait([second])
        pool.close()

    asyncio.run(scenario())


async def _settle(steps: int = 10) -> None:
    """Let all tasks of the loop run until they wait for something."""
    for _ in range(steps):
        await asyncio.sleep(0)


def _until(is_so) -> None:
    while not is_so():
        time.sleep(0.01)
