"""Files say that a trained algorithm had a hand in them, to any program that reads XMP."""

import json
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image, ImageCms

from stylemapgan import images
from stylemapgan.images import Provenance, SourceType, save_options
from stylemapgan.images.provenance import MAX_XMP_BYTES

EDITED = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
IPTC = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
XMP = "{http://ns.adobe.com/xap/1.0/}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
HOSTILE = """<b>&"quoted' ]]> \u0142\u00f3d\u017a \u624b\n\r\x00\x1b\udcff --> </rdf:RDF>"""
PICTURE = np.random.default_rng(0).uniform(-1, 1, (1, 3, 24, 32)).astype(np.float32)
FORMATS = ["PNG", "JPEG", "WEBP"]
SUFFIXES = [".png", ".jpg", ".webp"]


def packet_in(content: bytes) -> bytes:
    """Find the XMP packet as programs do that know nothing of formats: by its two ends."""
    start, end = content.index(b"<?xpacket begin"), content.index(b"<?xpacket end")
    return content[start : content.index(b"?>", end) + 2]


def told(packet: bytes) -> dict[str, str | None]:
    """Read what the packet tells, each thing once."""
    descriptions = ElementTree.fromstring(packet).findall(f"{RDF}RDF/{RDF}Description")
    found = [(entry.tag, entry.text) for part in descriptions for entry in part]
    found += [item for part in descriptions for item in part.items()]
    names = [name for name, _ in found if not name.startswith(RDF)]
    assert len(names) == len(set(names))
    return dict(found)


def saved(format_name: str, provenance: Provenance | None, existing: bytes | None = None) -> bytes:
    stream = BytesIO()
    options = save_options(provenance, format_name, existing)
    Image.new("RGB", (8, 8)).save(stream, format_name, **options)
    return stream.getvalue()


def described(properties: str) -> bytes:
    """Make the packet of a photo, in the manner of another program."""
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Another program"><r:RDF xmlns:r="'
        f'{RDF[1:-1]}" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:I="{IPTC[1:-1]}">'
        f"{properties}</r:RDF></x:xmpmeta>"
    ).encode()


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("source_type", "uri"), [(SourceType.EDITED, EDITED), (SourceType.GENERATED, GENERATED)]
)
def test_pictures_tell_how_they_came_about(tmp_path, suffix, source_type, uri):
    path = tmp_path / f"picture{suffix}"
    images.write(path, PICTURE, Provenance("hands-64", {}, source_type))

    known = told(packet_in(path.read_bytes()))
    assert known[f"{IPTC}DigitalSourceType"] == uri
    assert known[f"{IPTC}AISystemUsed"] == "stylemapgan, model hands-64"
    assert (known[f"{XMP}CreatorTool"] or "").startswith("stylemapgan 0.")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_pillow_finds_the_packet_where_the_format_keeps_it(tmp_path, suffix):
    path = tmp_path / f"picture{suffix}"
    images.write(path, PICTURE, Provenance("hands-64", {}))
    with Image.open(path) as picture:
        xmp = picture.info["xmp"]
    assert packet_in(xmp if isinstance(xmp, bytes) else xmp.encode()) == packet_in(
        path.read_bytes()
    )


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_provenance_changes_no_pixel_and_without_it_no_byte(tmp_path, suffix):
    plain, tagged = tmp_path / f"plain{suffix}", tmp_path / f"tagged{suffix}"
    images.write(plain, PICTURE)
    images.write(tagged, PICTURE, Provenance("hands-64", {"seed": 1}))
    np.testing.assert_array_equal(images.read(plain), images.read(tagged))

    pixels = Image.fromarray(images.to_bytes(PICTURE)[0])
    settings = {".png": {}, ".jpg": {"quality": 95, "subsampling": 0}, ".webp": {"quality": 95}}
    pixels.save(tmp_path / f"expected{suffix}", **settings[suffix])
    assert plain.read_bytes() == (tmp_path / f"expected{suffix}").read_bytes()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_picture_gives_the_same_bytes(tmp_path, suffix):
    paths = [tmp_path / f"{name}{suffix}" for name in ("one", "two")]
    for path, settings in zip(paths, [{"a": 1, "b": 2}, {"b": 2, "a": 1}], strict=True):
        images.write(path, PICTURE, Provenance("hands-64", settings))
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_png_files_hold_model_and_settings_as_text(tmp_path):
    settings = {"command": "blend", "box": [1, 2, 3, 4], "mask": "H\u00e4nde.png"}
    images.write(tmp_path / "out.png", PICTURE, Provenance("m\u00fc.safetensors", settings))
    with Image.open(tmp_path / "out.png") as picture:
        text = picture.text  # pyright: ignore[reportAttributeAccessIssue]
    assert text["stylemapgan:model"] == "m\u00fc.safetensors"
    assert json.loads(text["stylemapgan:settings"]) == settings
    assert text["Software"].startswith("stylemapgan 0.")


def test_animations_tell_it_too(tmp_path):
    frames = np.concatenate([PICTURE, -PICTURE])
    for suffix in (".gif", ".webp"):
        path = tmp_path / f"walk{suffix}"
        images.write_animation(path, frames, 80, Provenance("hands-64", {}))
        assert EDITED.encode() in path.read_bytes()
        with Image.open(path) as animation:
            assert animation.n_frames == 2  # pyright: ignore[reportAttributeAccessIssue]
    with Image.open(tmp_path / "walk.gif") as animation:
        assert b"model hands-64" in animation.info["comment"]


@pytest.mark.parametrize("format_name", FORMATS)
def test_hostile_names_stay_text(format_name):
    content = saved(format_name, Provenance(HOSTILE, {"mask": HOSTILE}))
    system = told(packet_in(content))[f"{IPTC}AISystemUsed"]
    expected = HOSTILE.replace("\x00", "?").replace("\x1b", "?").replace("\udcff", "?")
    assert system == f"stylemapgan, model {expected}"
    Image.open(BytesIO(content)).load()


def test_hostile_names_stay_text_in_png_chunks():
    with Image.open(BytesIO(saved("PNG", Provenance(HOSTILE, {"mask": HOSTILE})))) as picture:
        text = picture.text  # pyright: ignore[reportAttributeAccessIssue]
    assert set(text) == {
        "XML:com.adobe.xmp", "Software", "stylemapgan:model", "stylemapgan:settings",
    }  # fmt: skip
    assert text["stylemapgan:model"] == HOSTILE.replace("\udcff", "?")
    assert json.loads(text["stylemapgan:settings"])["mask"] == HOSTILE


def test_hostile_names_stay_text_in_gif_comments():
    with Image.open(BytesIO(saved("GIF", Provenance(HOSTILE * 20, {})))) as picture:
        assert EDITED in picture.info["comment"].decode()


@pytest.mark.parametrize("format_name", FORMATS)
def test_the_packet_stands_beside_exif_and_icc(format_name):
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    stream = BytesIO()
    options = save_options(Provenance("hands-64", {}), format_name)
    picture = Image.new("RGB", (8, 4))
    picture.save(stream, format_name, exif=exif, icc_profile=profile, **options)

    with Image.open(stream) as again:
        assert again.getexif()[0x0112] == 6
        assert again.info["icc_profile"] == profile
    assert told(packet_in(stream.getvalue()))[f"{IPTC}DigitalSourceType"] == EDITED


CREATOR = '<r:Description r:about="uuid:1"><dc:creator>Ada &amp; Zo\u00eb</dc:creator>'


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize(
    "existing",
    [
        described(f"{CREATOR}</r:Description>"),
        described(f"{CREATOR}<I:DigitalSourceType>{GENERATED}</I:DigitalSourceType>"
                  "</r:Description>"),
        described(f'{CREATOR}<I:DigitalSourceType r:resource="{GENERATED}"/></r:Description>'),
        described(f'{CREATOR}</r:Description><r:Description I:DigitalSourceType="digitalCapture"'
                  "/>"),
        described(f"{CREATOR}</r:Description>") + b"\0",
    ],
    ids=["silent", "element", "resource", "attribute", "ends with NUL"],
)  # fmt: skip
def test_what_a_photo_says_of_itself_is_kept_but_for_its_source_type(format_name, existing):
    content = saved(format_name, Provenance("hands-64", {}), existing)

    start = content.index(b"<x:xmpmeta")
    packet = content[start : content.index(b"</x:xmpmeta>") + len(b"</x:xmpmeta>")]
    root = ElementTree.fromstring(packet)
    creators = [entry.text for entry in root.iter("{http://purl.org/dc/elements/1.1/}creator")]
    assert creators == ["Ada & Zo\u00eb"]
    assert packet.startswith(existing.split(CREATOR.encode())[0])
    types = [entry.text or entry.get(f"{RDF}resource")
             for entry in root.iter(f"{IPTC}DigitalSourceType")]  # fmt: skip
    types += [entry.get(f"{IPTC}DigitalSourceType") for entry in root.iter(f"{RDF}Description")]
    assert [value for value in types if value] == [EDITED]
    (system,) = root.iter(f"{IPTC}AISystemUsed")
    assert system.text == "stylemapgan, model hands-64"


def test_amending_twice_is_amending_once():
    provenance = Provenance("hands-64", {})
    once = save_options(provenance, "JPEG", described("<r:Description/>"))["xmp"]
    assert save_options(provenance, "JPEG", once)["xmp"] == once


@pytest.mark.parametrize(
    "existing",
    [
        b"",
        b"no XML",
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>",
        described("<r:Description>"),  # not closed
        described("<r:Description/><!-- </r:RDF> -->"),
        described("<r:Description/>").decode().encode("utf-16"),
        b'<!DOCTYPE a [<!ENTITY b "bbbb">]>' + described("<r:Description/>"),
        described("<r:Description/>" + " " * MAX_XMP_BYTES),
        described("<r:Description I:DigitalSourceType=''/>"),
        described("<r:Description I:DigitalSourceType='a&amp;b'/>"),
        described("<r:Description I:DigitalSourceType='a'/><r:Description "
                  "I:DigitalSourceType='b'/>"),
    ],
)  # fmt: skip
def test_packets_that_cannot_be_amended_safely_are_replaced(existing):
    provenance = Provenance("hands-64", {})
    assert save_options(provenance, "JPEG", existing) == save_options(provenance, "JPEG")


@pytest.mark.parametrize("format_name", FORMATS)
def test_without_a_tag_the_photo_keeps_its_own_packet(format_name):
    existing = described("<r:Description/>")
    assert existing in saved(format_name, None, existing)
    assert save_options(None, format_name) == {}
