"""Maps of parts for photographs: each pixel shows the part that a bundled model finds there.

Nobody drew maps of these photographs. Those of test photos are found in the same way as those of
training photos, as a segmentation network would find them.
"""

from pathlib import Path

from benchmarks.rivals.map_files import write_map, write_names
from stylemapgan import zoo
from stylemapgan.editing import Editor
from stylemapgan.editing.directions import encode_photos
from stylemapgan.editing.parts import read_parts
from stylemapgan.errors import CheckpointError
from stylemapgan.evaluation.data import TEST, TRAINING

BATCH = 32


def write_found_parts(folder: Path, model: str) -> int:
    """Write the maps of all photos, as training and evaluation read them.

    Args:
        folder: Holds train/ and val/ with photos as PNG files, and gets labels/.
        model: Name of the bundled model; it has seen none of the test photos.

    Returns:
        How many maps were written.

    Raises:
        CheckpointError: The bundled model has no parts.
    """
    file = zoo.parts_file(model)
    if file is None:
        raise CheckpointError(f"The bundled model {model} has no parts: install stylemapgan again.")
    parts, editor = read_parts(file), Editor.load(model, precision="32-true")
    photos = [path for split in (TRAINING, TEST) for path in sorted((folder / split).glob("*.png"))]
    for start in range(0, len(photos), BATCH):
        batch = photos[start : start + BATCH]
        maps = parts.label_map(editor, editor.resize(encode_photos(editor, batch)))
        for photo, numbers in zip(batch, maps, strict=True):
            write_map(folder, photo, numbers)
    write_names(folder, parts.names)
    return len(photos)
