"""Limits of a request: how large it may be, and how long it may take."""

import asyncio
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stylemapgan.server.api_errors import RETRY, ApiError, error_response
from stylemapgan.server.server_config import MB, ServerConfig

PHOTOS = "/photos"
"""Paths with this end accept pictures."""
MAX_DISCARDED = 256 * MB
"""Bytes of a rejected body that are read and discarded.

A browser shows the response only after it has sent everything; beyond this the connection closes.
"""
MAX_DIGITS = 15
"""Digits of the longest Content-Length that is parsed: a thousand terabytes."""


class RequestLimits:
    """ASGI middleware: rejects large bodies and ends slow requests."""

    def __init__(self, app: ASGIApp, config: ServerConfig) -> None:
        """Wrap an app."""
        self._app = app
        self._config = config

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass HTTP requests on with a limited body and a time limit."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(scope, receive, self._limit(scope))
        has_started = False

        async def send_after_body(message: Message) -> None:
            nonlocal has_started
            if not has_started:
                await body.discard_rest()
            has_started = True
            await send(message)

        try:
            async with asyncio.timeout(self._config.seconds):
                if body.is_declared_too_large:
                    await error_response(body.too_large())(scope, receive, send_after_body)
                else:
                    await self._app(scope, body.receive, send_after_body)
        except TimeoutError:
            if has_started:
                raise
            await error_response(self._too_slow())(scope, receive, send)

    def _limit(self, scope: Scope) -> int:
        is_photo = scope["method"] == "POST" and scope["path"].rstrip("/").endswith(PHOTOS)
        return self._config.photo_bytes if is_photo else self._config.body_bytes

    def _too_slow(self) -> ApiError:
        return ApiError(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "too_slow",
            f"The request took longer than {self._config.seconds:g} seconds; try again, or send "
            "a smaller one.",
            headers=RETRY,
        )


class _Body:
    """A request body, counted while it arrives; nothing beyond the limit is kept."""

    def __init__(self, scope: Scope, receive: Receive, limit: int) -> None:
        self._headers = Headers(scope=scope)
        self._receive = receive
        self._limit = limit
        self._length = 0
        self._is_complete = False

    @property
    def is_declared_too_large(self) -> bool:
        """Whether the Content-Length exceeds the limit."""
        declared = self._headers.get("content-length", "")
        if not (declared.isascii() and declared.isdigit()):
            return False
        return len(declared) > MAX_DIGITS or int(declared) > self._limit

    async def receive(self) -> Message:
        """Pass the next chunk on.

        Raises:
            ApiError: The body exceeds the limit.
        """
        message = await self._next()
        if self._length > self._limit:
            raise self.too_large()
        return message

    async def discard_rest(self) -> None:
        """Read what the client still sends, unless it waits for permission (Expect)."""
        if "expect" in self._headers:
            return
        while not self._is_complete and self._length < MAX_DISCARDED:
            await self._next()

    def too_large(self) -> ApiError:
        """Report the limit."""
        return ApiError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "too_large",
            f"The request is larger than the limit of {self._limit / MB:g} MB; send less, such as "
            "a smaller photo.",
        )

    async def _next(self) -> Message:
        message = await self._receive()
        self._length += len(message.get("body", b""))
        self._is_complete = not message.get("more_body", False)
        return message
