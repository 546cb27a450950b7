"""The command line of the measurements of `suggest`."""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from benchmarks.machine import describe_machine, describe_source
from benchmarks.suggest.approximate import BEST, recalls
from benchmarks.suggest.fitting import Bench, Measured, measure
from benchmarks.suggest.sheet import write_queries
from benchmarks.suggest.speed import search, write_random_library
from stylemapgan import zoo
from stylemapgan.cli.bars import Bar
from stylemapgan.editing import open_editor
from stylemapgan.editing.parts import Parts, read_parts
from stylemapgan.editing.suggesting import LibraryPhotos, SuggestConfig, open_library
from stylemapgan.errors import StyleMapGANError
from stylemapgan.images.atomic import write_text
from stylemapgan.metrics.intervals import Estimate, mean_interval, ratio_interval

PARTS = ("mouth", "eyes", "nose")
BOX = (40, 76, 48, 28)
"""About the mouth of a portrait of 128 pixels."""


def run(arguments: Sequence[str]) -> int:
    """Run a measurement; 0, or 2 after an error, which takes one line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.suggest", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    fit = commands.add_parser("fit", help="how well scores predict seams")
    fit.add_argument("library", type=Path, help="folder that `encode` wrote")
    fit.add_argument("photos", help="what was encoded")
    fit.add_argument("portraits", type=Path, help="folder of square portraits to edit")
    fit.add_argument("--model", default=zoo.BUNDLED[0])
    fit.add_argument("--drawn", type=int, default=40, help="references of each ranking")
    fit.add_argument("--portraits-used", type=int, default=None, help="the first ones; or all")
    speed = commands.add_parser("speed", help="what an exact search costs")
    speed.add_argument("folder", type=Path, help="where to write random stylemaps")
    speed.add_argument("--count", type=int, default=100_000, help="how many")
    index = commands.add_parser("index", help="what approximate indices would find")
    index.add_argument("library", type=Path, help="folder that `encode` wrote")
    index.add_argument("--model", default=zoo.BUNDLED[0])
    index.add_argument("--sources", type=int, default=12, help="photos to search for")
    for command in (fit, speed, index):
        command.add_argument("--output", type=Path, required=True, help="a .json file")
    sheet = commands.add_parser("sheet", help="queries and what is suggested for them")
    sheet.add_argument("library", type=Path, help="folder that `encode` wrote")
    sheet.add_argument("portraits", type=Path, nargs="+", help="square portraits to edit")
    sheet.add_argument("--model", default=zoo.BUNDLED[0])
    sheet.add_argument("--output", type=Path, required=True, help="a picture")
    given = parser.parse_args(arguments)
    try:
        if given.command == "sheet":
            _sheet(given)
            return 0
        found = {"fit": _fit, "speed": _speed, "index": _index}[given.command](given)
    except StyleMapGANError as error:
        print("error:", error, file=sys.stderr)
        return 2
    about = {"machine": asdict(describe_machine()), "source": asdict(describe_source())}
    write_text(given.output, json.dumps({**found, **about}, indent=1) + "\n")
    return 0


def _speed(given: argparse.Namespace) -> dict[str, Any]:
    editor = open_editor(zoo.BUNDLED[0])
    write_random_library(given.folder, given.count, editor.config)
    searches = [asdict(search(given.folder, editor, BOX)) for _ in range(3)]
    return {"box": BOX, "searches": searches}


def _index(given: argparse.Namespace) -> dict[str, Any]:
    editor = open_editor(given.model)
    library = open_library(given.library, editor)
    with Bar(Console()) as bar:
        found, seconds = recalls(
            editor, library, given.sources, lambda done, total: bar.show("sources", done, total)
        )
    for each in found:
        print(f"{each.index}, {each.candidates} candidates: {each.recall:.3f}")
    print(f"exact search: {seconds:.3f} s")
    return {
        "model": given.model,
        "library": len(library),
        "sources": given.sources,
        "best": BEST,
        "exact_search_seconds": seconds,
        "recalls": [asdict(each) for each in found],
    }


def _sheet(given: argparse.Namespace) -> None:
    editor = open_editor(given.model)
    library = open_library(given.library, editor)
    parts = _parts(given.model)
    write_queries(given.output, editor, parts, library, given.portraits, ("mouth", "eyes"))


def _parts(model: str) -> Parts:
    file = zoo.parts_file(model)
    if file is None:
        raise StyleMapGANError(f"{model} has no parts to edit.")
    return read_parts(file)


def _fit(given: argparse.Namespace) -> dict[str, Any]:
    editor = open_editor(given.model)
    bench = Bench(
        editor=editor,
        parts=_parts(given.model),
        library=open_library(given.library, editor),
        photos=LibraryPhotos(given.photos),
        config=SuggestConfig(top=5),
        drawn=given.drawn,
    )
    portraits = zoo.pictures_in(given.portraits)[: given.portraits_used]
    with Bar(Console()) as bar:
        measured = measure(
            bench, portraits, PARTS, lambda done, total: bar.show("portraits", done, total)
        )
    figures = {"all": summary(measured)}
    for part in PARTS:
        figures[part] = summary([each for each in measured if each.part == part])
    for name, values in figures.items():
        print(name, *(f"{key} {value}" for key, value in values.items()), sep="\n  ")
    return {
        "model": given.model,
        "library": len(bench.library),
        "portraits": len(portraits),
        "drawn": given.drawn,
        "config": asdict(bench.config),
        "figures": figures,
        "rankings": [_plain(each) for each in measured],
    }


def summary(measured: Sequence[Measured]) -> dict[str, dict[str, float]]:
    """Summarise rankings; intervals resample people, whose portraits are PERSON_WHAT.jpg."""
    people = defaultdict(list)
    for each in measured:
        people[each.portrait.partition("_")[0]].append(each)
    groups = list(people.values())

    def mean(name: str) -> dict[str, float]:
        values = [np.mean([getattr(each, name) for each in group]) for group in groups]
        return _rounded(mean_interval(np.array(values)))

    def seam(name: str, kind: str) -> dict[str, float]:
        shares = [[getattr(getattr(each, name), kind) for each in group] for group in groups]
        above = [sum(share.numerators.sum() for share in group) for group in shares]
        below = [sum(share.denominators.sum() for share in group) for group in shares]
        return _rounded(ratio_interval(np.array(above), np.array(below)))

    return {
        "correlation": mean("correlation"),
        "correlation, reconstructions": mean("own_correlation"),
        "correlation, distance from 1": mean("deviation_correlation"),
        "seam of suggested references": seam("suggested", "photos"),
        "seam of random references": seam("random", "photos"),
        "seam of suggested references, reconstructions": seam("suggested", "own"),
        "seam of random references, reconstructions": seam("random", "own"),
    }


def _rounded(estimate: Estimate) -> dict[str, float]:
    return {name: round(value, 4) for name, value in asdict(estimate).items()}


def _plain(measured: Measured) -> dict[str, Any]:
    return {
        "portrait": measured.portrait,
        "part": measured.part,
        "correlation": round(measured.correlation, 4),
        "scores": measured.scores.round(4).tolist(),
        "seams": measured.seams.photos.each.round(4).tolist(),
        "seams, reconstructions": measured.seams.own.each.round(4).tolist(),
    }
