"""Networks that judge are trained once for each data: what they learned stays in the cache.

An entry is named after the training photos, what is known of them, the protocol's numbers and the
kind of device. The same numbers in another network would judge otherwise, so `VERSION` goes up
when a network changes.
"""

import json
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from stylemapgan.data import PhotoSet
from stylemapgan.errors import DataError
from stylemapgan.evaluation.cache import photos_key
from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.data import TestData
from stylemapgan.evaluation.judges.learning import LearningConfig, OnProgress, pack, unpack

VERSION = 1


def training_photos(data: TestData) -> PhotoSet:
    """Get the photos to learn from.

    Raises:
        DataError: There are none.
    """
    if data.training is None:
        raise DataError(f"There is no folder train/ in {data.folder} to learn from.")
    return data.training


def remember_or_teach(
    context: EvaluationContext,
    network: nn.Module,
    known: str,
    settings: LearningConfig,
    teach: Callable[[OnProgress], None],
) -> None:
    """Give a network what it learned in an earlier evaluation, or what it learns now.

    Args:
        context: Whose data it learns, and whose cache keeps it.
        network: New; changed in place.
        known: Tells apart what is learned, and from which labels.
        settings: The protocol's numbers.
        teach: Trains the network; called only if nothing is remembered.
    """
    key = {
        "learned": known,
        "version": VERSION,
        "photos": photos_key(training_photos(context.data)),
        "settings": json.dumps(settings.told(), sort_keys=True),
        "device": torch.device(context.device).type,
    }

    def tell(done: int, total: int) -> None:
        context.on_progress("training a judge", done, total)

    def make() -> np.ndarray:
        teach(tell)
        return pack(network)

    unpack(network, context.cache.features(key, make))
