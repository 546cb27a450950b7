"""The WebSocket that a page paints through: masks in, pictures out, newest wins."""

import asyncio
import logging
import struct
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, WebSocket
from pydantic import ValidationError
from starlette.websockets import WebSocketDisconnect

from stylemapgan.errors import StyleMapGANError
from stylemapgan.server import pictures
from stylemapgan.server.context import request_id, take_request_id
from stylemapgan.server.edit_service import EditService
from stylemapgan.server.errors import ApiError, as_refusal, internal_refusal, one_line, unfit
from stylemapgan.server.inbox import Inbox
from stylemapgan.server.live_draft import Draft, Snapshot
from stylemapgan.server.live_state import read_state
from stylemapgan.server.request_schemas import LiveState
from stylemapgan.server.resolved_edit import make_order, show
from stylemapgan.server.security import SUBPROTOCOL
from stylemapgan.server.workspace import Workspace, client, workspace

logger = logging.getLogger(__name__)

FRAME = struct.Struct("<If")
"""Newest message that the picture includes, and how long it took in milliseconds; then a JPEG."""
TRY_LATER = 1013
"""WebSocket's code for a server that has no place left."""
SECONDS_BETWEEN_TOUCHES = 60.0
"""How often a page that is only open tells the store that it is still there."""

router = APIRouter()


@router.websocket("/live")
async def live(socket: WebSocket) -> None:
    """Paint on one page until it closes."""
    here = workspace(socket)
    request_id.set(take_request_id(socket.scope["headers"]))
    spoken = SUBPROTOCOL if SUBPROTOCOL in socket.scope["subprotocols"] else None
    await socket.accept(subprotocol=spoken)
    page = _Page(socket, here)
    try:
        with here.live.one(client(socket)):
            await page.run()
    except ApiError as refusal:  # no place left
        await page.refuse(0, refusal)
        await socket.close(TRY_LATER)


class _Page:
    """One connection, as three tasks of the event loop that share one draft.

    The reader takes messages in and notices when the page closes, the second puts them into the
    draft, the painter shows the newest state of the draft. Workers get values that never change.
    """

    def __init__(self, socket: WebSocket, here: Workspace) -> None:
        self._socket = socket
        self._here = here
        self._draft = Draft()
        self._inbox = Inbox(here.settings.body_bytes)
        self._has_changed = asyncio.Event()
        self._is_closed = threading.Event()

    async def run(self) -> None:
        """Read and paint until the page closes."""
        parts = (self._read(), self._take_all(), self._paint())
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            for ended in await asyncio.gather(*tasks, return_exceptions=True):
                _note(ended)
            self._is_closed.set()  # from here on workers forget by themselves
            self._here.service.forget_page(self._draft.page)

    async def refuse(self, sequence: int, refusal: ApiError) -> None:
        """Say what was not done; the connection stays."""
        await self._socket.send_json(
            {
                "type": "error",
                "sequence": sequence,
                "code": refusal.code,
                "message": refusal.message,
            }
        )

    async def _read(self) -> None:
        await self._socket.send_json({"type": "ready"})
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            await self._inbox.put(dict(message))

    async def _take_all(self) -> None:
        while True:
            message = await self._inbox.get()
            text = message.get("text")
            if text is not None:
                await self._take_text(text)
            else:
                content = message.get("bytes") or b""
                async with self._telling(_sequence(content)):
                    self._draft.take_delta(content)
                    self._has_changed.set()

    async def _take_text(self, text: str) -> None:
        async with self._telling(0):
            state = self._parse(text)
            async with self._telling(state.sequence):
                here = self._here
                self._draft.take_state(
                    await here.engine.run_patiently(read_state, here.service, state)
                )
                self._has_changed.set()

    def _parse(self, text: str) -> LiveState:
        if len(text) > self._here.settings.body_bytes:
            raise unfit("too_large", "A message this long is not read.")
        try:
            return LiveState.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            place = ".".join(str(step) for step in first["loc"]) or "The message"
            raise unfit("unfit_message", one_line(f"{place}: {first['msg']}.")[:300]) from None

    async def _paint(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self._has_changed.wait(), SECONDS_BETWEEN_TOUCHES)
            except TimeoutError:
                self._touch()
                continue
            self._has_changed.clear()
            snapshot = self._draft.snapshot()
            if snapshot is not None:
                await self._show(snapshot)

    def _touch(self) -> None:
        """Keep from expiring what the page shows."""
        service = self._here.service
        for name in self._draft.stylemaps():
            kept = service.stylemaps.kept.get(name)
            if kept is not None and kept.photo is not None:
                service.photos.kept.get(kept.photo)

    async def _show(self, snapshot: Snapshot) -> None:
        start = time.perf_counter()
        jpeg = b""
        async with self._telling(snapshot.sequence):
            jpeg = await self._here.engine.run_patiently(self._picture, snapshot)
        if jpeg:
            seconds = time.perf_counter() - start
            self._here.metrics.frame_seconds.observe(seconds)
            header = FRAME.pack(snapshot.sequence, 1000 * seconds)
            await self._socket.send_bytes(header + jpeg)  # waits for slow clients

    def _picture(self, snapshot: Snapshot) -> bytes:
        """Make a picture, on a worker's thread; what a closed page left behind is forgotten."""
        try:
            return _picture(self._here.service, snapshot)
        finally:
            if self._is_closed.is_set():
                self._here.service.forget_page(snapshot.page)

    @asynccontextmanager
    async def _telling(self, sequence: int) -> AsyncIterator[None]:
        """Tell the page what went wrong in the block, and go on."""
        try:
            yield
        except WebSocketDisconnect:
            raise
        except ApiError as refusal:
            await self.refuse(sequence, refusal)
        except StyleMapGANError as error:
            await self.refuse(sequence, as_refusal(error))
        except Exception:
            logger.exception("A page's message failed in a way nobody foresaw")
            await self.refuse(sequence, internal_refusal(request_id.get()))


def _picture(service: EditService, snapshot: Snapshot) -> bytes:
    order = make_order(
        service, snapshot.source, snapshot.parts(), snapshot.pushes(), page=snapshot.page
    )
    pixels = show(service, order, snapshot.state.view, snapshot.state.size)
    return pictures.encoded(pixels, pictures.JPEG, **pictures.LIVE)


def _note(ended: object) -> None:
    """Log how a task of a page ended, where that is worth it."""
    if isinstance(ended, WebSocketDisconnect | RuntimeError):  # closed while something was sent
        logger.debug("A page closed: %s", ended)
    elif isinstance(ended, Exception):
        logger.error("A page ended in a way nobody foresaw", exc_info=ended)


def _sequence(delta: bytes) -> int:
    """Read the number of a message that may be too short to have one."""
    return int.from_bytes(delta[:4], "little")
