"""Model files: `file` needs only NumPy, `networks` needs PyTorch."""

from stylemapgan.checkpoints.file import Checkpoint, read, to_half, write

__all__ = ["Checkpoint", "read", "to_half", "write"]
