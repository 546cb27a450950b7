"""`auto` means bfloat16 only where it is quick."""

import os
import subprocess
import sys

import pytest

from stylemapgan.machine.precision import (
    Choice,
    Processor,
    choose,
    choose_for_gpu,
    choose_for_processor,
    this_processor,
    time_convolutions,
    why_slow,
)


def x86(**changes) -> Processor:
    usual = {
        "architecture": "x86_64",
        "instructions": "AVX512",
        "bfloat16": ("AVX512-BF16", "AMX"),
        "convolves_bfloat16": True,
    }
    return Processor(**(usual | changes))


def arm(**changes) -> Processor:
    usual = {
        "architecture": "aarch64",
        "instructions": "SVE256",
        "bfloat16": ("Arm bf16",),
        "convolves_bfloat16": True,
    }
    return Processor(**(usual | changes))


def not_timed() -> float:
    raise AssertionError("the answers decide, nothing is to be timed")


@pytest.mark.parametrize(
    ("processor", "expected"),
    [
        (x86(), "bf16-mixed"),
        (x86(bfloat16=("AVX512-BF16",)), "bf16-mixed"),
        (x86(architecture="amd64"), "bf16-mixed"),  # as Windows says it
        (x86(bfloat16=(), instructions="AVX2", convolves_bfloat16=False), "32-true"),
        # AVX-512 without bfloat16: oneDNN says yes, and emulates it
        (x86(bfloat16=()), "32-true"),
        # the environment lowered what oneDNN uses
        (x86(convolves_bfloat16=False, is_limited=True), "32-true"),
        (arm(bfloat16=()), "32-true"),
        (arm(convolves_bfloat16=False), "32-true"),
    ],
)
def test_what_pytorch_knows_of_a_processor_decides(processor, expected):
    assert choose_for_processor(processor, not_timed).precision == expected


@pytest.mark.parametrize(
    "processor",
    [
        x86(bfloat16=None),  # a release without the queries
        x86(convolves_bfloat16=None),  # a build without oneDNN
        x86(is_limited=True),
        arm(),
        arm(convolves_bfloat16=None, bfloat16=None),
    ],
)
@pytest.mark.parametrize(
    ("ratio", "expected"), [(0.5, "bf16-mixed"), (0.95, "32-true"), (9.0, "32-true")]
)
def test_where_the_answers_do_not_decide_a_timed_convolution_does(processor, ratio, expected):
    choice = choose_for_processor(processor, lambda: ratio)
    assert choice.precision == expected
    assert f"takes {ratio:.1f} times as long" in choice.reason


def test_a_gpu_decides_by_what_it_says():
    assert choose_for_gpu("A100", True) == Choice("bf16-mixed", "A100 has bfloat16")
    assert choose_for_gpu("T4", False).precision == "32-true"


def test_other_devices_compute_in_float32():
    assert choose("auto", "mps") == Choice("32-true", "bfloat16 was not measured on mps")
    assert why_slow("bf16-mixed", "mps") is None


def test_a_precision_that_is_named_is_taken_whatever_the_machine():
    for name in ("32-true", "bf16-mixed"):
        choice = choose(name)
        assert (choice.precision, choice.was_auto, str(choice)) == (name, False, name)
    assert str(choose("auto")).endswith(" (auto)")


def test_the_kind_of_a_processor_names_what_convolutions_use():
    assert x86().kind == "AVX512 with AVX512-BF16 and AMX"
    assert x86(convolves_bfloat16=False, instructions="AVX2").kind == "AVX2"
    assert this_processor().kind.startswith(this_processor().instructions)


def test_a_convolution_can_be_timed():
    assert 0.001 < time_convolutions() < 10_000


def test_without_the_instructions_auto_is_float32_and_bfloat16_is_called_slow():
    """As on a processor without AVX-512, which this one is made to behave like."""
    if this_processor().architecture not in ("x86_64", "amd64"):
        pytest.skip("only oneDNN on x86 can be limited")
    program = (
        "from stylemapgan.machine.precision import choose, why_slow\n"
        "from stylemapgan.machine import one_line\n"
        "import torch\n"
        "print(choose('auto').precision, why_slow('bf16-mixed'), why_slow('32-true'))\n"
        "print(one_line(torch.device('cpu'), choose('auto')))\n"
    )
    limits = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "OMP_NUM_THREADS": "1"}
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=os.environ | limits,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.splitlines() == [
        "32-true the processor (AVX2) has no bfloat16 and emulates it None",
        "cpu (AVX2), 1 thread, precision 32-true (auto)",
    ]
