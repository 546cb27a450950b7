"""The bundle of faces-128, made step by step."""

import shutil
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from stylemapgan import checkpoints, zoo
from stylemapgan.checkpoints.networks import build, pack
from stylemapgan.cli.demo import demo
from stylemapgan.cli.options import ModelOptions
from stylemapgan.editing import Editor
from stylemapgan.editing.directions import write_directions
from stylemapgan.editing.framing import write_framing
from stylemapgan.editing.framing.learning import learn_framing
from stylemapgan.editing.parts import write_parts
from stylemapgan.editing.photo import FACE, CroppedPhoto
from stylemapgan.editing.photo.fit import measure_typical_errors
from stylemapgan.interop.onnx_export import export, without_discriminator
from stylemapgan.types import Images, Stylemap
from stylemapgan.zoo.bundled import FRAMING, MODELS
from tools.faces import figures, pages
from tools.faces.directions import LEAST_ACCURACY, find_face_directions
from tools.faces.mapping import fit_mapping_to
from tools.faces.measuring import encoded, measure_smiles
from tools.faces.parts import find_face_parts
from tools.faces.plan import write_plan
from tools.faces.portraits import Portrait, Portraits, stacked
from tools.faces.samples import seen_by_finders, write_samples

NAME = "faces-128"
PICTURES = Path("docs/images")
MOST_DIRECTIONS = 10
SQUARES = 3
"""Misplaced squares cut out around each photo to learn the framing."""
ONNX = ("encoder", "mapping", "resizer", "modulation", "synthesis")
"""Without `reconstruct`, which contains what the others do."""
LICENCE = "CC BY 4.0"
DATA = (
    "152 portraits of 76 adults from the Face Research Lab London Set by L. DeBruine and B. Jones, "
    "2017, version 5, doi 10.6084/m9.figshare.5047666.v5, CC BY 4.0; all gave signed consent to "
    "use in original or altered forms. 1,600 composites of them. 479 synthetic portraits from the "
    "figures of SFHQ-T2I by D. Beniaguev, MIT. Study and illustrate; do not impersonate."
)


class Bundle:
    """Writes one thing after the other into the repository; later steps use earlier ones."""

    def __init__(self, portraits: Portraits) -> None:
        self.portraits = portraits
        self.folder = MODELS / NAME
        self.folder.mkdir(exist_ok=True)

    def write_model(self, weights: Path, *, keep_mapping: bool, images_before: int) -> None:
        """Write the weights in float16, with what people have to know about them."""
        checkpoint = without_discriminator(checkpoints.read(weights))
        networks, size = build(checkpoint), checkpoint.config.image_size
        if not keep_mapping:
            photos = stacked(self.portraits.train, size)
            both = np.concatenate([photos, photos[..., ::-1]])
            fit_mapping_to(networks, encoded(Editor(networks), both))
        packed = pack(
            checkpoint.config,
            networks.generator,
            networks.encoder,
            images_seen=images_before + checkpoint.images_seen,
            licence=LICENCE,
            data=DATA,
            half=True,
        )
        unseen = seen_by_finders(self.portraits, size)
        errors = measure_typical_errors(Editor(build(packed)).reconstruct, [unseen])
        facts = {"typical_errors": errors, "subject": FACE}
        checkpoints.write(MODELS / f"{NAME}.safetensors", replace(packed, **facts))

    def write_samples(self) -> None:
        """Write sample photographs, their squares, whom to credit, and the demo's plan."""
        write_samples(self.portraits, self.folder)
        write_plan(self.folder / "demo.toml", self.portraits.val, self.editor.image_size)

    def write_onnx(self) -> None:
        """Export the networks, compared with PyTorch's on the samples."""
        folder = self.folder / "onnx"
        shutil.rmtree(folder, ignore_errors=True)
        export(checkpoints.read(zoo.find(NAME)), folder, self.samples[:2], names=ONNX)

    def write_parts(self) -> None:
        """Find and write parts, and how well they agree with landmarks."""
        (train, ours), (val, theirs) = self.train, self.val
        found = find_face_parts(self.editor, train, val, {"train": ours, "val": theirs})
        write_parts(self.folder / "parts.safetensors", found.parts)
        pages.write_parts_table(found)
        figures.write_parts(PICTURES / f"{NAME}-parts.webp", self.editor, self.samples, found.parts)

    def write_directions(self) -> None:
        """Find and write directions, and how well they work."""
        found = find_face_directions(*self.train)
        best = sorted(found, key=lambda each: -(each.accuracy or 0))
        good = [each for each in best if (each.accuracy or 0) > LEAST_ACCURACY][:MOST_DIRECTIONS]
        kept = [each for each in found if each in good]
        write_directions(self.folder / "directions.safetensors", kept)
        pages.write_directions_table(kept, [each for each in found if each not in kept])
        pages.write_smile(measure_smiles(self.editor, found[0], self.train, self.val))
        path = PICTURES / f"{NAME}-directions.webp"
        figures.write_directions(path, self.editor, self.samples[[0, 2, 4]], kept)

    def write_framing(self) -> None:
        """Learn how portraits are framed, to refine squares that are found in other photos."""
        folders = [self.portraits.folder / name for name in ("train", "synthetic")]
        paths = [path for folder in folders for path in zoo.pictures_in(folder)]
        learned = learn_framing(self.editor, paths, FACE, squares=SQUARES)
        write_framing(self.folder / FRAMING, learned)

    def write_figures(self) -> None:
        """Write what the card shows and measures."""
        path = PICTURES / f"{NAME}-validation.webp"
        figures.write_validation(path, self.editor, self.samples)
        figures.write_hero(PICTURES / f"{NAME}-edit.webp", self.editor, self.folder)
        figures.write_random(PICTURES / f"{NAME}-random.webp", self.editor)
        pages.write_errors(self.editor, {"validation": self.val, "training": self.train})
        megabytes = [
            sum(file.stat().st_size for file in files) / 1e6
            for files in ([zoo.find(NAME)], (self.folder / "onnx").iterdir())
        ]
        pages.write_model_facts(checkpoints.read(zoo.find(NAME)).images_seen, *megabytes)

    def write_demo(self) -> None:
        """Run the demo, and keep its sheet."""
        with TemporaryDirectory() as folder:
            demo(output=Path(folder), model=ModelOptions(model=NAME))
            figures.write_smaller(Path(folder) / "sheet.png", PICTURES / f"{NAME}-demo.webp")

    @cached_property
    def editor(self) -> Editor:
        """Runs the weights as bundled."""
        return Editor(build(checkpoints.read(zoo.find(NAME))))

    @cached_property
    def train(self) -> tuple[list[Portrait], Stylemap]:
        """Training portraits and their stylemaps."""
        return self._encoded(self.portraits.train)

    @cached_property
    def val(self) -> tuple[list[Portrait], Stylemap]:
        """Validation portraits and their stylemaps."""
        return self._encoded(self.portraits.val)

    @cached_property
    def samples(self) -> Images:
        """The sample photographs as the model sees them."""
        shown = [CroppedPhoto.of_sample(path) for path in zoo.sample_pictures(NAME)]
        return np.concatenate([each.image(self.editor.image_size) for each in shown])

    def _encoded(self, portraits: list[Portrait]) -> tuple[list[Portrait], Stylemap]:
        return portraits, encoded(self.editor, stacked(portraits, self.editor.image_size))
