"""Rebuild everything about the bundled model of faces from a weights file.

    python -m tools.faces WEIGHTS --photos FOLDER

FOLDER holds train/, val/, full/, synthetic/, labels.csv and landmarks.npz. Takes about six minutes
of processor time. Writes weights, ONNX files, samples, parts, directions, the framing and the
demo's plan into the package, pictures into docs/images, and measured figures into the pages that
have places for them.
"""

from pathlib import Path

from cyclopts import App

from tools.faces.bundle import Bundle
from tools.faces.portraits import Portraits

app = App(help=__doc__)


@app.default
def main(
    weights: Path, *, photos: Path, keep_mapping: bool = False, images_before: int = 0
) -> None:
    """Rebuild the bundle.

    Args:
        weights: Trained weights; averaged ones.
        photos: Folder of the portraits.
        keep_mapping: Keep the mapping network as it is, because it was trained adversarially.
        images_before: Images that the weights had seen before the run they come from.
    """
    bundle = Bundle(Portraits(folder=photos))
    bundle.write_model(weights, keep_mapping=keep_mapping, images_before=images_before)
    bundle.write_samples()
    bundle.write_onnx()
    bundle.write_parts()
    bundle.write_directions()
    bundle.write_framing()
    bundle.write_figures()
    bundle.write_demo()


if __name__ == "__main__":
    app()
