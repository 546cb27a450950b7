"""How many pictures to work on at once."""

REFERENCE_SIZE = 128
"""Height and width, in pixels, of the pictures that limits are given for."""


def batch_for(size: int, most: int) -> int:
    """Take fewer pictures at once the larger they are, since networks need memory for each pixel.

    Args:
        size: Height and width of the pictures, in pixels.
        most: Pictures of up to 128 pixels to work on at once.

    Returns:
        As many as have the pixels of `most` pictures of 128 pixels; at least one.
    """
    return max(1, min(most, most * REFERENCE_SIZE**2 // size**2))
