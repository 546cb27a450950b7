"""A Ray cluster encodes photos into the same files as one machine, whatever dies."""

import logging
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stylemapgan.editing.encoding import EncodeConfig, encode_photos, read_stylemaps
from stylemapgan.errors import DataError

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # before Ray is imported: nothing leaves this machine

pq = pytest.importorskip("pyarrow.parquet")
ray = pytest.importorskip("ray")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),  # Ray's own
]

CONFIG = EncodeConfig(find="middle", photos_per_file=1)


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A cluster of one node with one core, which this process uses."""
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    ray.init(address=made.address, logging_level=logging.ERROR, log_to_driver=False)
    try:
        yield made
    finally:
        ray.shutdown()
        made.shutdown()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.parquet"))}


def test_each_photo_has_one_row_though_a_node_dies_in_the_middle(cluster, photos, model, tmp_path):
    encode_photos(photos, tmp_path / "here", model, CONFIG)
    other = cluster.add_node(num_cpus=1)
    alive = [other]

    def kill(done: int, total: int) -> None:
        if done >= 3 and alive:
            cluster.remove_node(alive.pop(), allow_graceful=False)

    out = tmp_path / "there"
    encoded = encode_photos(
        photos, out, model, CONFIG, workers=None, ray=cluster.address, on_progress=kill
    )
    assert not alive
    assert (encoded.photos, encoded.encoded, encoded.left_out) == (11, 10, 1)
    assert contents(out) == contents(tmp_path / "here")
    assert sorted(path.name for path in out.iterdir()) == ["_encode.json", *contents(out)]


def test_a_cluster_continues_what_one_machine_began(cluster, photos, model, tmp_path):
    encode_photos(photos, tmp_path, model, CONFIG)
    before = contents(tmp_path)
    for number in (2, 7):
        (tmp_path / f"part-{number:08d}.parquet").unlink()
    again = encode_photos(photos, tmp_path, model, CONFIG, ray=cluster.address, resume=True)
    assert again.now == 2
    assert contents(tmp_path) == before
    assert len(read_stylemaps(tmp_path).names) == 10


def test_a_node_with_another_model_is_refused_in_one_line(cluster, photos, model, tmp_path):
    chosen = replace(model, name=str(shutil.copytree(model.name, tmp_path / "model")))

    def change_model(done: int, total: int) -> None:
        """After the call has read the model, and before a node does."""
        with (tmp_path / "model" / "encoder.onnx").open("ab") as file:
            file.write(b"x")

    with pytest.raises(DataError, match="does not have the model") as caught:
        encode_photos(
            photos,
            tmp_path / "out",
            chosen,
            CONFIG,
            ray=cluster.address,
            on_progress=change_model,
        )
    assert "\n" not in str(caught.value)


def test_without_a_cluster_one_line_says_so(photos, model, tmp_path):
    with pytest.raises(DataError, match="There is no Ray cluster at auto"):
        encode_photos(photos, tmp_path / "out", model, CONFIG, ray="auto")
