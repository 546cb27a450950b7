"""Every setting of the server, as a frozen dataclass that checks itself."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Annotated

from cyclopts import Parameter

from stylemapgan import zoo
from stylemapgan.config.ranges import need_positive
from stylemapgan.errors import ConfigError

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
"""How browsers and programs on this machine call it."""
TOKEN_VARIABLE = "STYLEMAPGAN_TOKEN"
"""Holds the token for commands: other users of a machine may see what was typed."""
TOKEN = re.compile(r"[A-Za-z0-9._~-]{16,200}")
"""Characters that need no quoting in an address, a header or a WebSocket's subprotocol."""
MB = 1_000_000
ROOT_PATH = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?")
"""Paths that are the same however they are written: nothing in them needs quoting."""
OWN_PATHS = ("api", "static", "healthz", "readyz", "metrics")
"""What the server's own paths begin with."""


@dataclass(frozen=True, kw_only=True)
class ServerConfig:
    """Where the server listens, what it shows, and how much of the machine it takes."""

    host: str = "127.0.0.1"
    """Address to listen at; beyond this machine, such as 0.0.0.0, a token is needed."""
    port: int | None = None
    """Port to listen at; 0 takes any, and without it the first free one from 8765 on."""
    token: Annotated[str | None, Parameter(env_var=TOKEN_VARIABLE)] = field(
        default=None, repr=False
    )
    """What clients must know to be let in, at least 16 letters, digits or . _ ~ -."""
    trusted_hosts: tuple[str, ...] = ()
    """More names that clients may call the server by, such as that of a proxy before it."""
    root_path: str = ""
    """Path under which a reverse proxy shows the server, such as /tool."""
    model: str = zoo.BUNDLED[0]
    """Model to begin with: a bundled name, a .safetensors file or an exported folder."""
    models: tuple[str, ...] = zoo.BUNDLED
    """Further models to offer; each is loaded when first used."""
    workers: int = 2
    """Requests worked on at the same time."""
    waiting: int = 16
    """Requests that may wait for a worker; more are told to come back (429)."""
    uploads: int = 4
    """Pictures that may be uploaded at the same time; each takes its length in memory."""
    seconds: float = 60.0
    """Time for one request, its upload included; then the answer is 503."""
    photo_megabytes: float = 40.0
    """Longest picture file taken, in millions of bytes."""
    photo_megapixels: float = 50.0
    """Largest picture taken, in millions of pixels."""
    photo_min_side: int = 16
    """Least height and width of a picture, in pixels."""
    body_megabytes: float = 4.0
    """Longest request other than a picture, in millions of bytes; also a live message."""
    keep_minutes: float = 60.0
    """How long photos and stylemaps stay after their last use."""
    memory_megabytes: float = 256.0
    """Memory for unpacked photos and stylemaps, in millions of bytes."""
    disk_megabytes: float = 1000.0
    """Disk for uploaded photos, in a temporary folder, in millions of bytes."""
    client_share: float = 0.5
    """How much of memory and disk one client may fill; its oldest entries go beyond that."""
    live_connections: int = 32
    """Pages that may be painted on at the same time."""
    live_per_client: int = 8
    """Pages that one client may paint on at the same time."""

    def __post_init__(self) -> None:
        self._refuse_numbers_out_of_range()
        self._refuse_root_path()
        if self.token is not None and not TOKEN.fullmatch(self.token):
            raise ConfigError(
                "token must be 16 to 200 letters, digits or any of . _ ~ -, "
                f"got one of {len(self.token)} characters."
            )
        if not self.is_loopback and self.token is None:
            raise ConfigError(
                f"host {self.host} can be reached from other machines: give a token that clients "
                "must know (--token), or listen at 127.0.0.1."
            )

    def _refuse_numbers_out_of_range(self) -> None:
        need_positive(
            self,
            *("workers", "waiting", "uploads", "seconds", "photo_megabytes", "photo_megapixels"),
            *("photo_min_side", "body_megabytes", "keep_minutes", "memory_megabytes"),
            *("disk_megabytes", "live_connections", "live_per_client"),
        )
        if self.port is not None and not 0 <= self.port <= 65535:
            raise ConfigError(f"port must be from 0 to 65535, got {self.port}.")
        if not 0 < self.client_share <= 1:
            raise ConfigError(f"client_share must be above 0, up to 1, got {self.client_share}.")

    def _refuse_root_path(self) -> None:
        if not ROOT_PATH.fullmatch(self.root_path):
            raise ConfigError(
                "root_path must be a path of letters, digits and . _ ~ -, such as /tool, got "
                f"{self.root_path!r}."
            )
        first = self.root_path.split("/")[1:2]
        if first and first[0] in OWN_PATHS:
            raise ConfigError(
                f"root_path must not begin with /{first[0]}, which is a path of the server's own; "
                f"got {self.root_path!r}. Choose another, such as /stylemapgan{self.root_path}."
            )

    @property
    def prefix(self) -> str:
        """The root path without a slash at its end; empty if there is none."""
        return self.root_path.rstrip("/")

    @property
    def is_loopback(self) -> bool:
        """Whether only programs on this machine can reach the server."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def host_names(self) -> frozenset[str] | None:
        """Names by which clients may call the server, lower case; None where any will do.

        A web page elsewhere may give its own name this server's address and so have a visitor's
        browser call it. Loopback knows its names; beyond loopback the token keeps such pages out.
        """
        if not self.is_loopback and not self.trusted_hosts:
            return None
        names = (*LOOPBACK_NAMES, self.host, *self.trusted_hosts)
        return frozenset(name.lower() for name in names)

    @property
    def all_models(self) -> tuple[str, ...]:
        """The model to begin with and all others, each once."""
        return tuple(dict.fromkeys((self.model, *self.models)))

    @property
    def photo_bytes(self) -> int:
        """Longest picture file taken, in bytes."""
        return int(self.photo_megabytes * MB)

    @property
    def body_bytes(self) -> int:
        """Longest other request taken, in bytes."""
        return int(self.body_megabytes * MB)
