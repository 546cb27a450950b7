"""Pictures as clients want them: PNG, WebP, JPEG, or inside JSON."""

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
from stylemapgan.server.errors import ApiError
from stylemapgan.server.response_schemas import PictureAnswer, PicturesAnswer
from stylemapgan.types import Images

Pixels = UInt8[np.ndarray, "shown_height shown_width 3"]

JSON = "application/json"
PNG, WEBP, JPEG, GIF = "image/png", "image/webp", "image/jpeg", "image/gif"
ENCODERS: dict[str, tuple[str, dict[str, Any]]] = {
    PNG: ("PNG", {"compress_level": 3}),
    WEBP: ("WEBP", {"quality": 90, "method": 2}),
    JPEG: ("JPEG", {"quality": 92, "subsampling": 0}),
}
"""Media type → Pillow's name and settings: quick ones, since these pictures are looked at once."""
LIVE: dict[str, Any] = {"quality": 85, "subsampling": 0}
"""Settings of live pictures."""
ONE_PICTURE = (PNG, WEBP, JPEG, JSON)
FRAMES = (PNG, WEBP, JPEG, GIF, JSON)
MILLISECONDS = 80
"""How long a frame of an animation shows."""

PICTURE_RESPONSE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The picture, in the format that the header Accept asks for",
        "model": PictureAnswer,
        "content": {kind: {} for kind in (PNG, WEBP, JPEG)},
    }
}
FRAMES_RESPONSE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A sheet (PNG, JPEG), an animation (WebP, GIF) or all pictures (JSON)",
        "model": PicturesAnswer,
        "content": {kind: {} for kind in (PNG, WEBP, JPEG, GIF)},
    }
}


def wanted(request: Request, offered: Sequence[str]) -> str:
    """Choose the format that a request's Accept header likes best; the first one if it is silent.

    Raises:
        ApiError: It likes none of them.
    """
    likes = _likes(request.headers.get("accept") or "*/*")
    best = max(offered, key=lambda kind: _quality(kind, likes))  # the first of equals
    if _quality(best, likes) <= 0:
        raise ApiError(
            HTTPStatus.NOT_ACCEPTABLE,
            "no_such_format",
            f"This comes as {', '.join(offered)}; ask for one of them in the header Accept.",
        )
    return best


def one(pixels: Pixels, kind: str) -> Response:
    """Answer with a picture."""
    if kind == JSON:
        return _json(_in_json(pixels))
    return Response(encoded(pixels, kind), media_type=kind)


def several(frames: Sequence[Pixels], kind: str) -> Response:
    """Answer with pictures: as an animation, on a sheet, or one by one inside JSON."""
    if kind == JSON:
        return _json(PicturesAnswer(images=[_in_json(frame) for frame in frames]))
    if kind in (WEBP, GIF) and len(frames) > 1:
        return Response(_animation(frames, kind), media_type=kind)
    if len(frames) == 1:
        return one(frames[0], PNG if kind == GIF else kind)
    columns = min(len(frames), 8)
    cells = [from_bytes(frame[None]) for frame in frames]
    rows = [cells[start : start + columns] for start in range(0, len(cells), columns)]
    return one(to_bytes(images.contact_sheet(rows))[0], kind)


def encoded(pixels: Pixels, kind: str, **more: Any) -> bytes:
    """Pack a picture into a file's bytes."""
    name, settings = ENCODERS[kind]
    file = BytesIO()
    Image.fromarray(pixels).save(file, name, **{**settings, **more})
    return file.getvalue()


def data_url(pixels: np.ndarray) -> str:
    """Pack a picture, grey or in colour, as a PNG inside an address."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=3)
    return f"data:{PNG};base64,{base64.b64encode(file.getvalue()).decode()}"


def resized(image: Images, size: int) -> Pixels:
    """Turn an image of one into bytes of another size."""
    picture = Image.fromarray(to_bytes(image)[0])
    if picture.size != (size, size):
        picture = picture.resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(picture)


def _animation(frames: Sequence[Pixels], kind: str) -> bytes:
    pictures = [Image.fromarray(frame) for frame in frames]
    pictures += pictures[-2:0:-1]  # and back again
    if kind == GIF:
        pictures = [picture.convert("P", palette=Image.Palette.ADAPTIVE) for picture in pictures]
    name = "GIF" if kind == GIF else "WEBP"
    file = BytesIO()
    settings = ENCODERS.get(kind, ("GIF", {}))[1] | {"duration": MILLISECONDS, "loop": 0}
    pictures[0].save(file, name, save_all=True, append_images=pictures[1:], **settings)
    return file.getvalue()


def _in_json(pixels: Pixels) -> PictureAnswer:
    height, width = pixels.shape[:2]
    return PictureAnswer(image=data_url(pixels), width=width, height=height)


def _json(answer: PictureAnswer | PicturesAnswer) -> Response:
    return Response(answer.model_dump_json(), media_type=JSON)


def _likes(accept: str) -> dict[str, float]:
    """Read an Accept header: how much each kind is liked, from 0 to 1."""
    likes: dict[str, float] = {}
    for entry in accept.lower().split(","):
        kind, *parameters = (piece.strip() for piece in entry.split(";"))
        quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            likes[kind] = float(quality)
        except ValueError:
            likes[kind] = 0.0
    return likes


def _quality(kind: str, likes: dict[str, float]) -> float:
    family = kind.split("/", maxsplit=1)[0] + "/*"
    return next((likes[name] for name in (kind, family, "*/*") if name in likes), 0.0)
