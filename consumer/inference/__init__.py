"""From text to calibrated predictions. The only folder that imports ONNX Runtime."""
