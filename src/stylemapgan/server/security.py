"""Who is let in, and what a browser may do with what it gets."""

import hmac
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stylemapgan.server.config import ServerConfig
from stylemapgan.server.context import header
from stylemapgan.server.errors import ApiError, answer

API = "/api/"
PROTECTED = (API, "/metrics")
"""Paths that need the token; the Studio's own files hold no secrets."""
READING = ("GET", "HEAD", "OPTIONS")
SUBPROTOCOL = "stylemapgan"
"""What WebSockets speak; a second one, `bearer.TOKEN`, carries the token."""
BEARER_SUBPROTOCOL = "bearer."

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Sent with every answer. There are no CORS headers, so other sites' pages read nothing."""


class SafeHeaders:
    """ASGI middleware: tells browsers with every answer what they may do with it."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before an app."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add headers to what the app answers."""

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                is_private = scope["path"].startswith(PROTECTED)
                headers.setdefault("Cache-Control", "no-store" if is_private else "no-cache")
            await send(message)

        await self._app(scope, receive, send_on)


class Guard:
    """ASGI middleware: checks names, origins and the token of HTTP requests and WebSockets."""

    def __init__(self, app: ASGIApp, settings: ServerConfig) -> None:
        """Stand before an app."""
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may come in."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = self._check(scope)
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await answer(refusal)(scope, receive, send)
        else:  # a WebSocket that was not accepted yet: the server answers 403
            await send({"type": "websocket.close", "code": 1008, "reason": refusal.code})

    def _check(self, scope: Scope) -> ApiError | None:
        host = header(scope["headers"], b"host") or ""
        origin = header(scope["headers"], b"origin")
        if not self._is_ours(_name(f"//{host}")):
            return ApiError(
                HTTPStatus.MISDIRECTED_REQUEST,
                "unknown_host",
                "This server does not go by that name; if it should, name it in --trusted-hosts.",
            )
        acts = scope["type"] == "websocket" or scope["method"] not in READING
        if acts and origin is not None and not self._is_same_site(origin, host):
            return ApiError(
                HTTPStatus.FORBIDDEN, "other_origin", "Pages of other sites may not do this."
            )
        if scope["path"].startswith(PROTECTED) and not self._knows_token(scope):
            return ApiError(
                HTTPStatus.UNAUTHORIZED,
                "token_needed",
                "Give this server's token: a header 'Authorization: Bearer TOKEN'.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        return None

    def _is_ours(self, name: str) -> bool:
        names = self._settings.host_names
        return names is None or name in names

    def _is_same_site(self, origin: str, host: str) -> bool:
        """A page may act if it came from the address that it calls, or from a trusted name."""
        try:
            place = urlsplit(origin).netloc.lower()
        except ValueError:  # such as http://[::1
            return False
        trusted = {name.lower() for name in self._settings.trusted_hosts}
        return bool(place) and (place == host.lower() or _name(origin) in trusted)

    def _knows_token(self, scope: Scope) -> bool:
        token = self._settings.token
        return token is None or hmac.compare_digest(_given_token(scope).encode(), token.encode())


def _given_token(scope: Scope) -> str:
    """Find the token in the header or, where browsers can send none, among the subprotocols."""
    if scope["type"] == "websocket":
        for protocol in scope["subprotocols"]:
            if protocol.startswith(BEARER_SUBPROTOCOL):
                return protocol.removeprefix(BEARER_SUBPROTOCOL)
    scheme, _, token = (header(scope["headers"], b"authorization") or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _name(address: str) -> str:
    """Cut the host's name out of an address, lower case; empty where there is none."""
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""
