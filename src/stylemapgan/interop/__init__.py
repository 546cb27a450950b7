"""Import released checkpoints, and export models as ONNX files."""
