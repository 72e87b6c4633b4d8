"""ONNX networks, run as gxml runs all of them: on the processor, with a fixed number of threads, telling nobody.

From 1.31 on the packages of ONNX Runtime send its makers what is run, and leave an identifier in the home and in the
temporary folder, unless they are told otherwise before they are loaded. Whoever wants that sets ORT_DISABLE_TELEMETRY
to 0.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any


def quiet() -> None:
    """Have ONNX Runtime send and keep nothing; before anything imports it."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")


def open_network(network: bytes | Path, threads: int = 1) -> Any:
    """Return an `onnxruntime.InferenceSession` on the processor.

    Args:
        network: What an ONNX file holds, or its path.
        threads: Of one run.
    """
    quiet()
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    given = str(network) if isinstance(network, Path) else network
    return ort.InferenceSession(given, options, providers=["CPUExecutionProvider"])
