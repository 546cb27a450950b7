"""Access control (host names, origins, the token) and security headers."""

import hmac
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stylemapgan.server.api_errors import ApiError, error_response
from stylemapgan.server.server_config import ServerConfig

API = "/api/"
PROTECTED = (API, "/metrics")
"""Paths that need the token; the Studio's files contain no secrets."""
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
SUBPROTOCOL = "stylemapgan"
"""Subprotocol of WebSockets; a second one, `bearer.TOKEN`, carries the token."""
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
"""Sent with every response. Without CORS headers, pages of other sites cannot read responses."""


class SecurityHeaders:
    """ASGI middleware: adds security and caching headers to every response."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an app."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers when a response starts."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                is_private = scope["path"].startswith(PROTECTED)
                headers.setdefault("Cache-Control", "no-store" if is_private else "no-cache")
            await send(message)

        await self._app(scope, receive, send_with_headers)


class AccessControl:
    """ASGI middleware: checks host name, origin and token of HTTP requests and WebSockets."""

    def __init__(self, app: ASGIApp, config: ServerConfig) -> None:
        """Wrap an app."""
        self._app = app
        self._config = config

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass allowed requests on; answer all others."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        error = self._check(scope)
        if error is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await error_response(error)(scope, receive, send)
        else:  # a WebSocket that is not accepted yet: uvicorn responds with 403
            await send({"type": "websocket.close", "code": 1008, "reason": error.code})

    def _check(self, scope: Scope) -> ApiError | None:
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._is_known_host(_host_name(f"//{host}")):
            return ApiError(
                HTTPStatus.MISDIRECTED_REQUEST,
                "unknown_host",
                "The server does not accept this host name. To allow it, start the server with "
                "--trusted-hosts NAME.",
            )
        has_effects = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if has_effects and origin is not None and not self._is_same_site(origin, host):
            return ApiError(
                HTTPStatus.FORBIDDEN,
                "other_origin",
                "Pages of other sites may not send this request.",
            )
        if scope["path"].startswith(PROTECTED) and not self._has_token(scope):
            return ApiError(
                HTTPStatus.UNAUTHORIZED,
                "token_needed",
                "The request needs the server's token, in a header 'Authorization: Bearer TOKEN'.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        return None

    def _is_known_host(self, name: str) -> bool:
        names = self._config.host_names
        return names is None or name in names

    def _is_same_site(self, origin: str, host: str) -> bool:
        """Whether a page comes from the address that it calls, or from a trusted host."""
        try:
            site = urlsplit(origin).netloc.lower()
        except ValueError:  # such as http://[::1
            return False
        trusted = {name.lower() for name in self._config.trusted_hosts}
        return bool(site) and (site == host.lower() or _host_name(origin) in trusted)

    def _has_token(self, scope: Scope) -> bool:
        token = self._config.token
        return token is None or hmac.compare_digest(_token_of(scope).encode(), token.encode())


def _token_of(scope: Scope) -> str:
    """Read the token from the header or, where browsers cannot set one, from the subprotocols."""
    if scope["type"] == "websocket":
        for protocol in scope["subprotocols"]:
            if protocol.startswith(BEARER_SUBPROTOCOL):
                return protocol.removeprefix(BEARER_SUBPROTOCOL)
    scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _host_name(address: str) -> str:
    """Take the host name out of a URL, in lower case; empty if there is none."""
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""
