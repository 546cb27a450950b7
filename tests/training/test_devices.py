"""All steps keep to the device they are given, whatever it is.

PyTorch's `meta` device computes shapes only. Watched for operations that mix it with the CPU, as a
GPU would refuse them, it shows that steps forget no `.to(device)`.
"""

from typing import Any

import pytest
import torch
from lightning_fabric import Fabric
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from stylemapgan.augment import GROUPS
from stylemapgan.config import AdaConfig, SpeedConfig, StabilityConfig
from stylemapgan.features.efficientnet import EfficientNetLite0
from stylemapgan.features.perceptual import EfficientNetDistance
from stylemapgan.methods.stylemapgan import steps
from stylemapgan.methods.stylemapgan.recipe import STYLEMAPGAN
from stylemapgan.training.context import StepContext
from stylemapgan.training.microbatches import Microbatch
from stylemapgan.training.recipe import new_state

COPIES = (torch.ops.aten.copy_.default, torch.ops.aten._to_copy.default)
META = torch.device("meta")
STEPS = (
    "warm_up_step",
    "generator_step",
    "discriminator_step",
    "penalty_step",
    "reconstruction_step",
)


class OneDevice(TorchDispatchMode):
    """Refuse operations on tensors of several devices, but copies and single numbers."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        tensors = [each for each in tree_leaves((args, kwargs)) if isinstance(each, torch.Tensor)]
        devices = {tensor.device for tensor in tensors if tensor.dim()}
        if len(devices) > 1 and func not in COPIES:
            raise RuntimeError(f"{func} mixes devices")
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("loss", ["logistic", "relativistic"])
@pytest.mark.parametrize("step", STEPS)
def test_no_step_mixes_devices(settings, step, loss):
    config = settings(
        precision="bf16-mixed",
        stability=StabilityConfig(adversarial_loss=loss, r2_gamma=1.0, clip_gradients=1.0),
        ada=AdaConfig(target=0.6, groups=GROUPS),
        speed=SpeedConfig(fused_optimizer=False),  # the fused one is written for real devices
    )
    state = new_state(STYLEMAPGAN, config, META)
    state.ada.p = 0.5
    fabric = Fabric(accelerator="cpu", devices=1, precision="bf16-mixed")
    distance = EfficientNetDistance(EfficientNetLite0()).to(META)
    real = torch.rand(4, 3, 32, 32, device=META)
    context = StepContext(fabric, config.training, distance)
    with OneDevice():
        losses = getattr(steps, step)(context, state, [Microbatch(real, seed=0, images_seen=8)])
    assert losses
    assert all(value.device == META for value in losses.values())


def test_a_forgotten_device_would_be_noticed():
    with OneDevice(), pytest.raises(RuntimeError, match="mixes devices"):
        torch.matmul(torch.rand(2, 2, device=META), torch.rand(2, 2))
