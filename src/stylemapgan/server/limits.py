"""How long a request may be, and how long it may take."""

import asyncio
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stylemapgan.server.config import MB, ServerConfig
from stylemapgan.server.context import header
from stylemapgan.server.errors import COME_BACK, ApiError, answer

PHOTOS = "/photos"
"""Paths with this end take pictures."""
READ_ON = 256 * MB
"""Bytes of an unwanted body that are still read and thrown away.

A browser shows the answer only once it has sent everything; beyond this the connection is cut.
"""
MAX_DIGITS = 15
"""Digits of the longest length that is worth reading: a thousand terabytes."""


class Limits:
    """ASGI middleware: refuses what is too long, and answers in time."""

    def __init__(self, app: ASGIApp, settings: ServerConfig) -> None:
        """Stand before an app."""
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass HTTP requests on with a limited body and a limited time."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(scope, receive, self._limit(scope))
        has_started = False

        async def send_on(message: Message) -> None:
            nonlocal has_started
            if not has_started:
                await body.read_on()
            has_started = True
            await send(message)

        try:
            async with asyncio.timeout(self._settings.seconds):
                if body.is_declared_too_long:
                    await answer(body.too_large())(scope, receive, send_on)
                else:
                    await self._app(scope, body.receive, send_on)
        except TimeoutError:
            if has_started:
                raise
            await answer(self._too_slow())(scope, receive, send)

    def _limit(self, scope: Scope) -> int:
        is_photo = scope["method"] == "POST" and scope["path"].rstrip("/").endswith(PHOTOS)
        return self._settings.photo_bytes if is_photo else self._settings.body_bytes

    def _too_slow(self) -> ApiError:
        return ApiError(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "too_slow",
            f"This took longer than {self._settings.seconds:g} seconds; try again with less.",
            headers=COME_BACK,
        )


class _Body:
    """A request's body, counted as it comes; nothing beyond the limit is kept."""

    def __init__(self, scope: Scope, receive: Receive, limit: int) -> None:
        self._scope = scope
        self._receive = receive
        self._limit = limit
        self._length = 0
        self._is_complete = False

    @property
    def is_declared_too_long(self) -> bool:
        """Whether its header already says that it is too long."""
        declared = header(self._scope["headers"], b"content-length") or ""
        if not (declared.isascii() and declared.isdigit()):
            return False
        return len(declared) > MAX_DIGITS or int(declared) > self._limit

    async def receive(self) -> Message:
        """Pass the next piece on.

        Raises:
            ApiError: There were too many.
        """
        message = await self._next()
        if self._length > self._limit:
            raise self.too_large()
        return message

    async def read_on(self) -> None:
        """Let a client finish what it is sending, unless it asked beforehand whether to send."""
        if header(self._scope["headers"], b"expect"):
            return
        while not self._is_complete and self._length < READ_ON:
            await self._next()

    def too_large(self) -> ApiError:
        """Say how much is taken."""
        return ApiError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "too_large",
            f"At most {self._limit / MB:g} MB are taken here; send less, such as a smaller photo.",
        )

    async def _next(self) -> Message:
        message = await self._receive()
        self._length += len(message.get("body", b""))
        self._is_complete = not message.get("more_body", False)
        return message
