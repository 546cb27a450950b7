"""`stylemapgan serve` and `stylemapgan studio`: one server, with or without a browser."""

import webbrowser
from threading import Thread
from typing import Annotated, TypeAlias

from cyclopts import Parameter

from stylemapgan.server.server_config import ServerConfig

AnyServer: TypeAlias = Annotated[ServerConfig, Parameter(name="*")]


def serve(*, config: AnyServer = ServerConfig()) -> None:
    """Serve the HTTP API and the Studio.

    Ctrl-C stops the server. Logs each request to standard error as a line of JSON.

    Args:
        config: Address, models and limits.
    """
    from stylemapgan.server.serving import serve as run

    def announce(url: str) -> None:
        print(f"Serving the API at {url}api/v1, the Studio at {url}", flush=True)

    run(config, announce, logs=True)


def studio(*, config: AnyServer = ServerConfig(), browser: bool = True) -> None:
    """Edit photos in the browser by painting; everything stays on this machine.

    Ctrl-C stops the Studio.

    Args:
        config: Address, models and limits.
        browser: Open the page in the browser.
    """
    from stylemapgan.server.serving import serve as run

    def open_page(url: str) -> None:
        page = url if config.token is None else f"{url}#token={config.token}"
        print(f"The Studio runs at {page} (stop it with Ctrl-C)", flush=True)
        if browser:
            Thread(target=webbrowser.open, args=(page,), daemon=True).start()  # some block

    run(config, open_page, logs=False)
