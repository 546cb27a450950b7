"""ONNX Runtime, and the networks of an exported model that it runs.

No other module imports ONNX Runtime: its telemetry must be off before that. From version 1.29 on,
importing it gives the machine a number, keeps a database of events in the user's cache and looks
up the host they are sent to, unless an environment variable forbids that beforehand.
"""

import ctypes
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from stylemapgan.checkpoints.file import from_metadata
from stylemapgan.errors import CheckpointError

OPT_OUT = "ORT_DISABLE_TELEMETRY"

if "onnxruntime" in sys.modules and os.environ.get(OPT_OUT) != "1":
    logging.getLogger(__name__).warning(
        "onnxruntime was imported before stylemapgan, with its telemetry on: set %s=1 in the "
        "environment, or import stylemapgan.editing first.",
        OPT_OUT,
    )
os.environ[OPT_OUT] = "1"

import onnxruntime  # noqa: E402 - never before the variable is set

if hasattr(onnxruntime, "disable_telemetry_events"):
    onnxruntime.disable_telemetry_events()

__all__ = ["onnxruntime"]


ONNX_FORMAT = "stylemapgan-onnx-1"
"""Written into every file; a change that older versions cannot read gets the next number."""
FATAL = 4
"""ONNX Runtime's logging level: what goes wrong is raised, not printed."""

LARGE = 32 * 2**20
"""Bytes of a model's files above which memory counts for more than speed."""


class OnnxNetworks:
    """Networks in one folder, each opened when it first runs.

    Args:
        folder: What `stylemapgan export` wrote, or a part of it.
        threads: How many compute; else OMP_NUM_THREADS, else one for each core.
    """

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        self.folder = folder
        self._is_large = sum(file.stat().st_size for file in folder.glob("*.onnx*")) > LARGE
        self._options = _session_options(threads)
        # an arena saves a tenth of the time, and keeps the most memory that was ever needed
        self._options.enable_cpu_mem_arena = not self._is_large
        self._facts: dict[str, Any] = {}
        self._sessions: dict[str, onnxruntime.InferenceSession] = {}
        self._opening = Lock()

    @property
    def facts(self) -> dict[str, Any]:
        """What a checkpoint says of itself, all but its tensors, by name.

        Raises:
            CheckpointError: The file of the resizer is missing, damaged, or none of ours.
        """
        self._session("resizer")
        return self._facts

    def run(
        self, name: str, inputs: Mapping[str, np.ndarray], outputs: Sequence[str] | None = None
    ) -> list[np.ndarray]:
        """Run one network.

        Args:
            name: Its file, without the suffix.
            inputs: Arrays by the network's names for them.
            outputs: Which results to give, by name; all of them if left out.

        Raises:
            CheckpointError: The file is missing, damaged, or of another model.
        """
        return self._session(name).run(outputs, dict(inputs))  # pyright: ignore[reportReturnType]

    def _session(self, name: str) -> onnxruntime.InferenceSession:
        with self._opening:
            if name not in self._sessions:
                self._sessions[name] = self._open(name)
            return self._sessions[name]

    def _open(self, name: str) -> onnxruntime.InferenceSession:
        path = self.folder / f"{name}.onnx"
        if not path.is_file():
            raise CheckpointError(f"{path} does not exist; write it with `stylemapgan export`.")
        try:
            session = onnxruntime.InferenceSession(
                _place_or_content(path), self._options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # the only base class of ONNX Runtime's errors
            reason = " ".join(str(error).split())
            raise CheckpointError(f"{path} is not a complete ONNX file ({reason}).") from None
        if self._is_large:
            _return_freed_memory()
        self._refuse_strangers(path, session.get_modelmeta().custom_metadata_map)
        return session

    def _refuse_strangers(self, path: Path, metadata: Mapping[str, str]) -> None:
        """Require that the file holds this network, and all files one model."""
        facts = from_metadata(path, metadata, ONNX_FORMAT)
        if metadata.get("network") != path.stem:
            raise CheckpointError(f"{path} holds another network: {metadata.get('network')}.")
        if facts != (self._facts or facts):
            raise CheckpointError(f"{path} and its neighbours belong to different models.")
        self._facts = facts


def _place_or_content(path: Path) -> Path | bytes:
    """Read files whose path is not valid Unicode: ONNX Runtime cannot open them."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return path.read_bytes()
    return path


def _session_options(threads: int | None) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    named = os.environ.get("OMP_NUM_THREADS", "")
    options.intra_op_num_threads = threads or (int(named) if named.isdecimal() else 0)
    options.log_severity_level = FATAL
    # threads that spin while they wait starve each other and their neighbours
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _return_freed_memory() -> None:
    """Give memory back to the system that unpacking weights took; glibc would keep it."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other C libraries have none
        if trim is not None:
            trim(0)
