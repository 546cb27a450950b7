"""TF32 is allowed or refused within a block, and nowhere else."""

import pytest
import torch

from stylemapgan.machine.tf32 import full_float32, tf32_allowed


def switches() -> tuple[bool | str, bool]:
    return torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32


def _look_and_fail(block, found: list[tuple[bool | str, bool]]) -> None:
    with block():
        found.append(switches())
        torch.get_float32_matmul_precision()  # others may read it
        raise RuntimeError("on purpose")


@pytest.mark.parametrize(("block", "inside"), [(tf32_allowed, True), (full_float32, False)])
@pytest.mark.parametrize("before", [(False, True), (True, False)])
def test_both_switches_are_set_inside_and_put_back(block, inside, before):
    usual = switches()
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before
    try:
        found = []
        with pytest.raises(RuntimeError, match="on purpose"):
            _look_and_fail(block, found)
        assert found == [(inside, inside)]
        assert switches() == before
    finally:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = usual


def test_blocks_within_blocks_put_back_what_they_found():
    usual = switches()
    with tf32_allowed():
        with full_float32():
            assert switches() == (False, False)
        assert switches() == (True, True)
    assert switches() == usual


def test_the_newer_switches_are_put_back_too():
    if not hasattr(torch.backends.cuda.matmul, "fp32_precision"):
        pytest.skip("this release of PyTorch has no newer switches")
    usual = switches()
    products = torch.backends.cuda.matmul
    convolutions = torch.backends.cudnn.conv  # pyright: ignore[reportAttributeAccessIssue]
    products.fp32_precision, convolutions.fp32_precision = "tf32", "ieee"
    try:
        with full_float32():
            assert switches() == (False, False)
        assert (products.fp32_precision, convolutions.fp32_precision) == ("tf32", "ieee")
    finally:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = usual
