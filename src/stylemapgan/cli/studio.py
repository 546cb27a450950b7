"""`stylemapgan studio`."""

import webbrowser
from threading import Thread
from typing import Annotated

from cyclopts import Parameter

from stylemapgan.server.config import TOKEN_VARIABLE, ServerConfig


def studio(
    *,
    host: str = ServerConfig.host,
    port: int | None = None,
    token: Annotated[str | None, Parameter(env_var=TOKEN_VARIABLE)] = None,
    model: str = ServerConfig.model,
    root_path: str = ServerConfig.root_path,
    browser: bool = True,
) -> None:
    """Edit photos in the browser, by painting; everything stays on this machine.

    Ctrl-C ends it.

    Args:
        host: Address to listen at; beyond this machine, such as 0.0.0.0, a token is needed.
        port: Port to listen at; the first free one from 8765 on if left out.
        token: What the page must know to be let in; it is part of the address that opens.
        model: Model to begin with: a bundled name, a .safetensors file or an exported folder.
        root_path: Path under which a reverse proxy shows the Studio, such as /tool.
        browser: Open the page.
    """
    from stylemapgan.server.run import serve

    settings = ServerConfig(host=host, port=port, token=token, model=model, root_path=root_path)

    def show(address: str) -> None:
        page = address if token is None else f"{address}#token={token}"
        print(f"The Studio is at {page} (Ctrl-C ends it)", flush=True)
        if browser:
            Thread(target=webbrowser.open, args=(page,), daemon=True).start()  # some wait

    serve(settings, show, logs=False)
