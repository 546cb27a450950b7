"""Request ids, one log line per request, and metrics for Prometheus."""

import json
import logging
import re
import secrets
import time
from collections.abc import Callable
from contextvars import ContextVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stylemapgan.server.api_errors import error_response, internal_error

logger = logging.getLogger(__name__)

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 2.0, 5.0, 15.0, 60.0)
"""Upper bounds of the histograms' buckets."""
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
"""Methods that metrics count by name."""
ABORTED = 499
"""Status recorded when the client disconnects before the response."""
VALID_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""Request ids accepted from callers, such as a proxy."""

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Id of the current request, in responses and in the log."""


def choose_request_id(scope: Scope) -> str:
    """Take over the caller's request id, or create one."""
    given = Headers(scope=scope).get("x-request-id", "")
    return given if VALID_ID.fullmatch(given) else secrets.token_hex(8)


class Metrics:
    """Metrics of one server, in a registry of its own."""

    def __init__(self) -> None:
        """Start at zero."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "stylemapgan_requests",
            "HTTP requests, by method, route and status",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "stylemapgan_request_seconds",
            "Time from request to response, in seconds",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.frame_seconds = Histogram(
            "stylemapgan_live_frame_seconds",
            "Time to render one frame of live painting, in seconds",
            buckets=SECONDS,
            registry=self.registry,
        )

    def add_gauge(self, name: str, description: str, read: Callable[[], float]) -> None:
        """Publish a number that is read at every scrape."""
        Gauge(f"stylemapgan_{name}", description, registry=self.registry).set_function(read)


class Observer:
    """ASGI middleware: identifies, times, counts and logs requests; handles unexpected errors.

    A client that disconnects while it uploads is not an error: no response is needed.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Wrap an app."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass HTTP requests on and record the outcome."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = choose_request_id(scope)
        token = request_id.set(name)
        start = time.perf_counter()
        status = 0
        is_aborted = False

        async def watch_disconnect() -> Message:
            nonlocal is_aborted
            message = await receive()
            if message["type"] == "http.disconnect" and not status:
                is_aborted = True
            return message

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = name
            await send(message)

        try:
            await self._app(scope, watch_disconnect, send_with_id)
        except ClientDisconnect:
            logger.debug("The client disconnected before it had sent the whole request.")
        except Exception:
            logger.exception("Request failed with an unexpected error.")
            if status:
                raise
            await error_response(internal_error(name))(scope, receive, send_with_id)
        finally:
            outcome = ABORTED if is_aborted else status
            self._record(scope, outcome, time.perf_counter() - start)
            request_id.reset(token)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.request_seconds.labels(route).observe(seconds)
        fields = {
            "method": scope["method"],
            "path": scope["path"],
            "status": status,
            "milliseconds": round(1000 * seconds, 1),
            "client": (scope.get("client") or ("",))[0],
        }
        logger.info("request", extra={"fields": fields})


def _route(scope: Scope) -> str:
    """Name the route of a request: ids become placeholders, unknown paths share one name."""
    if "route" not in scope:
        return "static" if "endpoint" in scope else "none"
    names = {str(value): f"{{{name}}}" for name, value in scope["path_params"].items()}
    steps: list[str] = scope["path"].split("/")
    return "/".join(names.get(step, step) for step in steps)


class JsonLines(logging.Formatter):
    """Formats log records as lines of JSON with the id of their request."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record as one line."""
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id.get(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps({key: value for key, value in line.items() if value != ""})
