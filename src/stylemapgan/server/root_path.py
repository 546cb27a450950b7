"""The path under which a reverse proxy shows the server."""

from starlette.types import ASGIApp, Receive, Scope, Send


class RootPath:
    """ASGI middleware: takes the path of the proxy off, so that all others know their own alone.

    Some proxies take it off themselves; what comes without it is passed on as it is.
    """

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        """Stand before an app.

        Args:
            app: Gets paths without the root path.
            root_path: Such as `/tool`; empty if there is none.
        """
        self._app = app
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass requests on with a shorter path."""
        if scope["type"] in ("http", "websocket") and self._is_below(scope["path"]):
            path = scope["path"].removeprefix(self._root_path)
            raw_path = scope.get("raw_path", b"").removeprefix(self._root_path.encode())
            scope = {**scope, "path": path, "raw_path": raw_path}
        await self._app(scope, receive, send)

    def _is_below(self, path: str) -> bool:
        return bool(self._root_path) and path.startswith(f"{self._root_path}/")
