"""Choose the fastest precision for a device: what `auto` means there, and why.

If the hardware multiplies bfloat16, training and editing in it are faster: with AMX 1.2 to 1.4
times for `laptop-64`. Otherwise PyTorch emulates it: an AVX2 processor trains 7.6 times as slowly
as in float32 (benchmarks/README.md).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from stylemapgan.config.training import ChosenPrecision, Precision

if TYPE_CHECKING:
    import torch
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

EXTENSIONS: Mapping[str, str] = {
    "avx512_bf16": "AVX512-BF16",
    "amx_bf16": "AMX",
    "bf16": "Arm bf16",
    "sve_bf16": "SVE bf16",
}
"""Instructions that multiply bfloat16 numbers: PyTorch's name → the usual name."""
LIMITS = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA")
"""Environment variables that restrict the instructions of PyTorch's convolutions."""
X86 = ("x86_64", "amd64")


@dataclass(frozen=True, kw_only=True)
class Processor:
    """Facts that decide whether bfloat16 is fast on a processor."""

    architecture: str
    """Python's `platform.machine()` in lower case: x86_64, aarch64, arm64."""
    instructions: str
    """The instruction set of PyTorch's own kernels: AVX2, AVX512, SVE256."""
    bfloat16: tuple[str, ...] | None
    """Usual names of the `EXTENSIONS` it has; None if unknown."""
    convolves_bfloat16: bool | None
    """Whether oneDNN, which computes convolutions, supports bfloat16; None if unknown."""
    is_limited: bool = False
    """Whether an environment variable restricts the instructions."""

    @property
    def kind(self) -> str:
        """Describe the instruction set: `AVX2`, `AVX512`, `AVX512 with AVX512-BF16 and AMX`."""
        if self.convolves_bfloat16 is False or not self.bfloat16:
            return self.instructions
        return f"{self.instructions} with {' and '.join(self.bfloat16)}"


@cache
def this_processor() -> Processor:
    """Ask PyTorch about the processor it runs on."""
    import torch

    instructions = torch.backends.cpu.get_cpu_capability()
    return Processor(
        architecture=platform.machine().lower(),
        instructions="no AVX2" if instructions in ("DEFAULT", "NO AVX") else instructions,
        bfloat16=_extensions(torch),
        convolves_bfloat16=_ask(torch.ops, "mkldnn", "_is_mkldnn_bf16_supported"),
        is_limited=any(name in os.environ for name in LIMITS),
    )


def processor_name() -> str:
    """Find the processor's model name."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _extensions(torch: Any) -> tuple[str, ...] | None:
    """List the processor's bfloat16 instructions; None if unknown."""
    found = _ask(torch.cpu, "get_capabilities")  # public, but not in every supported release
    if found is None:
        found = {
            "avx512_bf16": _ask(torch.cpu, "_is_avx512_bf16_supported"),
            "amx_bf16": _ask(torch.cpu, "_is_amx_tile_supported"),
        }
    if all(found.get(name) is None for name in EXTENSIONS):
        return None
    return tuple(words for name, words in EXTENSIONS.items() if found.get(name))


def _ask(module: Any, *names: str) -> Any:
    """Call a function that only some releases and builds of PyTorch have; None if missing."""
    for name in names:
        module = getattr(module, name, None)
    try:
        return None if module is None else module()
    except (RuntimeError, NotImplementedError):
        return None


FLOAT32, MIXED = "32-true", "bf16-mixed"
FASTER = 0.8
"""Largest ratio of a timed convolution in bfloat16 to float32 that counts as faster."""
ROUNDS = 5
"""Timed convolutions of each type, alternating; the fastest of each counts."""
SHAPE = (4, 64, 32, 32)
"""Batch, channels, height and width of the timed convolution: one or two milliseconds."""


@dataclass(frozen=True)
class Choice:
    """A precision, and the reason for it."""

    precision: ChosenPrecision
    reason: str
    was_auto: bool = True
    """Whether `auto` chose it, not the user."""

    def __str__(self) -> str:
        return f"{self.precision} (auto)" if self.was_auto else self.precision


def choose(precision: Precision, device: "str | torch.device" = "cpu") -> Choice:
    """Resolve `auto` to the fastest precision of a device; keep any other.

    Args:
        precision: The configured precision.
        device: Where networks compute, such as cpu, cuda:0 or mps.
    """
    if precision == "auto":
        return _fastest(str(device))
    return Choice(precision, "configured", was_auto=False)


def why_slow(precision: Precision, device: "str | torch.device" = "cpu") -> str | None:
    """Explain why a device is slower in this precision than in float32; None if it is not."""
    fastest = choose("auto", device)
    is_known = str(device).partition(":")[0] in ("cpu", "cuda")
    return fastest.reason if is_known and precision == MIXED != fastest.precision else None


def choose_for_processor(processor: Processor, time_ratio: Callable[[], float]) -> Choice:
    """Choose a precision from facts about a processor.

    On x86 the facts suffice. Elsewhere a convolution is timed, because not every build uses the
    processor's instructions.

    Args:
        processor: Facts about the processor.
        time_ratio: Times a convolution and returns the ratio of bfloat16 to float32; called only
            if the facts do not suffice.
    """
    kind, extensions = processor.kind, processor.bfloat16
    if processor.convolves_bfloat16 is False or extensions == ():
        return Choice(FLOAT32, f"the processor ({kind}) has no bfloat16 and emulates it")
    is_known = processor.architecture in X86 and extensions and not processor.is_limited
    if is_known and processor.convolves_bfloat16:
        return Choice(MIXED, f"the processor has {' and '.join(extensions or ())}")
    ratio = time_ratio()
    measured = f"a convolution in bfloat16 takes {ratio:.1f} times as long as in float32"
    return Choice(MIXED if ratio <= FASTER else FLOAT32, measured)


def choose_for_gpu(name: str, multiplies_bfloat16: bool) -> Choice:
    """Choose a precision for an NVIDIA or AMD GPU."""
    if multiplies_bfloat16:
        return Choice(MIXED, f"{name} has bfloat16")
    return Choice(FLOAT32, f"{name} has no bfloat16 and emulates it")


@cache
def _fastest(device: str) -> Choice:
    kind = device.partition(":")[0]
    if kind == "cpu":
        return choose_for_processor(this_processor(), time_convolutions)
    if kind == "cuda":
        return choose_for_gpu(*_ask_gpu(device))
    return Choice(FLOAT32, f"bfloat16 was not measured on {kind}")


def _ask_gpu(device: str) -> tuple[str, bool]:
    """Find a GPU's name, and whether it has bfloat16; False if it does not exist."""
    import torch

    if not torch.cuda.is_available():
        return device, False
    with torch.cuda.device(device):
        return (
            torch.cuda.get_device_name(),
            torch.cuda.is_bf16_supported(including_emulation=False),
        )


def time_convolutions() -> float:
    """Time a convolution on the CPU, and return the ratio of bfloat16 to float32.

    The fastest of a few alternating runs counts, so that other programs hardly matter.
    """
    import torch

    def prepare(kind: "torch.dtype") -> Callable[[], object]:
        x = torch.ones(SHAPE, dtype=kind).to(memory_format=torch.channels_last)
        weight = torch.ones(SHAPE[1], SHAPE[1], 3, 3, dtype=kind)
        return lambda: torch.nn.functional.conv2d(x, weight, padding=1)

    works = {kind: prepare(kind) for kind in (torch.float32, torch.bfloat16)}
    fastest = dict.fromkeys(works, float("inf"))
    with torch.inference_mode():
        for work in works.values():
            work()  # allocate memory and choose kernels
        for _ in range(ROUNDS):
            for kind, work in works.items():
                begin = time.perf_counter()
                work()
                fastest[kind] = min(fastest[kind], time.perf_counter() - begin)
    return fastest[torch.bfloat16] / fastest[torch.float32]
