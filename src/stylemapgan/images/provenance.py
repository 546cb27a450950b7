"""Tell, inside a picture's file, that a trained algorithm had a hand in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from typing import Any

from PIL.PngImagePlugin import PngInfo

from stylemapgan.images import xmp

VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"


class SourceType(StrEnum):
    """How a picture came about, in the words of the IPTC's controlled vocabulary."""

    EDITED = f"{VOCABULARY}compositeWithTrainedAlgorithmicMedia"
    """A photo, or several, with what a trained algorithm made of them."""
    GENERATED = f"{VOCABULARY}trainedAlgorithmicMedia"
    """Nothing but what a trained algorithm made."""


@dataclass(frozen=True)
class Provenance:
    """What to tell about a picture."""

    model: str
    """Name of the model, or of its file; no folder, which would tell about the user's machine."""
    settings: Mapping[str, Any]
    """What was done, as values that JSON knows."""
    source_type: SourceType = SourceType.EDITED
    """Whether photos went into it."""


def save_options(
    provenance: Provenance | None, format_name: str, existing_xmp: bytes | None = None
) -> dict[str, Any]:
    """Make the keywords of Pillow's `save` that write a provenance; it holds no time or place.

    JPEG and WebP files get an XMP packet; PNG files the packet and, as text, the model and all
    settings; GIF files a comment.

    Args:
        provenance: What to tell; None keeps an existing packet as it is and adds nothing.
        format_name: PNG, JPEG, WEBP or GIF, in any case.
        existing_xmp: The packet of the photo that was edited. It is kept and amended; if that
            cannot be done safely, a new one takes its place.
    """
    packet = existing_xmp if provenance is None else _packet(provenance, existing_xmp)
    match format_name.upper():
        case "PNG":
            return _png_options(provenance, packet)
        case "GIF":
            return {} if provenance is None else {"comment": _comment(provenance).encode()}
        case _ if packet and len(packet) <= xmp.MAX_BYTES:
            return {"xmp": packet}
    return {}


def _packet(provenance: Provenance, existing: bytes | None) -> bytes:
    properties = {
        xmp.SOURCE_TYPE: str(provenance.source_type),
        "Iptc4xmpExt:AISystemUsed": f"stylemapgan, model {provenance.model}",
        "Iptc4xmpExt:AISystemVersionUsed": version("stylemapgan"),
        "xmp:CreatorTool": _software(),
    }
    amended = xmp.amended_packet(existing, properties) if existing else None
    return amended or xmp.new_packet(properties)


def _png_options(provenance: Provenance | None, packet: bytes | None) -> dict[str, Any]:
    if packet is None:
        return {}
    chunks = PngInfo()
    chunks.add_itxt("XML:com.adobe.xmp", packet.decode("utf-8", "replace"))
    if provenance is not None:
        chunks.add_text("Software", _software())
        chunks.add_text("stylemapgan:model", _storable(provenance.model))
        settings = json.dumps(dict(provenance.settings), sort_keys=True)
        chunks.add_text("stylemapgan:settings", settings)
    return {"pnginfo": chunks}


def _comment(provenance: Provenance) -> str:
    model = _storable(provenance.model)
    return f"{_software()}, model {model}, digital source type {provenance.source_type}"


def _software() -> str:
    return f"stylemapgan {version('stylemapgan')}"


def _storable(text: str) -> str:
    """Replace what UTF-8 cannot hold: names of files may hold any bytes."""
    return text.encode("utf-8", "replace").decode()
