"""The one door to ONNX Runtime: its telemetry is off before it is imported.

From version 1.29 on, importing it gives the machine a number, keeps a database of events in the
user's cache and looks up the host they are sent to, unless a variable forbids that beforehand.
"""

import logging
import os
import sys

OPT_OUT = "ORT_DISABLE_TELEMETRY"

if "onnxruntime" in sys.modules and os.environ.get(OPT_OUT) != "1":
    logging.getLogger(__name__).warning(
        "onnxruntime was imported before stylemapgan, with its telemetry on: set %s=1 in the "
        "environment, or import stylemapgan.editing first.",
        OPT_OUT,
    )
os.environ[OPT_OUT] = "1"

import onnxruntime  # noqa: E402 - never before the variable is set

if hasattr(onnxruntime, "disable_telemetry_events"):
    onnxruntime.disable_telemetry_events()

__all__ = ["onnxruntime"]
