"""A run's folder: where its settings, journal, pictures, snapshots and states lie."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from stylemapgan.checkpoints.file import Checkpoint
from stylemapgan.checkpoints.file import write as write_checkpoint
from stylemapgan.config import RunConfig, read_toml, to_toml
from stylemapgan.errors import ConfigError, TrainingError
from stylemapgan.images.atomic import UNFINISHED, replacing
from stylemapgan.training.journal import Journal
from stylemapgan.training.locking import RunLock, is_lock
from stylemapgan.training.saved_states import SavedStates


class RunFolder:
    """The files of one run. Every file but the journal is replaced whole or not at all."""

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
            TrainingError: The folder holds something already, or is no folder.
        """
        if self.path.is_file():
            raise TrainingError(f"{self.path} is a file: choose another folder with --run")
        if self.path.exists() and not all(map(is_lock, self.path.iterdir())):
            raise TrainingError(
                f"{self.path} is not empty: choose another folder with --run, "
                f"or go on with --resume {self.path}"
            )

    def lock_new(self) -> None:
        """Lock a folder that no run has been in; it is made if it is missing.

        Raises:
            TrainingError: The folder is in use, or holds something already.
            StorageError: Nothing can be written there.
        """
        self.refuse_if_used()
        self.lock.acquire()
        try:
            self.refuse_if_used()  # a run may have come and gone meanwhile
        except TrainingError:
            self.lock.release()
            raise

    def create(self, config: RunConfig, remark: str = "") -> None:
        """Make an empty run.

        Args:
            config: All settings.
            remark: A line for people above them in `config.toml`.
        """
        for folder in self._folders():
            folder.mkdir(parents=True, exist_ok=True)
        with replacing(self._config) as unfinished:
            heading = f"# {remark}\n" if remark else ""
            unfinished.write_text(heading + to_toml(config), encoding="utf-8")

    def config(self) -> RunConfig:
        """Read the settings the run was started with.

        Raises:
            TrainingError: The folder is no run.
        """
        try:
            return read_toml(self._config)
        except ConfigError as error:
            raise TrainingError(f"{self.path} cannot be resumed: {error}") from None

    def remove_unbegun(self) -> None:
        """Take back `create`, where nothing has been trained since.

        Folders with something in them stay.
        """
        self._config.unlink(missing_ok=True)
        for folder in self._folders():
            with suppress(OSError):
                folder.rmdir()

    def remove_unfinished(self) -> None:
        """Delete the files that a killed run was writing."""
        for unfinished in self.path.rglob(f".*{UNFINISHED}"):
            unfinished.unlink()

    def load_state(self) -> dict[str, Any] | None:
        """Read the newest state that is good; None where the run stopped before its first.

        Raises:
            TrainingError: No state is good.
        """
        saved = self.states.load()
        return saved.state if saved else None

    def save_snapshot(self, checkpoint: Checkpoint, keep: int) -> Path:
        """Write the averaged weights, then drop all but the newest snapshots."""
        path = self.snapshots / f"{checkpoint.images_seen:09d}.safetensors"
        write_checkpoint(path, checkpoint)
        for old in sorted(self.snapshots.glob("*.safetensors"))[:-keep]:
            old.unlink()
        return path

    def _folders(self) -> tuple[Path, ...]:
        return self.samples, self.snapshots, self.states.folder
