"""A run's folder: where its settings, diary, pictures, snapshots and state lie."""

from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from stylemapgan.checkpoints.file import Checkpoint
from stylemapgan.checkpoints.file import write as write_checkpoint
from stylemapgan.config import RunConfig, read_toml, to_toml
from stylemapgan.errors import ConfigError, TrainingError
from stylemapgan.images.atomic import UNFINISHED, replacing
from stylemapgan.training.journal import Journal


class RunFolder:
    """The files of one run. Every file but the journal is replaced whole or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.journal = Journal(path / "journal.jsonl")
        self.samples = path / "samples"
        self.snapshots = path / "snapshots"
        self._state = path / "state" / "latest.pt"
        self._config = path / "config.toml"

    def refuse_if_used(self) -> None:
        """Protect an earlier run from being overwritten.

        Raises:
            TrainingError: The folder holds something already, or is no folder.
        """
        if self.path.is_file():
            raise TrainingError(f"{self.path} is a file: choose another folder with --run")
        if self.path.exists() and any(self.path.iterdir()):
            raise TrainingError(
                f"{self.path} is not empty: choose another folder with --run, "
                f"or go on with --resume {self.path}"
            )

    def create(self, config: RunConfig, remark: str = "") -> None:
        """Make an empty run.

        Args:
            config: All settings.
            remark: A line for people above them in `config.toml`.
        """
        for folder in (self.samples, self.snapshots, self._state.parent):
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

    def save_state(self, state: dict[str, Any]) -> None:
        """Replace the state that resuming starts from."""
        with replacing(self._state) as unfinished:
            torch.save(state, unfinished)

    def remove_unfinished(self) -> None:
        """Delete the files that a killed run was writing."""
        for unfinished in self.path.rglob(f".*{UNFINISHED}"):
            unfinished.unlink()

    def load_state(self) -> dict[str, Any] | None:
        """Read the newest state; None where the run stopped before its first.

        Raises:
            TrainingError: The file was damaged by something.
        """
        if not self._state.exists():
            return None
        try:
            return torch.load(self._state, map_location="cpu", weights_only=True)
        except (RuntimeError, EOFError, UnpicklingError):
            raise TrainingError(
                f"{self._state} is damaged: this run cannot go on; its snapshots still work"
            ) from None

    def save_snapshot(self, checkpoint: Checkpoint, keep: int) -> Path:
        """Write the averaged weights, then drop all but the newest snapshots."""
        path = self.snapshots / f"{checkpoint.images_seen:09d}.safetensors"
        write_checkpoint(path, checkpoint)
        for old in sorted(self.snapshots.glob("*.safetensors"))[:-keep]:
            old.unlink()
        return path
