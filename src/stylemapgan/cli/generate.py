"""`stylemapgan generate`."""

import math
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from stylemapgan.cli.method_models import generate_with, open_able
from stylemapgan.cli.options import BUNDLED_MODEL, ModelOptions
from stylemapgan.cli.results import TAGGED, TagOptions, write_picture, write_sheet


def generate(
    *,
    count: int = 16,
    psi: float = 0.7,
    seed: int = 0,
    output: Annotated[Path, Parameter(alias="-o")] = Path("generated.png"),
    tag: TagOptions = TAGGED,
    model: ModelOptions = BUNDLED_MODEL,
) -> None:
    """Generate random pictures.

    Args:
        count: How many; two or more are written as a sheet.
        psi: Truncation: 0 gives the average picture, 1 full variety.
        seed: Everything random follows from it.
        output: Where to write the result: .png, .jpg or .webp.
        tag: What the files say about their origin.
        model: Which model.
    """
    method = open_able(model.model, "generates")
    if method is not None:
        pictures = generate_with(method, count, psi, seed)
    else:
        pictures = model.load().generate(count, psi, seed)
    provenance = tag.generated(model.model, command="generate", count=count, psi=psi, seed=seed)
    if count == 1:
        write_picture(output, pictures, provenance)
        return
    columns = math.ceil(math.sqrt(count))
    rows = [list(pictures[start : start + columns]) for start in range(0, count, columns)]
    write_sheet(output, rows, provenance=provenance)
