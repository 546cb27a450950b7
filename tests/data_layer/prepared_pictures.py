"""Pictures that are unlike each other, and a look at what became of them."""

import hashlib
import io
from pathlib import Path

import numpy as np
from PIL import Image


def smooth_noise(seed: int, width: int, height: int) -> Image.Image:
    """Make clouds of colour: structure that survives resizing and compression."""
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8, 3)).astype(np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def noisy_picture(seed: int, width: int, height: int) -> bytes:
    """Encode clouds of colour as PNG."""
    buffer = io.BytesIO()
    smooth_noise(seed, width, height).save(buffer, "png")
    return buffer.getvalue()


def tree(folder: Path) -> dict[str, str]:
    """Hash every file."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
