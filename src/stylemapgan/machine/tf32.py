"""Switch TF32 on NVIDIA GPUs: float32 products with factors rounded to ten bits.

PyTorch's default allows it in convolutions and not in matrix products. Training allows it in both,
because it is several times as fast and training is noisy anyway; figures and comparisons that say
float32 allow it in neither. Processors are not affected.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch

OLD_SWITCHES = "Please use the new API settings to control TF32"
"""Start of a warning that some releases of PyTorch give for switches that all of them have."""


@contextmanager
def tf32_allowed() -> Iterator[None]:
    """Allow TF32 in convolutions and matrix products of the block."""
    with _switched(True):
        yield


@contextmanager
def full_float32() -> Iterator[None]:
    """Compute convolutions and matrix products of the block in full float32."""
    with _switched(False):
        yield


@contextmanager
def _switched(allowed: bool) -> Iterator[None]:
    with _without_warning():
        restore = _remember()
        _switch(allowed, allowed)
    try:
        yield
    finally:
        with _without_warning():
            restore()


def _remember() -> Callable[[], None]:
    """Make a function that restores the switches.

    Releases from 2.9 on have newer switches besides the older ones. Once the newer ones are set,
    the older ones cannot be read; if they are not set, setting them here would make code that
    reads the older ones fail.
    """
    products, convolutions = torch.backends.cuda.matmul, torch.backends.cudnn
    try:
        return partial(_switch, bool(products.allow_tf32), bool(convolutions.allow_tf32))
    except RuntimeError:
        newer: tuple[Any, ...] = (products, convolutions.conv, convolutions.rnn)
        values = [switch.fp32_precision for switch in newer]

        def restore() -> None:
            for switch, value in zip(newer, values, strict=True):
                switch.fp32_precision = value

        return restore


def _switch(products: bool, convolutions: bool) -> None:
    torch.backends.cuda.matmul.allow_tf32 = products
    torch.backends.cudnn.allow_tf32 = convolutions


@contextmanager
def _without_warning() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=OLD_SWITCHES)
        yield
