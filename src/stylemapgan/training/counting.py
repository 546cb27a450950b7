"""Count what computations take: bytes of living tensors, and floating-point operations."""

import weakref
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode  # there is no public name for it
from torch.utils.flop_counter import flop_registry


class Meter(TorchDispatchMode):
    """Watch everything computed in a `with` block, backward passes included.

    Memory is that of tensors, for as long as anything refers to it: views count once, and what
    autograd saves counts until it is freed. A multiplication with its addition makes two
    operations; only matrix products and convolutions count, as usual. The scratch memory of a
    single operation is not seen.
    """

    def __init__(self) -> None:
        super().__init__()
        self.live = 0
        """Bytes in use now."""
        self.peak = 0
        """Most bytes in use at once since `restart`."""
        self.flops = 0
        """Operations since `restart`."""
        self._storages: dict[int, weakref.ref[Any]] = {}

    def restart(self) -> None:
        """Forget the peak and the operations so far, not the bytes in use."""
        self.peak = self.live
        self.flops = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        for tensor in _tensors(out):
            self._watch(tensor)
        formula: Callable[..., int] | None = flop_registry.get(func.overloadpacket)
        if formula is not None:
            self.flops += formula(*args, **kwargs, out_val=out)
        return out

    def _watch(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        key, size = storage._cdata, storage.nbytes()
        if key not in self._storages:
            self._storages[key] = weakref.ref(storage, partial(self._forget, key, size))
            self.live += size
            self.peak = max(self.peak, self.live)

    def _forget(self, key: int, size: int, _: object) -> None:
        del self._storages[key]
        self.live -= size


def _tensors(out: object) -> Iterator[Tensor]:
    if isinstance(out, Tensor):
        yield out
    elif isinstance(out, list | tuple):
        for each in out:
            yield from _tensors(each)
