"""Encode pictures as the client asks: PNG, WebP, JPEG, GIF, or inside JSON."""

import base64
from collections.abc import Sequence
from http import HTTPStatus
from io import BytesIO
from typing import Any

import numpy as np
from fastapi import Request
from fastapi.responses import Response
from jaxtyping import UInt8
from PIL import Image

from stylemapgan import images
from stylemapgan.images.levels import from_bytes, to_bytes
from stylemapgan.server.api_errors import ApiError
from stylemapgan.server.response_schemas import PictureResponse, PicturesResponse
from stylemapgan.types import Images

Pixels = UInt8[np.ndarray, "shown_height shown_width 3"]

JSON = "application/json"
PNG, WEBP, JPEG, GIF = "image/png", "image/webp", "image/jpeg", "image/gif"
ENCODERS: dict[str, tuple[str, dict[str, Any]]] = {
    PNG: ("PNG", {"compress_level": 3}),
    WEBP: ("WEBP", {"quality": 90, "method": 2}),
    JPEG: ("JPEG", {"quality": 92, "subsampling": 0}),
}
"""Media type → Pillow's format and options, chosen for speed."""
LIVE_OPTIONS: dict[str, Any] = {"quality": 85, "subsampling": 0}
"""JPEG options of live painting."""
ONE_PICTURE = (PNG, WEBP, JPEG, JSON)
SEVERAL_PICTURES = (PNG, WEBP, JPEG, GIF, JSON)
FRAME_MILLISECONDS = 80
"""Duration of an animation's frame."""

PICTURE_RESPONSE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The picture, in the format given by the Accept header",
        "model": PictureResponse,
        "content": {media_type: {} for media_type in (PNG, WEBP, JPEG)},
    }
}
PICTURES_RESPONSE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A contact sheet (PNG, JPEG), animation (WebP, GIF) or list (JSON)",
        "model": PicturesResponse,
        "content": {media_type: {} for media_type in (PNG, WEBP, JPEG, GIF)},
    }
}


def negotiate(request: Request, offered: Sequence[str]) -> str:
    """Choose the media type that the Accept header prefers; the first one if it has no preference.

    Raises:
        ApiError: The header accepts none of them.
    """
    qualities = _qualities(request.headers.get("accept") or "*/*")
    best = max(
        offered, key=lambda media_type: _quality(media_type, qualities)
    )  # the first of equals
    if _quality(best, qualities) <= 0:
        raise ApiError(
            HTTPStatus.NOT_ACCEPTABLE,
            "no_such_format",
            f"Available formats: {', '.join(offered)}. Ask for one of them in the Accept header.",
        )
    return best


def picture_response(pixels: Pixels, media_type: str) -> Response:
    """Respond with one picture."""
    if media_type == JSON:
        return _json(_in_json(pixels))
    return Response(encode_picture(pixels, media_type), media_type=media_type)


def pictures_response(frames: Sequence[Pixels], media_type: str) -> Response:
    """Respond with several pictures: an animation, a contact sheet, or a list inside JSON."""
    if media_type == JSON:
        return _json(PicturesResponse(images=[_in_json(frame) for frame in frames]))
    if media_type in (WEBP, GIF) and len(frames) > 1:
        return Response(_animation(frames, media_type), media_type=media_type)
    if len(frames) == 1:
        return picture_response(frames[0], PNG if media_type == GIF else media_type)
    columns = min(len(frames), 8)
    cells = [from_bytes(frame[None]) for frame in frames]
    rows = [cells[start : start + columns] for start in range(0, len(cells), columns)]
    return picture_response(to_bytes(images.contact_sheet(rows))[0], media_type)


def encode_picture(pixels: Pixels, media_type: str, **options: Any) -> bytes:
    """Encode a picture as a file's bytes."""
    name, defaults = ENCODERS[media_type]
    file = BytesIO()
    Image.fromarray(pixels).save(file, name, **{**defaults, **options})
    return file.getvalue()


def data_url(pixels: np.ndarray) -> str:
    """Encode a picture, grey or in colour, as a PNG in a data URL."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=3)
    return f"data:{PNG};base64,{base64.b64encode(file.getvalue()).decode()}"


def to_pixels(image: Images, size: int) -> Pixels:
    """Convert a batch of one to bytes and resize it."""
    picture = Image.fromarray(to_bytes(image)[0])
    if picture.size != (size, size):
        picture = picture.resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(picture)


def _animation(frames: Sequence[Pixels], media_type: str) -> bytes:
    pictures = [Image.fromarray(frame) for frame in frames]
    pictures += pictures[-2:0:-1]  # and back to the first
    if media_type == GIF:
        pictures = [picture.convert("P", palette=Image.Palette.ADAPTIVE) for picture in pictures]
    name = "GIF" if media_type == GIF else "WEBP"
    file = BytesIO()
    options = ENCODERS.get(media_type, ("GIF", {}))[1] | {"duration": FRAME_MILLISECONDS, "loop": 0}
    pictures[0].save(file, name, save_all=True, append_images=pictures[1:], **options)
    return file.getvalue()


def _in_json(pixels: Pixels) -> PictureResponse:
    height, width = pixels.shape[:2]
    return PictureResponse(image=data_url(pixels), width=width, height=height)


def _json(content: PictureResponse | PicturesResponse) -> Response:
    return Response(content.model_dump_json(), media_type=JSON)


def _qualities(accept: str) -> dict[str, float]:
    """Parse an Accept header: the quality of each media type, from 0 to 1."""
    qualities: dict[str, float] = {}
    for entry in accept.lower().split(","):
        media_type, *parameters = (field.strip() for field in entry.split(";"))
        quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            qualities[media_type] = float(quality)
        except ValueError:
            qualities[media_type] = 0.0
    return qualities


def _quality(media_type: str, qualities: dict[str, float]) -> float:
    family = media_type.split("/", maxsplit=1)[0] + "/*"
    matches = (qualities[name] for name in (media_type, family, "*/*") if name in qualities)
    return next(matches, 0.0)
