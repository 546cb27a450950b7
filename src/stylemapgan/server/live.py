"""The WebSocket that a page paints through: masks in, pictures out, newest wins."""

import asyncio
import logging
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import APIRouter, WebSocket
from pydantic import ValidationError
from starlette.websockets import WebSocketDisconnect

from stylemapgan.errors import StyleMapGANError
from stylemapgan.server import pictures
from stylemapgan.server.bodies import LiveState
from stylemapgan.server.context import request_id, take_request_id
from stylemapgan.server.kitchen import Kitchen
from stylemapgan.server.live_draft import Draft, Snapshot
from stylemapgan.server.orders import make_order, show
from stylemapgan.server.refusals import Refusal, as_refusal, internal_refusal, one_line, unfit
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
    except Refusal as refusal:  # no place left
        await page.refuse(0, refusal)
        await socket.close(TRY_LATER)


class _Page:
    """One connection: a reader that never waits for pictures, a painter that never queues them."""

    def __init__(self, socket: WebSocket, here: Workspace) -> None:
        self._socket = socket
        self._here = here
        self._draft = Draft(here.kitchen)
        self._has_changed = asyncio.Event()

    async def run(self) -> None:
        """Read and paint until the page closes."""
        painter = asyncio.create_task(self._paint())
        try:
            await self._socket.send_json({"type": "ready"})
            await self._read()
        except (WebSocketDisconnect, RuntimeError) as error:  # closed while something was sent
            logger.debug("A page closed: %s", error)
        finally:
            painter.cancel()
            with suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                await painter
            self._draft.close()

    async def refuse(self, sequence: int, refusal: Refusal) -> None:
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
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
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
                await self._here.engine.run_patiently(self._draft.take_state, state)
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
                self._draft.touch()
                continue
            self._has_changed.clear()
            snapshot = self._draft.snapshot()
            if snapshot is not None:
                await self._show(snapshot)

    async def _show(self, snapshot: Snapshot) -> None:
        start = time.perf_counter()
        jpeg = b""
        async with self._telling(snapshot.sequence):
            jpeg = await self._here.engine.run_patiently(_picture, self._here.kitchen, snapshot)
        if jpeg:
            seconds = time.perf_counter() - start
            self._here.metrics.frame_seconds.observe(seconds)
            header = FRAME.pack(snapshot.sequence, 1000 * seconds)
            await self._socket.send_bytes(header + jpeg)  # waits for slow clients

    @asynccontextmanager
    async def _telling(self, sequence: int) -> AsyncIterator[None]:
        """Tell the page what went wrong in the block, and go on."""
        try:
            yield
        except WebSocketDisconnect:
            raise
        except Refusal as refusal:
            await self.refuse(sequence, refusal)
        except StyleMapGANError as error:
            await self.refuse(sequence, as_refusal(error))
        except Exception:
            logger.exception("A page's message failed in a way nobody foresaw")
            await self.refuse(sequence, internal_refusal(request_id.get()))


def _picture(kitchen: Kitchen, snapshot: Snapshot) -> bytes:
    order = make_order(
        kitchen, snapshot.source, snapshot.parts, snapshot.pushes, page=snapshot.page
    )
    pixels = show(kitchen, order, snapshot.state.view, snapshot.state.size)
    return pictures.encoded(pixels, pictures.JPEG, **pictures.LIVE)


def _sequence(delta: bytes) -> int:
    """Read the number of a message that may be too short to have one."""
    return int.from_bytes(delta[:4], "little")
