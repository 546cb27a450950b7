"""Pictures that are unlike each other."""

import io

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
