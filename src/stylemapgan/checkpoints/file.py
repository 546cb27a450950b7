"""`.safetensors` files: a model with its shapes and licence, or tensors with metadata."""

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
"""Format of model files; its number rises when older versions cannot read a new file."""
SUFFIX = ".safetensors"


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A model as plain values."""

    config: ModelConfig
    """Shapes of the networks."""
    tensors: Mapping[str, np.ndarray]
    """Weights by name: `generator.…`, `encoder.…` and, where kept, `discriminator.…`."""
    images_seen: int = 0
    """Images seen in training."""
    licence: str = ""
    """Licence of the weights."""
    data: str = ""
    """Training data: what it is, who owns it, and how to cite it."""
    typical_errors: tuple[float, ...] = ()
    """Mean squared errors on [-1, 1] of reconstructions of photos the model was not trained on,
    as 11 quantiles from 0 to 100 %; empty if not measured."""
    subject: str = ""
    """What photos show, such as `face`: decides which square of a photo is taken by default; empty
    if nothing in particular."""


def read(path: Path) -> Checkpoint:
    """Read a model file without running any code in it.

    Raises:
        CheckpointError: The file is missing, damaged, or not a model file.
    """
    with _opened(path) as (opened, facts):
        names = opened.keys()
        return Checkpoint(tensors={name: opened.get_tensor(name) for name in names}, **facts)


def read_facts(path: Path) -> Checkpoint:
    """Read the metadata of a model file without its tensors, which is fast for any size.

    Raises:
        CheckpointError: The file is missing, damaged, or not a model file.
    """
    with _opened(path) as (_, facts):
        return Checkpoint(tensors={}, **facts)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Open a model file; yield it with all fields of its checkpoint except the tensors."""
    if not path.is_file():
        raise CheckpointError(f"{path}: there is no such file.")
    try:
        with safe_open(path, framework="numpy") as opened:
            yield opened, from_metadata(path, opened.metadata() or {}, FORMAT)
    except SafetensorError as error:
        raise CheckpointError(f"{path}: {_likely_content(path)} ({error}).") from None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}.") from None
    except TypeError as error:  # NumPy has no bfloat16
        raise CheckpointError(f"{path} stores numbers that NumPy cannot read: {error}.") from None


def write(path: Path, checkpoint: Checkpoint) -> None:
    """Write a model file atomically.

    Raises:
        CheckpointError: The file has another suffix, or its folder is missing.
        StorageError: The disk is full or writing is denied.
    """
    if path.suffix != SUFFIX:
        raise CheckpointError(f"{path} cannot be written: model files end in {SUFFIX}.")
    if not path.parent.is_dir():
        raise CheckpointError(f"{path} cannot be written: there is no folder {path.parent}.")
    # safetensors writes memory as it is, so channels_last weights have to be reordered
    tensors = {name: np.asarray(array, order="C") for name, array in checkpoint.tensors.items()}
    write_bytes(path, save(tensors, to_metadata(checkpoint, FORMAT)))


def to_half(checkpoint: Checkpoint) -> Checkpoint:
    """Store weights in float16: half the size, but too coarse to continue training."""
    tensors = {
        name: array.astype(np.float16) if np.issubdtype(array.dtype, np.floating) else array
        for name, array in checkpoint.tensors.items()
    }
    return replace(checkpoint, tensors=tensors)


def to_metadata(checkpoint: Checkpoint, file_format: str) -> dict[str, str]:
    """Encode all fields of a checkpoint except its tensors."""
    return {
        "format": file_format,
        "config": json.dumps(to_dict(checkpoint.config)),
        "images_seen": json.dumps(checkpoint.images_seen),
        "licence": spelled_out(json.dumps(checkpoint.licence, ensure_ascii=False)),
        "data": spelled_out(json.dumps(checkpoint.data, ensure_ascii=False)),
        "typical_errors": json.dumps(checkpoint.typical_errors),
        "subject": json.dumps(checkpoint.subject),
    }


def from_metadata(path: Path, metadata: Mapping[str, str], file_format: str) -> dict[str, Any]:
    """Decode all fields of a checkpoint except its tensors.

    Args:
        path: The file, for error messages.
        metadata: The result of `to_metadata`.
        file_format: The expected format.

    Raises:
        CheckpointError: The format differs, or a field is missing or invalid.
    """
    if "method" in metadata:
        raise CheckpointError(
            f"{path} is a model of the method {metadata['method']}, not of StyleMapGAN: "
            "reconstruct, generate, interpolate, blend, evaluate and compare work with it."
        )
    if metadata.get("format") != file_format:
        raise CheckpointError(
            f"{path} is not a StyleMapGAN model of this version: its format is "
            f"{metadata.get('format', 'unknown')!r}, expected {file_format!r}."
        )
    try:
        return {
            "config": from_dict(ModelConfig, json.loads(metadata["config"])),
            "images_seen": int(json.loads(metadata["images_seen"])),
            "licence": str(json.loads(metadata["licence"])),
            "data": str(json.loads(metadata["data"])),
            "typical_errors": tuple(map(float, json.loads(metadata.get("typical_errors", "[]")))),
            "subject": str(json.loads(metadata.get("subject", '""'))),
        }
    except KeyError as error:
        raise CheckpointError(f"{path}: its metadata has no {error}.") from None
    except (TypeError, ValueError, ConfigError) as error:
        raise CheckpointError(f"{path}: its metadata is invalid: {error}") from None


def _likely_content(path: Path) -> str:
    """Guess from its first bytes what a file is that is not a safetensors file."""
    with path.open("rb") as opened:
        start = opened.read(64).lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        return "this is a web page, not a model file; download the model itself"
    if start.startswith((b"pk\x03\x04", b"\x80")):
        return "this is a PyTorch pickle; turn it into a model file with `stylemapgan import`"
    return "not a safetensors file, or an incomplete one"


SUFFIX = ".safetensors"


def read_tensors(
    path: Path, what: str, max_bytes: int
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read tensors and metadata without running any code in the file.

    Args:
        path: The file.
        what: Its content, for messages, such as "parts".
        max_bytes: Larger files are refused unread.

    Returns:
        Tensors by name, and the metadata.

    Raises:
        CheckpointError: The file is missing, too large, damaged or not a safetensors file.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: there is no such file of {what}.")
    try:
        if path.stat().st_size > max_bytes:
            raise CheckpointError(
                f"{path} is too large for a file of {what}: more than {max_bytes:,} bytes."
            )
        with safe_open(path, framework="numpy") as opened:
            names = opened.keys()
            return {name: opened.get_tensor(name) for name in names}, opened.metadata() or {}
    except SafetensorError as error:
        raise CheckpointError(
            f"{path} is not a safetensors file, or is damaged ({error})."
        ) from None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}.") from None
    except TypeError as error:  # NumPy has no bfloat16
        raise CheckpointError(f"{path} stores numbers that NumPy cannot read: {error}.") from None


def write_tensors(
    path: Path, what: str, tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str]
) -> None:
    """Write tensors and metadata atomically.

    Raises:
        CheckpointError: The file has another suffix, or its folder is missing.
        StorageError: The disk is full or writing is denied.
    """
    refuse_unwritable(path, what)
    contiguous = {name: np.asarray(array, order="C") for name, array in tensors.items()}
    write_bytes(path, save(contiguous, {name: spelled_out(metadata[name]) for name in metadata}))


def refuse_unwritable(path: Path, what: str) -> None:
    """Refuse a path where such a file cannot be written.

    Raises:
        CheckpointError: The file has another suffix, or its folder is missing.
    """
    if path.suffix != SUFFIX:
        raise CheckpointError(f"{path} cannot be written: files of {what} end in {SUFFIX}.")
    if not path.parent.is_dir():
        raise CheckpointError(f"{path} cannot be written: there is no folder {path.parent}.")
