"""Pages close whenever they like; what they waited for and what they used is free at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from test_live import delta, frame, open_page, state, wait_until

from stylemapgan.server import live


def test_a_page_that_closes_while_it_waits_frees_its_turn(start):
    with start(workers=1, waiting=1) as site, ThreadPoolExecutor(2) as clients:
        pair = (site.random(1)["id"], site.random(2)["id"])
        workers, go_on = site.workspace.workers, threading.Event()
        with open_page(site) as painted:
            painted.send(state(pair))
            frame(painted, 1)
            wait_until(lambda: workers.in_flight == 0)
            workers._threads.submit(go_on.wait)  # the only worker
            requests = [clients.submit(site.random, seed) for seed in (3, 4)]
            wait_until(lambda: workers.in_flight == 2)
            painted.send(delta(2, 0, 0, 0, np.full((8, 8), 255)))  # its picture waits
            with open_page(site) as second:
                for sequence in range(1, 10):
                    second.send(state(pair, sequence))  # the first waits, then come others
            wait_until(lambda: site.workspace.live_limit.active == 1)
            go_on.set()
            frame(painted, 2)
        assert all(each.result()["id"] for each in requests)
        wait_until(lambda: site.workspace.live_limit.active == workers.in_flight == 0)


def test_a_page_that_closes_while_it_is_painted_leaves_nothing_behind(start, monkeypatch):
    go_on, has_begun = threading.Event(), threading.Event()
    resolve_edit = live.resolve_edit

    def resolve_later(*arguments: Any, **named: Any) -> Any:
        has_begun.set()
        go_on.wait()
        return resolve_edit(*arguments, **named)

    monkeypatch.setattr(live, "resolve_edit", resolve_later)
    with start() as site:
        pair = (site.random(1)["id"], site.random(2)["id"])
        with open_page(site) as socket:
            socket.send(state(pair))
            has_begun.wait()
        wait_until(lambda: site.workspace.live_limit.active == 0)
        go_on.set()
        wait_until(lambda: site.workspace.workers.in_flight == 0)
        assert len(site.workspace.service.painters) == 0
