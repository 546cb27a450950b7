"""XMP: the packet of XML inside a picture that says where it comes from.

Source: ISO 16684-1 (XMP); IPTC Photo Metadata Standard 2025.1.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree
from xml.sax.saxutils import escape

logger = logging.getLogger(__name__)

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
NAMESPACES = {
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}
"""Prefix → namespace of the properties that are written."""
SOURCE_TYPE = "Iptc4xmpExt:DigitalSourceType"
"""Whether a camera, a person or a trained algorithm made a picture."""
MAX_BYTES = 65_502
"""What a JPEG file can hold in one piece; longer packets are not kept."""

Properties = Mapping[str, str]
"""Such as `xmp:CreatorTool` → its value."""

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_RDF_END = re.compile(r"</(?:[\w.-]+:)?RDF\s*>")


def new_packet(properties: Properties) -> bytes:
    """Make a packet that holds some properties; the same ones give the same bytes."""
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
    """Bring properties into a packet that came with a photo.

    Of what the packet says already, only the source type is overwritten; what it lacks is added;
    every other byte stays.

    Returns:
        The packet, or None if it is damaged, too long, or built so that this is not safe.
    """
    try:
        text = existing.decode().rstrip("\0")
        before = dict(_properties(text))
        if SOURCE_TYPE in before:
            text = _replace_value(text, before[SOURCE_TYPE], properties[SOURCE_TYPE])
        text = _insert(text, {k: v for k, v in properties.items() if k not in before})
        after = list(_properties(text))
    except (ElementTree.ParseError, ValueError) as error:
        logger.info("An XMP packet is replaced by a new one: %s", error)
        return None
    is_right = {value for name, value in after if name == SOURCE_TYPE} == {properties[SOURCE_TYPE]}
    is_complete = set(properties) <= {name for name, _ in after}
    packet = text.encode()
    return packet if is_right and is_complete and len(packet) <= MAX_BYTES else None


def _description(properties: Properties) -> str:
    names = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    lines = [f'<rdf:Description xmlns:rdf="{RDF}" rdf:about=""{names}>']
    lines += [f"<{name}>{_text(value)}</{name}>" for name, value in properties.items()]
    return "\n".join([*lines, "</rdf:Description>\n"])


def _text(value: str) -> str:
    """Write any text so that XML can hold it; the few characters that it cannot become `?`."""
    return escape(_FORBIDDEN.sub("?", value), {"\r": "&#13;"})


def _properties(text: str) -> Iterator[tuple[str, str]]:
    """List what a packet says in our namespaces, whether as elements or as attributes."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError("it defines entities")
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
    """Add a description before the end of the packet's list of them."""
    ends = list(_RDF_END.finditer(text))
    if len(ends) != 1:
        raise ValueError(f"it has {len(ends)} ends")
    if not properties:
        return text
    at = ends[0].start()
    return text[:at] + _description(properties) + text[at:]
