"""Parquet files made by the processes of a Ray cluster."""

import hashlib
import logging
import os
import pickle
import platform
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from stylemapgan.editing.encoding.part_maker import Part, PartMaker
from stylemapgan.errors import DataError, MissingExtraError, StyleMapGANError
from stylemapgan.version import package_version

Row: TypeAlias = dict[str, Any]
"""What Ray sends from one process to another."""


def on_ray(
    maker: PartMaker, numbers: Sequence[int], address: str, workers: int | None
) -> Generator[Part]:
    """Write files on a Ray cluster: one task a file, in processes that keep the model open.

    Each process takes one core, and one GPU if the model runs on GPUs. Ray sends the files of a
    process or node that dies to others; a file that two of them write is the same in both.

    Args:
        maker: Encodes the photos; every node must see its source, folder and model by their paths.
        numbers: Which files to write.
        address: Of the cluster: `auto` for the one that this machine belongs to, `host:port`, or
            `local` for a new one on this machine.
        workers: Most processes at a time; as many as the cluster has room for if None.

    Yields:
        What became of each file, as soon as it is written.

    Raises:
        DataError: There is no such cluster, or a node does not see the same files.
        MissingExtraError: Ray is not installed.
        StorageError: The disk is full or writing is denied.
    """
    if not numbers:
        return
    with _connected(address) as ray:
        made = ray.data.from_items(list(numbers), override_num_blocks=len(numbers)).map(
            _Worker,
            fn_constructor_args=(maker, _first_photo(maker), Path.cwd()),
            compute=ray.data.ActorPoolStrategy(min_size=1, max_size=workers),
            num_cpus=1,
            num_gpus=int(maker.model.engine_config.device == "cuda"),
        )
        for row in made.iter_rows():
            if row["error"]:
                raise pickle.loads(row["error"])
            yield Part(row["number"], row["photos"], row["encoded"])


class _Worker:
    """A process of the cluster."""

    def __init__(self, maker: PartMaker, first_photo: bytes, folder: Path) -> None:
        with suppress(OSError):
            os.chdir(folder)  # where relative paths begin
        self._maker = maker
        self._first_photo = first_photo

    def __call__(self, row: Row) -> Row:
        """Write a file; errors of ours are sent back whole, which Ray's own way would not do."""
        try:
            part = self._seeing_the_same(row["item"], lambda: False)
        except StyleMapGANError as error:
            return {"number": -1, "photos": 0, "encoded": 0, "error": pickle.dumps(error)}
        return {**asdict(part), "error": b""}

    @cached_property
    def _seeing_the_same(self) -> PartMaker:
        """The maker, once this node is known to see what the caller sees."""
        maker, about = self._maker, self._maker.about
        same = {
            f"stylemapgan {about['version']}": package_version() == about["version"],
            f"the folder {maker.out}": maker.out.is_dir(),
            f"the model {about['name']}": maker.model.digest() == about["model"],
            maker.source.describe(): _first_photo(maker) == self._first_photo,
        }
        for name, is_same in same.items():
            if not is_same:
                raise DataError(
                    f"The node {platform.node()} does not have {name} as the machine that began "
                    "the work: all nodes of the cluster must."
                )
        return maker


def _first_photo(maker: PartMaker) -> bytes:
    return hashlib.sha256(maker.source.record(0).content).digest()


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """Use the cluster while the block runs."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a new cluster would phone home
    try:
        import ray
        import ray.data
    except ModuleNotFoundError:
        raise MissingExtraError("Ray", "ray") from None
    ours = not ray.is_initialized()
    if ours:
        try:
            ray.init(address=address, logging_level=logging.ERROR, include_dashboard=False)
        except (ConnectionError, ValueError) as error:
            raise DataError(f"There is no Ray cluster at {address}: {error}") from None
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    try:
        yield ray
    finally:
        if ours:
            ray.shutdown()
