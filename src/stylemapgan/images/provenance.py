"""Write into a picture's file that a trained algorithm made or edited it.

JPEG, PNG and WebP files get an XMP packet: XML about the picture inside its file.

Source: ISO 16684-1 (XMP); IPTC Photo Metadata Standard 2025.1.
"""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from PIL.PngImagePlugin import PngInfo

from stylemapgan.version import package_version

logger = logging.getLogger(__name__)

VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
NAMESPACES = {
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}
"""Prefix → namespace of the properties that are written."""
SOURCE_TYPE = "Iptc4xmpExt:DigitalSourceType"
"""Whether a camera, a person or a trained algorithm made a picture."""
MAX_XMP_BYTES = 65_502
"""What a JPEG file can hold in one piece; longer packets are dropped."""

Properties = Mapping[str, str]
"""Such as `xmp:CreatorTool` → its value."""

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_RDF_END = re.compile(r"</(?:[\w.-]+:)?RDF\s*>")


class SourceType(StrEnum):
    """How a picture was made, in the terms of the IPTC's controlled vocabulary."""

    EDITED = f"{VOCABULARY}compositeWithTrainedAlgorithmicMedia"
    """One or several photos, edited with a trained algorithm."""
    GENERATED = f"{VOCABULARY}trainedAlgorithmicMedia"
    """Made by a trained algorithm alone."""


@dataclass(frozen=True)
class Provenance:
    """What a picture's file says about its origin.

    Example:
        ```python
        provenance = images.Provenance("hands-64", {"command": "blend", "strength": 0.8})
        images.write("edited.png", edited, provenance)
        ```
    """

    model: str
    """Name of the model or of its file, without the folder, which would reveal the user's paths."""
    settings: Mapping[str, Any]
    """What was done, as JSON values."""
    source_type: SourceType = SourceType.EDITED
    """Whether the picture is an edited photo or generated."""


def save_options(
    provenance: Provenance | None, format_name: str, existing_xmp: bytes | None = None
) -> dict[str, Any]:
    """Build the keyword arguments of Pillow's `save` that write a provenance.

    JPEG and WebP files get an XMP packet; PNG files the packet and, as text, the model and all
    settings; GIF files a comment. No time or place is written.

    Args:
        provenance: What to write; None keeps an existing packet as it is and adds nothing.
        format_name: PNG, JPEG, WEBP or GIF, in any case.
        existing_xmp: XMP packet of the photo that was edited. It is kept and amended, or replaced
            if that is not safe.

    Example:
        ```python
        picture.save("edited.jpg", **images.save_options(provenance, "JPEG"))
        ```
    """
    packet = existing_xmp if provenance is None else _packet(provenance, existing_xmp)
    match format_name.upper():
        case "PNG":
            return _png_options(provenance, packet)
        case "GIF":
            return {} if provenance is None else {"comment": comment(provenance).encode()}
        case _ if packet and len(packet) <= MAX_XMP_BYTES:
            return {"xmp": packet}
    return {}


def _packet(provenance: Provenance, existing: bytes | None) -> bytes:
    properties = {
        SOURCE_TYPE: str(provenance.source_type),
        "Iptc4xmpExt:AISystemUsed": f"stylemapgan, model {provenance.model}",
        "Iptc4xmpExt:AISystemVersionUsed": package_version(),
        "xmp:CreatorTool": _software(),
    }
    amended = amended_packet(existing, properties) if existing else None
    return amended or new_packet(properties)


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


def comment(provenance: Provenance) -> str:
    """Say in one line where a picture or a clip comes from."""
    model = _storable(provenance.model)
    return f"{_software()}, model {model}, digital source type {provenance.source_type}"


def _software() -> str:
    return f"stylemapgan {package_version()}"


def _storable(text: str) -> str:
    """Replace what UTF-8 cannot hold: file names may hold any bytes."""
    return text.encode("utf-8", "replace").decode()


def new_packet(properties: Properties) -> bytes:
    """Write a packet of properties; the same properties give the same bytes."""
    lines = [
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>',
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">',
        f'<rdf:RDF xmlns:rdf="{RDF}">',
        f"{_description(properties)}</rdf:RDF>",
        "</x:xmpmeta>",
        '<?xpacket end="w"?>',
    ]
    return "\n".join(lines).encode()


def amended_packet(existing: bytes, properties: Properties) -> bytes | None:
    """Add properties to a packet that came with a photo.

    Of the properties that the packet has, only the source type is overwritten; missing ones are
    added; every other byte stays.

    Returns:
        The packet, or None if it is damaged, too long or cannot be amended safely.
    """
    try:
        text = existing.decode().rstrip("\0")
        before = dict(_properties(text))
        if SOURCE_TYPE in before:
            text = _replace_value(text, before[SOURCE_TYPE], properties[SOURCE_TYPE])
        text = _insert(text, {k: v for k, v in properties.items() if k not in before})
        after = list(_properties(text))
    except (ElementTree.ParseError, ValueError) as error:
        logger.info("Replacing an XMP packet with a new one: %s", error)
        return None
    is_right = {value for name, value in after if name == SOURCE_TYPE} == {properties[SOURCE_TYPE]}
    is_complete = set(properties) <= {name for name, _ in after}
    packet = text.encode()
    return packet if is_right and is_complete and len(packet) <= MAX_XMP_BYTES else None


def _description(properties: Properties) -> str:
    names = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    lines = [f'<rdf:Description xmlns:rdf="{RDF}" rdf:about=""{names}>']
    lines += [f"<{name}>{_text(value)}</{name}>" for name, value in properties.items()]
    return "\n".join([*lines, "</rdf:Description>\n"])


def _text(value: str) -> str:
    """Escape a text for XML; characters that XML cannot hold become `?`."""
    return escape(_FORBIDDEN.sub("?", value), {"\r": "&#13;"})


def _properties(text: str) -> Iterator[tuple[str, str]]:
    """List a packet's properties in our namespaces, as elements or attributes."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError("the packet defines entities")
    for element in ElementTree.fromstring(text).iter():
        said = [(element.tag, element.get(f"{{{RDF}}}resource") or element.text)]
        for name, value in [*said, *element.items()]:
            for prefix, uri in NAMESPACES.items():
                if name.startswith(f"{{{uri}}}"):
                    yield name.replace(f"{{{uri}}}", f"{prefix}:"), (value or "").strip()


def _replace_value(text: str, old: str, new: str) -> str:
    if not old:
        raise ValueError("its source type is empty")
    return re.sub(rf"""(?<=[>"'])\s*{re.escape(old)}\s*(?=[<"'])""", lambda _: new, text)


def _insert(text: str, properties: Properties) -> str:
    """Add a description at the end of the packet's list of descriptions."""
    ends = list(_RDF_END.finditer(text))
    if len(ends) != 1:
        raise ValueError(f"the packet ends {len(ends)} times")
    if not properties:
        return text
    at = ends[0].start()
    return text[:at] + _description(properties) + text[at:]
