"""What the processor calls itself, and what PyTorch knows about its bfloat16."""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

EXTENSIONS: Mapping[str, str] = {
    "avx512_bf16": "AVX512-BF16",
    "amx_bf16": "AMX",
    "bf16": "Arm bf16",
    "sve_bf16": "SVE bf16",
}
"""Instructions that multiply bfloat16 numbers, as PyTorch names them, in words."""
LIMITS = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA")
"""Environment variables that keep PyTorch's convolutions from instructions the processor has."""
X86 = ("x86_64", "amd64")


@dataclass(frozen=True, kw_only=True)
class Processor:
    """What decides whether bfloat16 is quick on a processor."""

    architecture: str
    """As Python's `platform.machine()` has it, in lower case: x86_64, aarch64, arm64."""
    instructions: str
    """The instruction set that PyTorch's own kernels use: AVX2, AVX512, SVE256."""
    bfloat16: tuple[str, ...] | None
    """Which of `EXTENSIONS` it has, in words; None where PyTorch does not say."""
    convolves_bfloat16: bool | None
    """Whether oneDNN, which computes convolutions, takes bfloat16; None where it does not say."""
    is_limited: bool = False
    """Whether the environment keeps PyTorch from some of the instructions."""

    @property
    def kind(self) -> str:
        """Name the kind in a few words: `AVX2`, `AVX512`, `AVX512 with AVX512-BF16 and AMX`."""
        if self.convolves_bfloat16 is False or not self.bfloat16:
            return self.instructions
        return f"{self.instructions} with {' and '.join(self.bfloat16)}"


@cache
def this_processor() -> Processor:
    """Ask PyTorch about the processor it runs on; public functions first."""
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
    """What the processor calls itself."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _extensions(torch: Any) -> tuple[str, ...] | None:
    """List the processor's bfloat16 instructions; None where PyTorch does not say."""
    found = _ask(torch.cpu, "get_capabilities")  # public, but not in every supported release
    if found is None:
        found = {
            "avx512_bf16": _ask(torch.cpu, "_is_avx512_bf16_supported"),
            "amx_bf16": _ask(torch.cpu, "_is_amx_tile_supported"),
        }
    if all(found.get(name) is None for name in EXTENSIONS):
        return None
    return tuple(words for name, words in EXTENSIONS.items() if found.get(name))


def _ask(place: Any, *names: str) -> Any:
    """Call a function that only some releases and builds of PyTorch have; None without it."""
    for name in names:
        place = getattr(place, name, None)
    try:
        return None if place is None else place()
    except (RuntimeError, NotImplementedError):
        return None
