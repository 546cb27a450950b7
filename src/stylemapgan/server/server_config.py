"""Configuration of the server: one frozen dataclass that validates itself."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Annotated

from cyclopts import Parameter

from stylemapgan import zoo
from stylemapgan.config.ranges import need_positive
from stylemapgan.errors import ConfigError

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
"""Host names under which this machine reaches itself."""
TOKEN_VARIABLE = "STYLEMAPGAN_TOKEN"
"""Environment variable with the token: other users can see a command's arguments."""
TOKEN = re.compile(r"[A-Za-z0-9._~-]{16,200}")
"""Characters that need no quoting in a URL, a header or a WebSocket subprotocol."""
MB = 1_000_000
LIMIT = Parameter(group="Limits")
"""Lists a field under its own heading in the commands' help."""
ROOT_PATH = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?")
"""Paths without characters that need quoting, so each has one spelling."""
OWN_PATHS = ("api", "static", "healthz", "readyz", "metrics")
"""First segments of the server's own paths."""


@dataclass(frozen=True, kw_only=True)
class ServerConfig:
    """Address, models and limits of the server."""

    host: str = "127.0.0.1"
    """Address to listen on; one that other machines can reach, such as 0.0.0.0, needs a token."""
    port: int | None = None
    """Port to listen on; 0 picks any free port. Default: the first free port from 8765."""
    token: Annotated[str | None, Parameter(env_var=TOKEN_VARIABLE)] = field(
        default=None, repr=False
    )
    """Secret that clients must send: 16 to 200 letters, digits or . _ ~ -. The Studio's link
    contains it."""
    trusted_hosts: tuple[str, ...] = ()
    """Further host names that clients may use, such as that of a reverse proxy."""
    root_path: str = ""
    """Path under which a reverse proxy publishes the server, such as /tool."""
    model: str = zoo.BUNDLED[0]
    """Model selected at the start: a bundled name, a .safetensors file (of StyleMapGAN, or of
    another method that edits by mask in one pass) or an exported folder."""
    models: tuple[str, ...] = zoo.BUNDLED
    """Further models to offer; each loads when first used."""
    library: str | None = None
    """Folder that `stylemapgan encode` wrote, to suggest references from; every client can see its
    photos."""
    library_photos: str | None = None
    """What was encoded: the SOURCE of `encode`, so that suggested references are photos; without
    it, they are what the model makes of them."""
    workers: Annotated[int, LIMIT] = 2
    """Worker threads, that is, requests processed at the same time."""
    waiting: Annotated[int, LIMIT] = 16
    """Requests that may wait for a worker; further ones get status 429."""
    uploads: Annotated[int, LIMIT] = 4
    """Simultaneous uploads; each needs as much memory as its file."""
    seconds: Annotated[float, LIMIT] = 60.0
    """Time limit of a request in seconds, upload included; beyond it the status is 503."""
    photo_megabytes: Annotated[float, LIMIT] = 40.0
    """Largest picture file accepted, in millions of bytes."""
    photo_megapixels: Annotated[float, LIMIT] = 50.0
    """Largest picture accepted, in millions of pixels."""
    photo_min_side: Annotated[int, LIMIT] = 16
    """Smallest height and width of a picture, in pixels."""
    body_megabytes: Annotated[float, LIMIT] = 4.0
    """Largest request body (pictures excepted) and live message, in millions of bytes."""
    keep_minutes: Annotated[float, LIMIT] = 60.0
    """Minutes without use after which photos and stylemaps expire."""
    memory_megabytes: Annotated[float, LIMIT] = 256.0
    """Memory for decoded photos, stylemaps and cached results, in millions of bytes."""
    disk_megabytes: Annotated[float, LIMIT] = 1000.0
    """Disk space for uploaded photos (in a temporary folder), in millions of bytes."""
    client_share: Annotated[float, LIMIT] = 0.5
    """Share of memory and disk that one client may fill; its oldest entries are dropped first."""
    live_connections: Annotated[int, LIMIT] = 32
    """Simultaneous live painting connections."""
    live_per_client: Annotated[int, LIMIT] = 8
    """Simultaneous live painting connections of one client."""

    def __post_init__(self) -> None:
        self._check_numbers()
        self._check_root_path()
        if self.token is not None and not TOKEN.fullmatch(self.token):
            raise ConfigError(
                "token must consist of 16 to 200 letters, digits or . _ ~ -; "
                f"got {len(self.token)} characters."
            )
        if not self.is_loopback and self.token is None:
            raise ConfigError(
                f"Other machines can reach host {self.host}: set a token that clients must send "
                "(--token), or listen on 127.0.0.1."
            )

    def _check_numbers(self) -> None:
        need_positive(
            self,
            *("workers", "waiting", "uploads", "seconds", "photo_megabytes", "photo_megapixels"),
            *("photo_min_side", "body_megabytes", "keep_minutes", "memory_megabytes"),
            *("disk_megabytes", "live_connections", "live_per_client"),
        )
        if self.library_photos is not None and self.library is None:
            raise ConfigError("library_photos needs a library: give the folder of `encode`, too.")
        if self.port is not None and not 0 <= self.port <= 65535:
            raise ConfigError(f"port must be between 0 and 65535, got {self.port}.")
        if not 0 < self.client_share <= 1:
            raise ConfigError(
                f"client_share must be above 0 and at most 1, got {self.client_share}."
            )

    def _check_root_path(self) -> None:
        if not ROOT_PATH.fullmatch(self.root_path):
            raise ConfigError(
                "root_path must be a path of letters, digits and . _ ~ -, such as /tool; got "
                f"{self.root_path!r}."
            )
        first = self.root_path.split("/")[1:2]
        if first and first[0] in OWN_PATHS:
            raise ConfigError(
                f"root_path must not begin with /{first[0]}, which the server itself uses; "
                f"got {self.root_path!r}. Choose another, such as /stylemapgan{self.root_path}."
            )

    @property
    def prefix(self) -> str:
        """The root path without a trailing slash; empty if there is none."""
        return self.root_path.rstrip("/")

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def host_names(self) -> frozenset[str] | None:
        """Host names that clients may use, in lower case; None allows any.

        Another site can point its own host name at this server's address (DNS rebinding) and let
        a visitor's browser call it. On loopback the list of names stops that; elsewhere the
        token does.
        """
        if not self.is_loopback and not self.trusted_hosts:
            return None
        names = (*LOOPBACK_NAMES, self.host, *self.trusted_hosts)
        return frozenset(name.lower() for name in names)

    @property
    def all_models(self) -> tuple[str, ...]:
        """The first model and all others, each once."""
        return tuple(dict.fromkeys((self.model, *self.models)))

    @property
    def photo_bytes(self) -> int:
        """Largest picture file accepted, in bytes."""
        return int(self.photo_megabytes * MB)

    @property
    def body_bytes(self) -> int:
        """Largest body of any other request, in bytes."""
        return int(self.body_megabytes * MB)
