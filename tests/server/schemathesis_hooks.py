"""Loaded by schemathesis: puts ids that exist in place of those it makes up for valid requests."""

import json
import os
from typing import Any

import schemathesis

KNOWN: dict[str, Any] = json.loads(os.environ["STYLEMAPGAN_KNOWN_IDS"])
"""An id or name for each field that takes one."""

schemathesis.serializer.alias(
    ["application/x-npy", "application/x-safetensors"], "application/octet-stream"
)


@schemathesis.hook
def map_case(context: Any, case: Any) -> Any:
    if case.meta.generation.mode == schemathesis.GenerationMode.POSITIVE:
        case.path_parameters = _known(case.path_parameters)
        case.body = _known(case.body)
    return case


def _known(value: Any, field: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _known(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_known(each) for each in value]
    return KNOWN.get(field, value)
