"""Stylemaps of clients: stored by content hash, read from and written to files."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from tokenize import TokenError

import numpy as np
from jaxtyping import Float32
from safetensors import SafetensorError
from safetensors.numpy import load, save

from stylemapgan.editing.photo import Fit, Square
from stylemapgan.server.api_errors import expired, invalid, unsupported_type
from stylemapgan.server.expiring_store import ExpiringStore
from stylemapgan.server.photo_store import ID_LENGTH
from stylemapgan.server.response_schemas import FitResponse, SquareResponse, StylemapResponse
from stylemapgan.server.server_config import MB, ServerConfig

NPY = "application/x-npy"
SAFETENSORS = "application/x-safetensors"
MEMORY_SHARE = 0.1
"""Share of the memory for stylemaps; each has about 20 kB."""
MAX_VALUE = 1e4
"""Largest absolute value accepted; real stylemaps stay far below."""
NPY_ERRORS = (
    *(ValueError, TypeError, EOFError, OSError, SyntaxError, TokenError),
    *(MemoryError, RecursionError, OverflowError),
)
"""What NumPy raises, depending on its version, for a damaged header."""

PlainStylemap = Float32[np.ndarray, "1 style rows columns"]


@dataclass(frozen=True, kw_only=True, eq=False)
class StoredStylemap:
    """A stylemap and its origin."""

    model: str
    array: PlainStylemap
    photo: str | None = None
    square: Square | None = None
    fit: Fit | None = None

    @property
    def id(self) -> str:
        """Hash of content, photo and square."""
        origin = repr((self.model, self.photo, self.square, self.array.shape))
        digest = hashlib.sha256(origin.encode())
        digest.update(self.array.tobytes())
        return digest.hexdigest()[:ID_LENGTH]

    def response(self) -> StylemapResponse:
        """Describe it to clients."""
        square, fit = self.square, self.fit
        return StylemapResponse(
            id=self.id,
            model=self.model,
            photo=self.photo,
            square=None if square is None else SquareResponse(**vars(square)),
            fit=None
            if fit is None
            else FitResponse(error=fit.error, verdict=fit.verdict, message=fit.message),
        )


class StylemapStore:
    """All stylemaps of one server."""

    def __init__(self, config: ServerConfig, clock: Callable[[], float] = time.monotonic) -> None:
        """Start empty."""
        self._keep_minutes = config.keep_minutes
        self.entries: ExpiringStore[StoredStylemap] = ExpiringStore(
            MEMORY_SHARE * config.memory_megabytes * MB,
            keep_seconds=60 * config.keep_minutes,
            share=config.client_share,
            clock=clock,
        )

    def add(self, stylemap: StoredStylemap, client: str) -> StoredStylemap:
        """Store a stylemap; it counts against the client's share."""
        self.entries.put(stylemap.id, stylemap, stylemap.array.nbytes + 1000, client)
        return stylemap

    def get(self, stylemap_id: str) -> StoredStylemap:
        """Find a stylemap.

        Raises:
            ApiError: The id is unknown or has expired.
        """
        stored = self.entries.get(stylemap_id)
        if stored is None:
            raise expired("stylemap", stylemap_id, self._keep_minutes)
        return stored


def write_stylemap(stylemap: StoredStylemap, media_type: str) -> bytes:
    """Write a stylemap as npy or safetensors."""
    if media_type == SAFETENSORS:
        return save({"stylemap": stylemap.array}, {"model": stylemap.model})
    file = BytesIO()
    np.save(file, stylemap.array)
    return file.getvalue()


def read_stylemap(
    content: bytes, media_type: str, shape: tuple[int, int, int, int]
) -> PlainStylemap:
    """Read a stylemap from npy or safetensors; no code in it is ever executed.

    Args:
        content: The file's bytes.
        media_type: Which of both it is.
        shape: Shape of the model's stylemaps.

    Raises:
        ApiError: It has another format, is damaged, or does not fit the model.
    """
    array = (
        _read_safetensors(content) if media_type == SAFETENSORS else _read_npy(content, media_type)
    )
    if array.shape not in (shape, shape[1:]) or array.dtype not in (np.float32, np.float16):
        raise invalid(
            "unfit_stylemap",
            f"Stylemaps of this model have shape {shape} in float32; got {array.shape} in "
            f"{array.dtype}.",
        )
    values = np.ascontiguousarray(array.reshape(shape), dtype=np.float32)
    if not (np.abs(values) <= MAX_VALUE).all():  # false for NaN too
        raise invalid(
            "unfit_stylemap",
            f"Values of a stylemap must be numbers between -{MAX_VALUE:g} and {MAX_VALUE:g}.",
        )
    return values


def _read_safetensors(content: bytes) -> np.ndarray:
    try:
        tensors = load(content)
    except (SafetensorError, TypeError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())[:100]
        raise invalid(
            "damaged_stylemap", f"The content is not a valid safetensors file: {reason}."
        ) from None
    if len(tensors) != 1:
        raise invalid(
            "damaged_stylemap", f"The file must hold one tensor; it holds {len(tensors)}."
        )
    return next(iter(tensors.values()))


def _read_npy(content: bytes, media_type: str) -> np.ndarray:
    if media_type != NPY:
        raise unsupported_type(f"Send a stylemap with the Content-Type {NPY} or {SAFETENSORS}.")
    try:
        return _read_npy_strictly(content)
    except NPY_ERRORS as error:
        reason = " ".join(str(error).split())[:100]
        raise invalid(
            "damaged_stylemap", f"The content is not a valid npy file: {reason}."
        ) from None


def _read_npy_strictly(content: bytes) -> np.ndarray:
    """Read an npy file whose header matches the length of its content."""
    file = BytesIO(content)
    version = np.lib.format.read_magic(file)
    if version != (1, 0):
        raise ValueError(f"format version {version} is not supported")
    shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    if dtype.hasobject or min(shape, default=0) < 1:
        raise ValueError("the shape or type in the header is not supported")
    length = dtype.itemsize
    for side in shape:
        length *= side
    if length != len(content) - file.tell():
        raise ValueError("the length of the data differs from the header")
    file.seek(0)
    return np.load(file, allow_pickle=False)
