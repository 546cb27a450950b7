"""A run's folder: configuration, journal, sample sheets, snapshots and states."""

import logging
import os
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import torch

from stylemapgan.checkpoints.file import Checkpoint
from stylemapgan.checkpoints.file import write as write_checkpoint
from stylemapgan.checkpoints.method_file import MethodCheckpoint, write_method
from stylemapgan.config import RunConfig, read_toml, to_toml
from stylemapgan.errors import ConfigError, TrainingError
from stylemapgan.images.atomic import UNFINISHED, replacing, storing
from stylemapgan.training.journal import Journal
from stylemapgan.training.locking import RunLock, is_lock
from stylemapgan.training.state import broken_part


class RunFolder:
    """The files of one run. All but the journal are replaced atomically."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.journal = Journal(path / "journal.jsonl")
        self.samples = path / "samples"
        self.snapshots = path / "snapshots"
        self.states = SavedStates(path / "state")
        self.lock = RunLock(path)
        self._config = path / "config.toml"

    def refuse_if_used(self) -> None:
        """Protect an earlier run from being overwritten.

        Raises:
            TrainingError: The folder is not empty, or is a file.
        """
        if self.path.is_file():
            raise TrainingError(f"{self.path} is a file: choose another folder with --run")
        if self.path.exists() and not all(map(is_lock, self.path.iterdir())):
            raise TrainingError(
                f"{self.path} is not empty: choose another folder with --run, "
                f"or continue that run with --resume {self.path}"
            )

    def lock_new(self) -> None:
        """Lock an empty folder for a new run; create it if it is missing.

        Raises:
            TrainingError: The folder is in use, or not empty.
            StorageError: The folder cannot be written.
        """
        self.refuse_if_used()
        self.lock.acquire()
        try:
            self.refuse_if_used()  # another run may have used it meanwhile
        except TrainingError:
            self.lock.release()
            raise

    def create(self, config: RunConfig, remark: str = "") -> None:
        """Write `config.toml`, and create the folders of an empty run.

        Args:
            config: Configuration of the run.
            remark: A comment at the top of `config.toml`.
        """
        for folder in self._folders():
            folder.mkdir(parents=True, exist_ok=True)
        with replacing(self._config) as unfinished:
            heading = f"# {remark}\n" if remark else ""
            unfinished.write_text(heading + to_toml(config), encoding="utf-8")

    def config(self) -> RunConfig:
        """Read the configuration the run was started with.

        Raises:
            TrainingError: The folder does not hold a run.
        """
        try:
            return read_toml(self._config)
        except ConfigError as error:
            raise TrainingError(f"{self.path} cannot be resumed: {error}") from None

    def remove_unbegun(self) -> None:
        """Undo `create` for a run that has not trained; folders with files in them stay."""
        self._config.unlink(missing_ok=True)
        for folder in self._folders():
            with suppress(OSError):
                folder.rmdir()

    def remove_unfinished(self) -> None:
        """Delete unfinished files of a killed run."""
        for unfinished in self.path.rglob(f".*{UNFINISHED}"):
            unfinished.unlink()

    def load_state(self) -> dict[str, Any] | None:
        """Read the newest good state; None if none was saved yet.

        Raises:
            TrainingError: No state is good.
        """
        saved = self.states.load()
        return saved.state if saved else None

    def save_snapshot(self, checkpoint: Checkpoint | MethodCheckpoint, keep: int) -> Path:
        """Write the averaged weights, then delete all but the newest snapshots."""
        path = self.snapshots / f"{checkpoint.images_seen:09d}.safetensors"
        if isinstance(checkpoint, MethodCheckpoint):
            write_method(path, checkpoint)
        else:
            write_checkpoint(path, checkpoint)
        for old in sorted(self.snapshots.glob("*.safetensors"))[:-keep]:
            old.unlink()
        return path

    def _folders(self) -> tuple[Path, ...]:
        return self.samples, self.snapshots, self.states.folder


logger = logging.getLogger(__name__)


class Saved(NamedTuple):
    """A state and the file it was read from."""

    path: Path
    state: dict[str, Any]


class SavedStates:
    """The states a run resumes from: `latest.pt`, and `previous.pt` in case the first is damaged.

    Both are ZIP archives in PyTorch's format, which hold a CRC-32 of each tensor. PyTorch does
    not check it, so this class does: a few changed bytes would otherwise go unnoticed until
    the networks break.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.latest = folder / "latest.pt"
        self.previous = folder / "previous.pt"
        self._damaged = folder / "damaged.pt"

    def save(self, state: dict[str, Any]) -> None:
        """Write the newest state; the one before becomes `previous.pt`.

        Raises:
            StorageError: It cannot be written; the states saved before are unchanged.
        """
        wanted = _bytes(state)
        with storing(self.latest, self.folder, wanted=wanted), replacing(self.latest) as unfinished:
            torch.save(state, unfinished)
            self._keep_latest_as_previous()

    def load(self, warns: bool = True) -> Saved | None:
        """Read the newest good state; None if none was saved yet.

        Args:
            warns: Log a warning if the newest file is damaged.

        Raises:
            TrainingError: All saved states are damaged.
        """
        faults = []
        for path in filter(Path.exists, (self.latest, self.previous)):
            found = _read(path)
            if isinstance(found, str):
                faults.append(f"{path} {found}")
                continue
            for fault in faults if warns else ():
                logger.warning("%s: using the state before it, %s.", fault, path)
            return Saved(path, found)
        if faults:
            raise TrainingError(f"{' and '.join(faults)}: {self._remedy()}")
        return None

    def set_damaged_aside(self) -> None:
        """Rename a damaged newest file to `damaged.pt`, so that it is not read again."""
        if self.latest.exists():
            self.latest.replace(self._damaged)

    def _keep_latest_as_previous(self) -> None:
        """Link the newest state to a second name, so that it exists at any instant."""
        if not self.latest.exists():
            return
        second = self.previous.with_name(f".previous{UNFINISHED}")
        second.unlink(missing_ok=True)
        try:
            os.link(self.latest, second)
        except OSError:  # the file system has no links
            self.latest.replace(self.previous)
        else:
            second.replace(self.previous)

    def _remedy(self) -> str:
        snapshots = sorted((self.folder.parent / "snapshots").glob("*.safetensors"))
        if not snapshots:
            return "this run cannot be resumed, and it has no snapshots; start it again"
        return (
            "this run cannot be resumed, but its snapshots still work; start a new run with "
            f"--init-from {snapshots[-1]}"
        )


def _read(path: Path) -> dict[str, Any] | str:
    """Read a state; if it is damaged, return the rest of a sentence that begins with its path."""
    try:
        with zipfile.ZipFile(path) as archive:
            wrong = archive.testzip()
        if wrong is not None:
            return f"is damaged (the checksum of {wrong} is wrong)"
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"
    except MemoryError:
        raise
    except Exception:  # damaged bytes may raise anything
        return "is damaged (the archive is incomplete)"
    broken = broken_part(state)
    return f"is broken ({broken} are not finite)" if broken else state


def _bytes(state: Any) -> int:
    """Sum the sizes of all tensors of a state."""
    if isinstance(state, torch.Tensor):
        return state.nbytes
    values = state.values() if isinstance(state, dict) else state
    return sum(map(_bytes, values)) if isinstance(state, dict | list | tuple) else 0
