"""`stylemapgan serve`."""

from typing import Annotated

from cyclopts import Parameter

from stylemapgan.server.config import ServerConfig


def serve(*, settings: Annotated[ServerConfig, Parameter(name="*")] = ServerConfig()) -> None:
    """Serve the HTTP API, and the Studio with it.

    Ctrl-C ends it. Logs one line of JSON for each request to standard error.

    Args:
        settings: Where to listen, what to show, and how much to take.
    """
    from stylemapgan.server.run import serve as run

    run(settings, lambda address: print(f"serving {address}api/v1, Studio at {address}"), logs=True)
