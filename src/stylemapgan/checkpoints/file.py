"""One `.safetensors` file that holds a model: weights, shapes, licence and history."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from stylemapgan.config import ModelConfig, from_dict, to_dict
from stylemapgan.config.plain_values import spelled_out
from stylemapgan.errors import CheckpointError, ConfigError
from stylemapgan.images.atomic import write_bytes

FORMAT = "stylemapgan-1"
"""Written into every file; a change that older versions cannot read gets the next number."""
SUFFIX = ".safetensors"


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A model as plain values."""

    config: ModelConfig
    """Shapes of the networks."""
    tensors: Mapping[str, np.ndarray]
    """Weights by name: `generator.…`, `encoder.…` and, where kept, `discriminator.…`."""
    images_seen: int = 0
    """How long the model was trained, in images."""
    licence: str = ""
    """What others may do with these weights."""
    data: str = ""
    """What the model was trained on, whose it is, and how to cite it."""
    typical_errors: tuple[float, ...] = ()
    """How well photos the model never saw come back: mean squared errors on [-1, 1] of their
    reconstructions, as 11 quantiles from 0 to 100 %; empty where not measured."""


def read(path: Path) -> Checkpoint:
    """Read a model file; no code in it is ever run.

    Raises:
        CheckpointError: The file is missing, damaged, or not one of ours.
    """
    with _opened(path) as (opened, facts):
        names = opened.keys()
        return Checkpoint(tensors={name: opened.get_tensor(name) for name in names}, **facts)


def read_facts(path: Path) -> Checkpoint:
    """Read what a model file says of itself, without its tensors: quick however large it is.

    Raises:
        CheckpointError: The file is missing, damaged, or not one of ours.
    """
    with _opened(path) as (_, facts):
        return Checkpoint(tensors={}, **facts)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Lend an open model file and every field of its checkpoint but the tensors."""
    if not path.is_file():
        raise CheckpointError(f"{path}: there is no such file.")
    try:
        with safe_open(path, framework="numpy") as opened:
            yield opened, from_metadata(path, opened.metadata() or {}, FORMAT)
    except SafetensorError as error:
        raise CheckpointError(f"{path}: {_what_it_is_instead(path)} ({error}).") from None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}.") from None
    except TypeError as error:  # NumPy knows no bfloat16
        raise CheckpointError(f"{path} stores numbers that NumPy does not know: {error}.") from None


def write(path: Path, checkpoint: Checkpoint) -> None:
    """Write a model file; it appears complete or not at all.

    Raises:
        CheckpointError: The file has another suffix, or its folder is missing.
        StorageError: The disk is full or writing is denied.
    """
    if path.suffix != SUFFIX:
        raise CheckpointError(f"{path} cannot be written: model files end in {SUFFIX}.")
    if not path.parent.is_dir():
        raise CheckpointError(f"{path} cannot be written: there is no folder {path.parent}.")
    # safetensors writes memory as it lies, so channels_last weights have to be reordered
    tensors = {name: np.asarray(array, order="C") for name, array in checkpoint.tensors.items()}
    write_bytes(path, save(tensors, to_metadata(checkpoint, FORMAT)))


def to_half(checkpoint: Checkpoint) -> Checkpoint:
    """Store weights in float16: half the size, too coarse to go on training from."""
    tensors = {
        name: array.astype(np.float16) if np.issubdtype(array.dtype, np.floating) else array
        for name, array in checkpoint.tensors.items()
    }
    return replace(checkpoint, tensors=tensors)


def to_metadata(checkpoint: Checkpoint, file_format: str) -> dict[str, str]:
    """Write down every field of a checkpoint but its tensors."""
    return {
        "format": file_format,
        "config": json.dumps(to_dict(checkpoint.config)),
        "images_seen": json.dumps(checkpoint.images_seen),
        "licence": spelled_out(json.dumps(checkpoint.licence, ensure_ascii=False)),
        "data": spelled_out(json.dumps(checkpoint.data, ensure_ascii=False)),
        "typical_errors": json.dumps(checkpoint.typical_errors),
    }


def from_metadata(path: Path, metadata: Mapping[str, str], file_format: str) -> dict[str, Any]:
    """Read every field of a checkpoint but its tensors.

    Args:
        path: Where it was, to say in errors.
        metadata: What `to_metadata` wrote.
        file_format: What it has to say of its format.

    Raises:
        CheckpointError: It is of another format, lacks something or makes no sense.
    """
    if metadata.get("format") != file_format:
        raise CheckpointError(
            f"{path} is no StyleMapGAN model of this version: its metadata says format "
            f"{metadata.get('format', 'nothing')!r}, expected {file_format!r}."
        )
    try:
        return {
            "config": from_dict(ModelConfig, json.loads(metadata["config"])),
            "images_seen": int(json.loads(metadata["images_seen"])),
            "licence": str(json.loads(metadata["licence"])),
            "data": str(json.loads(metadata["data"])),
            "typical_errors": tuple(map(float, json.loads(metadata.get("typical_errors", "[]")))),
        }
    except KeyError as error:
        raise CheckpointError(f"{path}: its metadata lacks {error}.") from None
    except (TypeError, ValueError, ConfigError) as error:
        raise CheckpointError(f"{path}: its metadata makes no sense: {error}") from None


def _what_it_is_instead(path: Path) -> str:
    """Guess from its first bytes what a file that is no safetensors file may be."""
    with path.open("rb") as opened:
        start = opened.read(64).lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        return "this is a web page, not a model file; download the model itself"
    if start.startswith((b"pk\x03\x04", b"\x80")):
        return "this is a PyTorch pickle; turn it into a model file with `stylemapgan import`"
    return "this is no safetensors file, or only part of one"


SUFFIX = ".safetensors"


def read_tensors(
    path: Path, what: str, max_bytes: int
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read a file; no code in it is ever run.

    Args:
        path: Where it is.
        what: What it should hold, for messages: "parts", say.
        max_bytes: Larger files are refused unread.

    Returns:
        Tensors by name, and the metadata.

    Raises:
        CheckpointError: The file is missing, too large, damaged or no safetensors file.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: there is no such file of {what}.")
    try:
        if path.stat().st_size > max_bytes:
            raise CheckpointError(f"{path} is larger than any file of {what}.")
        with safe_open(path, framework="numpy") as opened:
            names = opened.keys()
            return {name: opened.get_tensor(name) for name in names}, opened.metadata() or {}
    except SafetensorError as error:
        raise CheckpointError(f"{path} is no safetensors file, or damaged ({error}).") from None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}.") from None
    except TypeError as error:  # NumPy knows no bfloat16
        raise CheckpointError(f"{path} stores numbers that NumPy does not know: {error}.") from None


def write_tensors(
    path: Path, what: str, tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str]
) -> None:
    """Write a file; it appears complete or not at all.

    Raises:
        CheckpointError: The file has another suffix, or its folder is missing.
        StorageError: The disk is full or writing is denied.
    """
    refuse_unwritable(path, what)
    contiguous = {name: np.asarray(array, order="C") for name, array in tensors.items()}
    write_bytes(path, save(contiguous, {name: spelled_out(metadata[name]) for name in metadata}))


def refuse_unwritable(path: Path, what: str) -> None:
    """Let only places pass where such a file can be.

    Raises:
        CheckpointError: The file has another suffix, or its folder is missing.
    """
    if path.suffix != SUFFIX:
        raise CheckpointError(f"{path} cannot be written: files of {what} end in {SUFFIX}.")
    if not path.parent.is_dir():
        raise CheckpointError(f"{path} cannot be written: there is no folder {path.parent}.")
