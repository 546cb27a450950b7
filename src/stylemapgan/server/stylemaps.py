"""Stylemaps that clients work with: kept by content hash, in and out as files."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from tokenize import TokenError

import numpy as np
from jaxtyping import Float32
from safetensors import SafetensorError
from safetensors.numpy import load, save

from stylemapgan.config import ModelConfig
from stylemapgan.editing.photo import Fit, Square
from stylemapgan.server.config import MB, ServerConfig
from stylemapgan.server.errors import ApiError, expired, unfit
from stylemapgan.server.photos import ID_LETTERS
from stylemapgan.server.response_schemas import FitAnswer, SquareAnswer, StylemapAnswer
from stylemapgan.server.store import Store

NPY = "application/x-npy"
SAFETENSORS = "application/x-safetensors"
MEMORY_SHARE = 0.1
"""How much of the memory stylemaps may take: each has some 20 kB."""
MAX_VALUE = 1e4
"""Beyond this, in either direction, no stylemap ever goes."""
NO_NPY = (
    *(ValueError, TypeError, EOFError, OSError, SyntaxError, TokenError),
    *(MemoryError, RecursionError, OverflowError),
)
"""What NumPy raises, depending on its version, for a header that makes no sense."""

PlainStylemap = Float32[np.ndarray, "1 style rows columns"]


@dataclass(frozen=True, kw_only=True, eq=False)
class KeptStylemap:
    """A stylemap and where it came from."""

    model: str
    array: PlainStylemap
    photo: str | None = None
    square: Square | None = None
    fit: Fit | None = None

    @property
    def id(self) -> str:
        """The same for the same content, photo and square."""
        origin = repr((self.model, self.photo, self.square, self.array.shape))
        digest = hashlib.sha256(origin.encode())
        digest.update(self.array.tobytes())
        return digest.hexdigest()[:ID_LETTERS]

    def answer(self) -> StylemapAnswer:
        """What clients are told."""
        square, fit = self.square, self.fit
        return StylemapAnswer(
            id=self.id,
            model=self.model,
            photo=self.photo,
            square=None if square is None else SquareAnswer(**vars(square)),
            fit=None
            if fit is None
            else FitAnswer(error=fit.error, verdict=fit.verdict, message=fit.message),
        )


class Stylemaps:
    """All stylemaps of one server."""

    def __init__(self, settings: ServerConfig, clock: Callable[[], float] = time.monotonic) -> None:
        """Start without any."""
        self._keep_minutes = settings.keep_minutes
        self.kept: Store[KeptStylemap] = Store(
            MEMORY_SHARE * settings.memory_megabytes * MB,
            keep_seconds=60 * settings.keep_minutes,
            share=settings.client_share,
            clock=clock,
        )

    def add(self, stylemap: KeptStylemap, client: str) -> KeptStylemap:
        """Keep a stylemap; it counts for the client's share."""
        self.kept.put(stylemap.id, stylemap, stylemap.array.nbytes + 1000, client)
        return stylemap

    def get(self, stylemap_id: str) -> KeptStylemap:
        """Find a stylemap.

        Raises:
            ApiError: There is none of that id, or not any more.
        """
        kept = self.kept.get(stylemap_id)
        if kept is None:
            raise expired("stylemap", stylemap_id, self._keep_minutes)
        return kept


def packed(stylemap: KeptStylemap, kind: str) -> bytes:
    """Turn a stylemap into a file's bytes."""
    if kind == SAFETENSORS:
        return save({"stylemap": stylemap.array}, {"model": stylemap.model})
    file = BytesIO()
    np.save(file, stylemap.array)
    return file.getvalue()


def unpacked(content: bytes, kind: str, config: ModelConfig) -> PlainStylemap:
    """Turn a file's bytes into a stylemap of a model; nothing in them is ever run.

    Raises:
        ApiError: It is of another kind, damaged, or of another model.
    """
    shape = (1, config.style_channels, config.stylemap_size, config.stylemap_size)
    array = _read_safetensors(content) if kind == SAFETENSORS else _read_npy(content, kind)
    if array.shape not in (shape, shape[1:]) or array.dtype not in (np.float32, np.float16):
        raise unfit(
            "unfit_stylemap",
            f"A stylemap of this model is {shape} in float32, got {array.shape} in {array.dtype}.",
        )
    values = np.ascontiguousarray(array.reshape(shape), dtype=np.float32)
    if not (np.abs(values) <= MAX_VALUE).all():  # false for NaN too
        raise unfit("unfit_stylemap", f"A stylemap's values lie within {MAX_VALUE:g} of 0.")
    return values


def _read_safetensors(content: bytes) -> np.ndarray:
    try:
        tensors = load(content)
    except (SafetensorError, TypeError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())[:100]
        raise unfit("damaged_stylemap", f"This is no safetensors file: {reason}.") from None
    if len(tensors) != 1:
        raise unfit("damaged_stylemap", f"One tensor is expected, this holds {len(tensors)}.")
    return next(iter(tensors.values()))


def _read_npy(content: bytes, kind: str) -> np.ndarray:
    if kind != NPY:
        raise ApiError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unknown_kind",
            f"Send a stylemap with the Content-Type {NPY} or {SAFETENSORS}.",
        )
    try:
        return _as_declared(content)
    except NO_NPY as error:
        reason = " ".join(str(error).split())[:100]
        raise unfit("damaged_stylemap", f"This is no npy file: {reason}.") from None


def _as_declared(content: bytes) -> np.ndarray:
    """Read an npy file whose header promises no more than there is."""
    file = BytesIO(content)
    version = np.lib.format.read_magic(file)
    if version != (1, 0):
        raise ValueError(f"version {version} of the format is not read")
    shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    if dtype.hasobject or min(shape, default=0) < 1:
        raise ValueError("its header makes no sense")
    length = dtype.itemsize
    for side in shape:
        length *= side
    if length != len(content) - file.tell():
        raise ValueError("it has another length than its header says")
    file.seek(0)
    return np.load(file, allow_pickle=False)
