"""What an operator sees: request ids, one log line for each request, and numbers for Prometheus."""

import json
import logging
import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stylemapgan.server.context import request_id, take_request_id
from stylemapgan.server.errors import answer, internal_refusal

logger = logging.getLogger(__name__)

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 2.0, 5.0, 15.0, 60.0)
"""Upper ends of the buckets that durations are counted in."""


METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
"""Methods that are counted by name."""
ABORTED = 499
"""Status under which requests are counted whose client went away before there was an answer."""


class Metrics:
    """Numbers about one server, in a registry of their own."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "stylemapgan_requests",
            "HTTP requests answered",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "stylemapgan_request_seconds",
            "Time until a request was answered",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.frame_seconds = Histogram(
            "stylemapgan_live_frame_seconds",
            "Time to make one live picture",
            buckets=SECONDS,
            registry=self.registry,
        )

    def watch(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """Show a number that is read whenever somebody asks."""
        Gauge(f"stylemapgan_{name}", meaning, registry=self.registry).set_function(read)


class Observer:
    """ASGI middleware: names, times, counts and logs requests; answers what nobody caught.

    A client that goes away while it sends is no failure: nobody is left to answer.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Stand before an app."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass HTTP requests on, and note what became of them."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = take_request_id(scope["headers"])
        mark = request_id.set(name)
        start = time.perf_counter()
        status = 0
        is_aborted = False

        async def receive_on() -> Message:
            nonlocal is_aborted
            message = await receive()
            if message["type"] == "http.disconnect" and not status:
                is_aborted = True
            return message

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = name
            await send(message)

        try:
            await self._app(scope, receive_on, send_on)
        except ClientDisconnect:
            logger.debug("The client went away before it had sent everything")
        except Exception:
            logger.exception("A request failed in a way nobody foresaw")
            if status:
                raise
            await answer(internal_refusal(name))(scope, receive, send_on)
        finally:
            answered = ABORTED if is_aborted else status
            self._note(scope, answered, time.perf_counter() - start)
            request_id.reset(mark)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.request_seconds.labels(route).observe(seconds)
        facts = {
            "method": scope["method"],
            "path": scope["path"],
            "status": status,
            "milliseconds": round(1000 * seconds, 1),
            "client": (scope.get("client") or ("",))[0],
        }
        logger.info("request", extra={"facts": facts})


def _route(scope: Scope) -> str:
    """Name the kind of a path: a name for everything that somebody made up, and for each id."""
    if "route" not in scope:
        return "static" if "endpoint" in scope else "none"
    names = {str(value): f"{{{name}}}" for name, value in scope["path_params"].items()}
    steps: list[str] = scope["path"].split("/")
    return "/".join(names.get(step, step) for step in steps)


class JsonLines(logging.Formatter):
    """Log records as lines of JSON, each with the id of the request it belongs to."""

    def format(self, record: logging.LogRecord) -> str:
        """Turn a record into one line."""
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id.get(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps({key: value for key, value in line.items() if value != ""})
