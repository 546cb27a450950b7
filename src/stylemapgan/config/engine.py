"""What runs a model's networks."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from stylemapgan.config.training import Precision

Engine: TypeAlias = Literal["auto", "torch", "onnx"]
"""What runs the networks; auto takes ONNX where the model has it and it can do what is asked."""


@dataclass(frozen=True, kw_only=True)
class EngineConfig:
    """What runs a model's networks, where, and in which arithmetic."""

    engine: Engine = "auto"
    """What runs the networks: onnx, fast on processors; torch; auto takes onnx where it can."""
    device: str = "cpu"
    """Where to compute: cpu, cuda, mps."""
    precision: Precision = "auto"
    """Arithmetic in PyTorch: auto takes bf16-mixed, faster and slightly less exact, where the
    processor or GPU multiplies bfloat16; otherwise 32-true, which is float32. ONNX computes in
    float32."""
