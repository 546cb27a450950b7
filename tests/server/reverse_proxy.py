"""A little reverse proxy that shows a server below a path of its own, WebSockets too."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

PATH = "/tool"
NOT_HERE = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@contextmanager
def reverse_proxy(server: str, *, strips: bool) -> Iterator[str]:
    """Show a server below `PATH`; everything else is another program's.

    Args:
        server: Its address.
        strips: Whether it hears paths without `PATH`.
    """
    upstream = urlsplit(server)
    assert upstream.hostname is not None
    place = upstream.hostname, upstream.port or 80
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, place, strips), daemon=True).start()
        port = listener.getsockname()[1]
        yield f"http://127.0.0.1:{port}{PATH}/"
        listener.shutdown(socket.SHUT_RDWR)  # ends accept


def _accept(listener: socket.socket, place: tuple[str, int], strips: bool) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            arguments = (client, place, strips)
            threading.Thread(target=_serve, args=arguments, daemon=True).start()


def _serve(client: socket.socket, place: tuple[str, int], strips: bool) -> None:
    with client, suppress(OSError):
        head, _, rest = _read_head(client).partition(b"\r\n\r\n")
        line, *headers = head.split(b"\r\n")
        method, _, target = line.partition(b" ")
        if not target.startswith((f"{PATH}/".encode(), f"{PATH} ".encode(), f"{PATH}?".encode())):
            client.sendall(NOT_HERE)
            return
        if strips:
            target = target.removeprefix(PATH.encode())
        if not any(each.lower().startswith(b"upgrade:") for each in headers):
            headers = [each for each in headers if not each.lower().startswith(b"connection:")]
            headers.append(b"Connection: close")  # one request for each connection
        with socket.create_connection(place) as server:
            request = b"\r\n".join((method + b" " + target, *headers))
            server.sendall(request + b"\r\n\r\n" + rest)
            back = threading.Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            _pump(client, server)
            back.join()


def _read_head(client: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = client.recv(65536)
        if not piece:
            break
        head += piece
    return head


def _pump(source: socket.socket, sink: socket.socket) -> None:
    """Pass bytes on until one side ends."""
    with suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
