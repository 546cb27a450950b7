"""Tables of any dialect say the same; what is no table is explained in one line."""

import codecs
import json
import re
from pathlib import Path

import pytest
from picture_sources import write_folder
from prepared_pictures import noisy_picture

from stylemapgan.data.preparing import PrepareConfig, prepare
from stylemapgan.data.user_tables import read_names, read_table
from stylemapgan.editing.directions import Question, photos_in_table
from stylemapgan.errors import DataError
from stylemapgan.evaluation.data import open_test_data

ROWS = [("00.png", "müde", "Zoë"), ("01.png", "wach", "Bob"), ("02.png", "", "Bob")]
PLAIN = "\n".join(",".join(row) for row in [("file", "look", "who"), *ROWS]) + "\n"
DIALECTS = {
    "plain": PLAIN.encode(),
    "no final newline": PLAIN.rstrip().encode(),
    "byte order mark": codecs.BOM_UTF8 + PLAIN.encode(),
    "semicolons": PLAIN.replace(",", ";").encode(),
    "declared semicolons": b"sep=;\r\n" + PLAIN.replace(",", ";").encode(),
    "tabs": PLAIN.replace(",", "\t").encode(),
    "bars": PLAIN.replace(",", "|").encode(),
    "utf-16 with tabs": PLAIN.replace(",", "\t").encode("utf-16"),
    "windows-1252": PLAIN.encode("cp1252"),
    "carriage returns": PLAIN.replace("\n", "\r\n").encode(),
    "old carriage returns": PLAIN.replace("\n", "\r").encode(),
    "blanks and empty lines": PLAIN.replace(",", " , ").replace("\n", "\n\n").encode(),
    "quotes": re.sub(r"([^,\n]+)", r'"\1"', PLAIN).encode(),
    "trailing delimiters": PLAIN.replace("\n", ",\n").encode(),
    "filename": PLAIN.replace("file", "filename").encode(),
    "Image in capitals": PLAIN.replace("file", "Image").encode(),
    "path with a folder": PLAIN.replace("file", "path").replace("0", "./0").encode(),
    "no name for the first column": PLAIN.replace("file", "").encode(),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_says_the_same(tmp_path, dialect):
    content = DIALECTS[dialect].replace(b"./0./0", b"./00")
    content = content.replace(b"./01", b"01") if dialect == "path with a folder" else content
    path = tmp_path / "labels.csv"
    path.write_bytes(content)

    table = read_table(path)

    columns = table.column("look"), table.column("who")
    found = [(name, *(row.values[column] for column in columns)) for name, row in table.files()]
    assert found == ROWS


def test_json_lines_may_have_a_mark_empty_lines_and_gaps(tmp_path):
    path = tmp_path / "attributes.jsonl"
    lines = ['{"file": "a.png", "age": 7}', "", '{"file": "b.png", "age": null}\r', '{"file": "c"}']
    path.write_bytes(codecs.BOM_UTF8 + "\n".join(lines).encode())
    found = [(name, row.line, row.values.get("age")) for name, row in read_table(path).files()]
    assert found == [("a.png", 1, "7"), ("b.png", 3, None), ("c", 4, None)]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"", "t.csv is empty; give a table"),
        ("t.jsonl", b"\n\n", "t.jsonl is empty; give a table"),
        ("t.csv", b"PK\x03\x04 and so on", "t.csv is not a text file; save the table as CSV"),
        ("t.csv", b"file,who\na.png,x,y\n", "line 2 has 3 values, but the first line names 2"),
        ("t.csv", b"file,who\n\n,x\n", "line 3 names no picture; fill the column 'file'"),
        ("t.jsonl", b'{"file": "a"}\n[1, 2]\n', "line 2 is not a JSON object.*, got '\\[1, 2\\]'"),
        ("t.jsonl", b'{"file": "a"}\n{"file": \n', "line 2 is not a JSON object"),
        ("t.jsonl", b'{"file": "a"}\n{"name": "b"}\n', "line 2 names no picture"),
        ("missing/t.csv", None, "The table .* does not exist"),
    ],
)
def test_what_is_no_table_is_explained_with_its_line(tmp_path, name, content, message):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=message) as raised:
        list(read_table(path).files())
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("content", ["wall\nhand\n", "wall\nhand", "wall\r\nhand \r\n\r\n"])
def test_the_last_name_counts_with_and_without_an_end_of_line(tmp_path, content):
    path = tmp_path / "parts.txt"
    path.write_text(content, encoding="utf-8-sig", newline="")
    assert read_names(path) == ("wall", "hand")


@pytest.fixture(scope="module")
def photos(tmp_path_factory) -> Path:
    pictures = {f"{index:02d}.png": noisy_picture(index, 32, 32) for index in range(3)}
    return write_folder(tmp_path_factory.mktemp("photos") / "all", pictures)


@pytest.fixture
def foreign(tmp_path) -> Path:
    """A table as a spreadsheet of another country saves it."""
    path = tmp_path / "labels.csv"
    table = PLAIN.replace(",", ";").replace("\n", "\r\n").replace("file", "Filename")
    path.write_bytes(table.encode("cp1252"))
    return path


def test_directions_leave_out_photos_whose_look_nobody_knows(photos, foreign, caplog):
    question = Question(column="look", positive=["müde"], groups="who")
    found = photos_in_table(foreign, photos, question)
    assert [path.name for path in found.paths] == ["00.png", "01.png"]
    assert found.labels == (True, False)
    assert found.groups == ("Zoë", "Bob")
    assert "labels.csv is not UTF-8; reading it as Windows-1252." in caplog.text


def test_pictures_are_split_by_any_table(photos, foreign, tmp_path):
    settings = PrepareConfig(size=32, validation=0.0, split_by="who", labels=foreign)
    prepared = prepare(photos, tmp_path / "out", settings)
    assert (prepared.parts, prepared.skipped) == ({"train": 3}, 0)


def test_an_evaluation_reads_any_table(photos, foreign):
    (photos / "labels.csv").write_bytes(foreign.read_bytes())
    (photos / "labels").mkdir()
    (photos / "labels" / "parts.txt").write_text("wall\nhand")
    data = open_test_data(photos, 32)
    assert data.attributes == {"look": ("müde", "wach", ""), "who": ("Zoë", "Bob", "Bob")}
    assert data.part_names == ("wall", "hand")


def test_an_evaluation_names_the_line_that_is_odd(photos):
    (photos / "attributes.jsonl").write_text(json.dumps({"file": "00.png"}) + "\n\nodd\n")
    with pytest.raises(DataError, match=r"attributes\.jsonl, line 3 is not a JSON object"):
        _ = open_test_data(photos, 32).attributes
