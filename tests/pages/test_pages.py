"""A page says what it was told, safely, to everybody, and asks nothing of the network."""

import base64
import math
import re
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from stylemapgan.pages import (
    Cell,
    Chart,
    Code,
    Definitions,
    Details,
    Dot,
    Dots,
    Facts,
    Gallery,
    Heading,
    Notice,
    Paragraph,
    Picture,
    Series,
    Table,
    to_html,
    write_page,
)

HOSTILE = "<script>alert('&\"')</script> {{ 7 * 6 }} $\\frac{$"


def image(height: int = 16, width: int = 16) -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (1, 3, height, width)).astype(np.float32)


def chart(x: list, y: list, **more) -> Chart:
    return Chart("Losses", [Series("mse", x, y)], y_label="mse", x_label="images", **more)


def everything(text: str) -> list:
    return [
        Heading(text),
        Paragraph(text),
        Facts({text: text}),
        Table([text, "count"], [[text, "1,234"], [text, "5.6 %"]], caption=text),
        Picture(image(), text),
        Gallery([Picture(image(200, 300), text), Picture(image(8, 8), text)]),
        Chart(text, [Series(text, [1, 2], [3, 4])], text, x_label=text, marks={text: 1.5}),
        Chart(text, [Series("band", [1, 2], [3, 4], [2, 3], [4, 5])], log_y=True),
        Heading(text),
        Notice(text, "warning", title=text),
        Notice(text, "good"),
        Table([text], [[Cell(text, text, is_strong=True)]], keeps_first=True),
        Dots(text, [Dot(text, 1.5, text, low=1, high=2), Dot(text, math.inf, text)]),
        Details(text, [Definitions({text: text}), Details(text, [Picture(image(), text)])]),
        Picture(image(), text, scrolls=True),
        Heading(text),
        Code(text),
    ]


def parse(html: str) -> ElementTree.Element:
    """Read as XML, which forgives nothing."""
    return ElementTree.fromstring(html)


def test_hostile_text_is_shown_and_not_obeyed():
    page = parse(to_html(HOSTILE, everything(HOSTILE), subtitle=HOSTILE))
    assert not page.findall(".//script")
    tags = "title h1 h2 dt dd td small strong caption figcaption span summary text code"
    for tag in tags.split():
        assert any(HOSTILE in "".join(each.itertext()) for each in page.iter(tag)), tag


def test_nothing_is_loaded_from_anywhere():
    html = to_html("Page", everything("text"))
    assert "http://" not in html
    assert "https://" not in html
    targets = [
        value
        for element in parse(html).iter()
        for name, value in element.items()
        if name in ("src", "href", "srcset", "action", "data")
    ]
    assert targets
    assert all(target.startswith(("data:image/", "#")) for target in targets)
    assert not re.findall(r"@import|url\((?!#)", html)


def test_links_inside_lead_somewhere_and_names_are_given_once():
    page = parse(to_html("Page", everything("text")))
    names = [element.get("id") for element in page.iter() if element.get("id")]
    assert len(names) == len(set(names))
    links = {value for element in page.iter() if (value := element.get("href", "")).strip("#")}
    assert {link.removeprefix("#") for link in links} <= {*names, "_"}
    clips = re.findall(r"url\(#([^)]*)\)", to_html("Page", everything("text")))
    assert set(clips) <= set(names)


def test_the_same_blocks_give_the_same_page():
    assert to_html("Page", everything("text")) == to_html("Page", everything("text"))


def test_a_small_picture_arrives_pixel_by_pixel():
    drawn = image(8, 12)
    source = parse(to_html("Page", [Picture(drawn, "noise")])).find(".//img")
    assert source is not None
    content = base64.b64decode(source.get("src", "").removeprefix("data:image/png;base64,"))
    pixels = np.asarray(Image.open(BytesIO(content)))
    np.testing.assert_array_equal(pixels, np.rint((drawn[0].transpose(1, 2, 0) + 1) * 127.5))
    assert source.get("alt") == "noise"


def test_a_large_picture_is_shrunk_when_asked(tmp_path):
    path = tmp_path / "large.png"
    Image.new("RGB", (1200, 600), "teal").save(path)
    source = parse(to_html("Page", [Picture(path, "teal", longest_side=300)])).find(".//img")
    assert source is not None
    assert (source.get("width"), source.get("height")) == ("300", "150")


@pytest.mark.parametrize("log_y", [False, True])
@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([], []),
        ([1], [2]),
        ([1], [0]),
        ([1, 2, 3], [math.nan, math.inf, -math.inf]),
        ([1, 2, 3, 4], [1, math.nan, math.inf, 3]),
        ([1, 2, 3], [-1, 0, 5]),
        ([1, 2], [7, 7]),
    ],
)
def test_charts_cope_with_what_there_is(x, y, log_y):
    drawing = parse(to_html("Page", [chart(x, y, log_y=log_y)])).find(".//svg")
    assert drawing is not None
    said = " ".join("".join(each.itertext()) for each in drawing.iter("text"))
    assert ("no data yet" in said) == (not any(map(math.isfinite, y)))


def test_charts_wear_the_colours_of_the_page():
    html = to_html("Page", [chart([1, 2], [3, 4], marks={"warm-up ends": 1.5})])
    drawing = html[html.index("<svg") : html.index("</svg>")]
    assert "var(--series-0)" in drawing
    assert "var(--mark)" in drawing
    assert not re.findall(r"#[0-9a-f]{6}", drawing)


def test_marks_outside_a_chart_are_left_out():
    html = to_html("Page", [chart([1, 2], [3, 4], marks={"far away": 100})])
    assert "far away" not in html


def test_columns_of_numbers_are_set_flush_right():
    html = to_html("Page", [Table(["name", "count"], [["a", "1,234"], ["b", "-"]])])
    cells = [(cell.text, cell.get("class")) for cell in parse(html).iter("td")]
    assert cells == [("a", None), ("1,234", "number"), ("b", None), ("-", "number")]


def test_intervals_count_as_numbers():
    cells = [["1,234 to ∞"], ["\u22120.02 to 0.03"], ["1e-07 to 2.5e-07"], [Cell("3", "0 to 4")]]
    html = to_html("Page", [Table(["interval"], cells)])
    assert [cell.get("class") for cell in parse(html).iter("td")] == ["number"] * 4


def test_headings_are_in_order():
    tags = [each.tag for each in parse(to_html("Page", everything("text"))).iter()]
    assert [tag for tag in tags if re.fullmatch(r"h\d", tag)] == ["h1", "h2", "h2", "h2"]


def test_a_page_is_written_into_a_new_folder(tmp_path: Path):
    write_page(tmp_path / "new" / "page.html", "Größe", [Paragraph("odd name: \udcff")])
    assert "<title>Größe</title>" in (tmp_path / "new" / "page.html").read_text("utf-8")


@pytest.mark.parametrize("label", ["font: 12px Arial", "#000001", "xlink:href", "日本"])
def test_labels_of_charts_arrive_as_they_are(label):
    page = to_html("Title", [Chart(label, [Series(label, [0, 1], [1, 2])], y_label=label)])
    ElementTree.fromstring(page.removeprefix("<!doctype html>"))
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", page)
    assert label in texts


def test_a_page_that_cannot_be_made_leaves_the_old_one(tmp_path):
    path = tmp_path / "page.html"
    write_page(path, "Title", [Paragraph("old")])
    before = path.read_bytes()
    with pytest.raises(Exception, match="nowhere"):
        write_page(path, "Title", [Picture(tmp_path / "nowhere.png", "missing")])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
