"""Where a run tells what happens."""

from typing import Any

from stylemapgan import images
from stylemapgan.training.folder import RunFolder
from stylemapgan.training.tensorboard import TensorBoardLog
from stylemapgan.types import Images


class Diary:
    """The journal and the sample sheets, and TensorBoard if the settings ask for it."""

    def __init__(self, folder: RunFolder, images_seen: int, has_tensorboard: bool) -> None:
        """Go on writing.

        Raises:
            MissingExtraError: TensorBoard is asked for and not installed.
        """
        self._folder = folder
        self._board = None
        if has_tensorboard:
            self._board = TensorBoardLog(folder.path / "tensorboard", images_seen)

    def write(self, images_seen: int, **entry: Any) -> None:
        """Write one entry."""
        self._folder.journal.write(images_seen, **entry)
        if self._board:
            self._board.write(images_seen, **entry)

    def picture(self, images_seen: int, sheet: Images) -> None:
        """Write a sample sheet."""
        images.write(self._folder.samples / f"{images_seen:09d}.png", sheet)
        if self._board:
            self._board.picture(images_seen, sheet)

    def close(self) -> None:
        """Write what is still in memory."""
        if self._board:
            self._board.close()
