"""A run's diary for TensorBoard, with images seen as steps."""

from pathlib import Path
from typing import Any

from stylemapgan import images
from stylemapgan.errors import MissingExtraError
from stylemapgan.types import Images


class TensorBoardLog:
    """Write what the journal holds, and sample sheets, as TensorBoard's event files.

    Each start of a run adds a file to the folder. Of an earlier file, TensorBoard hides what lies
    beyond the point that the run resumed from.
    """

    def __init__(self, folder: Path, images_seen: int = 0) -> None:
        """Start writing.

        Args:
            folder: Where event files go; made if missing.
            images_seen: Where the run goes on.

        Raises:
            MissingExtraError: TensorBoard is not installed.
        """
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ModuleNotFoundError:
            raise MissingExtraError("tensorboard", "tensorboard") from None
        first_step = images_seen + 1 if images_seen else None
        self._writer = SummaryWriter(str(folder), purge_step=first_step)

    def write(self, images_seen: int, **entry: Any) -> None:
        """Write one entry of the journal, called as `Journal.write` is."""
        for name, value in entry.items():
            if name == "machine":
                text = "  \n".join(f"{key}: {fact}" for key, fact in value.items())
                self._writer.add_text(name, text, images_seen)
            elif isinstance(value, dict):
                self._scalars(images_seen, value, "validation/" if name == "validation" else "")
            else:
                self._scalars(images_seen, {name: value}, "speed/")

    def picture(self, images_seen: int, sheet: Images) -> None:
        """Write a sample sheet."""
        pixels = images.to_bytes(sheet[:1])[0]
        self._writer.add_image("samples", pixels, images_seen, dataformats="HWC")

    def close(self) -> None:
        """Write what is still in memory, and stop."""
        self._writer.close()

    def _scalars(self, images_seen: int, values: dict[str, float], group: str) -> None:
        for name, value in values.items():
            self._writer.add_scalar(f"{group}{name}", value, images_seen)
