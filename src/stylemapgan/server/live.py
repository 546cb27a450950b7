"""The WebSocket for live painting: masks in, pictures out; the newest state wins."""

import asyncio
import logging
import struct
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, WebSocket
from pydantic import ValidationError
from starlette.websockets import WebSocketDisconnect

from stylemapgan.errors import StyleMapGANError
from stylemapgan.server.api_errors import ApiError, internal_error, invalid, one_line, to_api_error
from stylemapgan.server.edit_service import EditService
from stylemapgan.server.live_draft import Draft, Snapshot, decode_state
from stylemapgan.server.observability import choose_request_id, request_id
from stylemapgan.server.picture_encoding import JPEG, LIVE_OPTIONS, encode_picture
from stylemapgan.server.request_schemas import LiveState
from stylemapgan.server.resolved_edit import render_view, resolve_edit
from stylemapgan.server.security import SUBPROTOCOL
from stylemapgan.server.workspace import Workspace, client_of, workspace_of

logger = logging.getLogger(__name__)

FRAME = struct.Struct("<If")
"""Header of a frame: newest message included, milliseconds of rendering; then a JPEG."""
TRY_AGAIN_LATER = 1013
"""WebSocket close code of a server that is too busy."""
KEEP_ALIVE_SECONDS = 60.0
"""Interval at which an idle connection keeps its stylemaps from expiring."""
MESSAGE_OVERHEAD = 100
"""Bytes that a queued message counts besides its content."""

Message = dict[str, Any]
"""A message of a WebSocket, as ASGI represents it."""

router = APIRouter()


@router.websocket("/live")
async def live(socket: WebSocket) -> None:
    """Serve one connection until it closes."""
    workspace = workspace_of(socket)
    request_id.set(choose_request_id(socket.scope))
    subprotocol = SUBPROTOCOL if SUBPROTOCOL in socket.scope["subprotocols"] else None
    await socket.accept(subprotocol=subprotocol)
    connection = _Connection(socket, workspace)
    try:
        with workspace.live_limit.acquire(client_of(socket)):
            await connection.run()
    except ApiError as error:  # too many connections
        await connection.send_error(0, error)
        await socket.close(TRY_AGAIN_LATER)


class _Connection:
    """Three tasks of the event loop that share one draft.

    One receives messages and notices when the socket closes, one applies them to the draft, and
    one renders the newest draft. Worker threads get values that never change.
    """

    def __init__(self, socket: WebSocket, workspace: Workspace) -> None:
        self._socket = socket
        self._workspace = workspace
        self._draft = Draft()
        self._queue = BoundedQueue(workspace.config.body_bytes)
        self._has_changed = asyncio.Event()
        self._is_closed = threading.Event()

    async def run(self) -> None:
        """Receive and render until the socket closes."""
        steps = (self._receive_messages(), self._apply_messages(), self._render_frames())
        tasks = [asyncio.create_task(step) for step in steps]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                _log_outcome(outcome)
            self._is_closed.set()  # a frame still being rendered now cleans up after itself
            self._workspace.service.forget_connection(self._draft.connection)

    async def send_error(self, sequence: int, error: ApiError) -> None:
        """Report an error; the connection stays open."""
        fields = {"sequence": sequence, "code": error.code, "message": error.message}
        await self._socket.send_json({"type": "error", **fields})

    async def _receive_messages(self) -> None:
        await self._socket.send_json({"type": "ready"})
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            await self._queue.put(dict(message))

    async def _apply_messages(self) -> None:
        while True:
            message = await self._queue.get()
            text = message.get("text")
            if text is not None:
                await self._apply_state(text)
            else:
                content = message.get("bytes") or b""
                async with self._reporting_errors(_sequence_of(content)):
                    self._draft.apply_delta(content)
                    self._has_changed.set()

    async def _apply_state(self, text: str) -> None:
        workspace = self._workspace
        async with self._reporting_errors(0):
            state = _parse_state(text, workspace.config.body_bytes)
            async with self._reporting_errors(state.sequence):
                decoded = await workspace.workers.run_when_free(
                    decode_state, workspace.service, state
                )
                self._draft.set_state(decoded)
                self._has_changed.set()

    async def _render_frames(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self._has_changed.wait(), KEEP_ALIVE_SECONDS)
            except TimeoutError:
                for stylemap in self._draft.stylemaps():
                    self._workspace.service.keep_alive(stylemap)
                continue
            self._has_changed.clear()
            snapshot = self._draft.snapshot()
            if snapshot is not None:
                await self._send_frame(snapshot)

    async def _send_frame(self, snapshot: Snapshot) -> None:
        start = time.perf_counter()
        jpeg = b""
        async with self._reporting_errors(snapshot.sequence):
            jpeg = await self._workspace.workers.run_when_free(self._render, snapshot)
        if jpeg:
            seconds = time.perf_counter() - start
            self._workspace.metrics.frame_seconds.observe(seconds)
            header = FRAME.pack(snapshot.sequence, 1000 * seconds)
            await self._socket.send_bytes(header + jpeg)  # waits for slow clients

    def _render(self, snapshot: Snapshot) -> bytes:
        """Render a frame on a worker thread; if the socket has closed, free the painter again."""
        try:
            return _render_jpeg(self._workspace.service, snapshot)
        finally:
            if self._is_closed.is_set():
                self._workspace.service.forget_connection(snapshot.connection)

    @asynccontextmanager
    async def _reporting_errors(self, sequence: int) -> AsyncIterator[None]:
        """Send errors of the block to the client and continue."""
        try:
            yield
        except WebSocketDisconnect:
            raise
        except ApiError as error:
            await self.send_error(sequence, error)
        except StyleMapGANError as error:
            await self.send_error(sequence, to_api_error(error))
        except Exception:
            logger.exception("A live message failed with an unexpected error.")
            await self.send_error(sequence, internal_error(request_id.get()))


class BoundedQueue:
    """A queue of messages, bounded in bytes.

    Reading ahead lets the server notice that a socket closes while an earlier message still waits
    for a worker. If a client sends more than fits, reading pauses until there is room.
    """

    def __init__(self, limit: int) -> None:
        """Start empty.

        Args:
            limit: Bytes beyond which `put` waits.
        """
        self._limit = limit
        self._length = 0
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self._has_room = asyncio.Event()
        self._has_room.set()

    async def put(self, message: Message) -> None:
        """Add a message as soon as there is room."""
        await self._has_room.wait()
        self._messages.put_nowait(message)
        self._count(_length(message))

    async def get(self) -> Message:
        """Take the oldest message, or wait for one."""
        message = await self._messages.get()
        self._count(-_length(message))
        return message

    def _count(self, change: int) -> None:
        self._length += change
        if self._length < self._limit:
            self._has_room.set()
        else:
            self._has_room.clear()


def _parse_state(text: str, limit: int) -> LiveState:
    if len(text) > limit:
        raise invalid("too_large", f"The message exceeds the limit of {limit} bytes.")
    try:
        return LiveState.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(step) for step in first["loc"]) or "The message"
        raise invalid("unfit_message", one_line(f"{field}: {first['msg']}.")[:300]) from None


def _render_jpeg(service: EditService, snapshot: Snapshot) -> bytes:
    resolved = resolve_edit(
        service, snapshot.source, snapshot.edit(), connection=snapshot.connection
    )
    pixels = render_view(service, resolved, snapshot.state)
    return encode_picture(pixels, JPEG, **LIVE_OPTIONS)


def _log_outcome(outcome: object) -> None:
    """Log how a task ended, if that is unusual."""
    if isinstance(outcome, WebSocketDisconnect | RuntimeError):  # closed while sending
        logger.debug("Live connection closed: %s", outcome)
    elif isinstance(outcome, Exception):
        logger.error("Live connection failed with an unexpected error.", exc_info=outcome)


def _sequence_of(delta: bytes) -> int:
    """Read the sequence number of a delta that may be too short to have one."""
    return int.from_bytes(delta[:4], "little")


def _length(message: Message) -> int:
    return MESSAGE_OVERHEAD + len(message.get("text") or message.get("bytes") or "")
