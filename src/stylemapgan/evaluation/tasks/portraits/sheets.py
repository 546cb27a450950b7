"""Sheets of portraits: exchanges drawn before anybody looked, and smiles of unseen people."""

from collections.abc import Sequence

import numpy as np

from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import Sheet
from stylemapgan.evaluation.tasks.portraits.landmarks import PARTS, SIZE
from stylemapgan.evaluation.tasks.portraits.portrait_edits import (
    Exchange,
    Portraits,
    carry_out,
    editing_methods,
)
from stylemapgan.images import contact_sheet
from stylemapgan.types import Images

SMILES_SHOWN = 4
COLUMNS = ("source", "reference")
"""Before one column for each method."""


def portrait_sheets(context: EvaluationContext, portraits: Portraits) -> tuple[Sheet, ...]:
    """Show one exchange of each part between unseen people, and smiles beside the truth."""
    smiles = portraits.smiles(seen=False)[:SMILES_SHOWN]
    exchanges = drawn_exchanges(portraits, context.config.seed)
    drawn = f"Parts exchanged between unseen people, drawn with seed {context.config.seed}."
    chosen = {
        "exchanges": (exchanges, drawn),
        "smiles": (smiles, "The first smiles of unseen people, not selected."),
    }
    return tuple(
        Sheet(name, _draw(context, portraits, shown), caption)
        for name, (shown, caption) in chosen.items()
        if shown
    )


def drawn_exchanges(portraits: Portraits, seed: int) -> list[Exchange]:
    """Draw one exchange of each part between unseen people; none if there is only one."""
    unseen = [each for each in portraits.known.values() if not each.is_seen]
    random = np.random.default_rng(seed)
    found: list[Exchange] = []
    for part in PARTS if len({each.person for each in unseen}) > 1 else ():
        source = unseen[int(random.integers(len(unseen)))]
        others = [each for each in unseen if each.person != source.person]
        found.append(Exchange(source, others[int(random.integers(len(others)))], part))
    return found


def _draw(
    context: EvaluationContext, portraits: Portraits, exchanges: Sequence[Exchange]
) -> Images:
    """Lay exchanges out, one a row, at full resolution."""
    methods = [each for each in editing_methods(context) if each.changes_photos]
    rows = []
    for exchange in exchanges:
        pictures = portraits.picture(exchange.source), portraits.picture(exchange.reference)
        results = [carry_out(context, each, portraits, exchange) for each in methods]
        rows.append([*pictures, *results])
    titles = [*COLUMNS, *(method.name for method in methods)]
    return contact_sheet(rows, [each.part for each in exchanges], titles, tile=SIZE)
