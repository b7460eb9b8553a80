"""ONNX Runtime sessions: made for one provider, asserted, and run with their faults sorted.

Takes padded ids and lengths, returns named outputs. Knows no labels and no text.
"""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from consumer.inference.faults import EnvironmentFault, ModelInputFault, ProviderError
from consumer.inference.manifest import BundleError
from consumer.inference.memory import Feeds, OutOfMemoryError, Outputs, run_within_memory

Provider = Literal["cpu", "cuda"]
Ids = NDArray[np.int32]

_EXECUTION_PROVIDER = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
_NO_MEMORY = ("Failed to allocate memory", "bad_alloc", "out of memory")
_DEVICE_LOST = (
    "CUDA failure",
    "CUDA error",
    "cudaError",
    "CUDNN",
    "CUBLAS",
    "illegal memory access",
)
_FATAL_ONLY = 4
"""ORT's log level. What fails is raised; its own lines on stderr would break our JSON logs."""

_SHRINK_ARENA = "memory.enable_memory_arena_shrinkage"
_INTEGER_TYPES = {"tensor(int32)": np.int32, "tensor(int64)": np.int64}
_FEEDS: dict[str, Callable[[Ids, Ids], NDArray[Any]]] = {
    "ids": lambda ids, lengths: ids,
    "input_ids": lambda ids, lengths: ids,
    "lengths": lambda ids, lengths: lengths,
    "attention_mask": lambda ids, lengths: np.arange(ids.shape[1]) < lengths[:, None],
    "token_type_ids": lambda ids, lengths: np.zeros_like(ids),
}


class GraphSession:
    """One graph on one provider. Safe to run from several threads."""

    def __init__(self, graph: bytes, provider: Provider, *, threads: int = 1) -> None:
        self._graph, self._provider, self._threads = graph, provider, threads
        self._session = _create(graph, provider, threads)
        self._inputs = tuple(
            (one.name, _FEEDS.get(one.name), _INTEGER_TYPES.get(one.type))
            for one in self._session.get_inputs()
        )
        for name, feed, kind in self._inputs:
            if feed is None or kind is None:
                raise BundleError("graph", name, f"inputs are integers, of {tuple(_FEEDS)}")
        self.output_names = tuple(one.name for one in self._session.get_outputs())

    @property
    def provider(self) -> str:
        """Execution provider that runs the graph."""
        return str(self._session.get_providers()[0])

    def run(self, ids: Ids, lengths: Ids) -> dict[str, NDArray[Any]]:
        """All outputs of one padded batch.

        Raises `ModelInputFault` where the data may be at fault, `EnvironmentFault` where not.
        """
        feeds = {
            name: feed(ids, lengths).astype(kind, copy=False)
            for name, feed, kind in self._inputs
            if feed is not None
        }
        return dict(zip(self.output_names, run_within_memory(self, feeds), strict=True))

    def run_once(self, feeds: Feeds, *, shrink: bool) -> Outputs:
        """One run of ORT, its exceptions sorted into ours."""
        options = None
        if shrink:
            options = ort.RunOptions()
            device = "gpu:0" if self._provider == "cuda" else "cpu:0"
            options.add_run_config_entry(_SHRINK_ARENA, device)
        try:
            outputs: Outputs = self._session.run(None, feeds, options)
        except Exception as error:
            raise sorted_fault(error) from error
        return outputs

    def rebuild(self) -> None:
        """A new session of the same bytes. Runs under way keep the old one until they end.

        Raises `EnvironmentFault` where the device has no room for it: no text is to blame.
        """
        try:
            self._session = _create(self._graph, self._provider, self._threads)
        except ProviderError as error:
            raise EnvironmentFault(str(error)) from error


def sorted_fault(error: Exception) -> Exception:
    """What an exception of ORT means. Its text is all there is to tell by."""
    said = str(error)
    if isinstance(error, MemoryError) or any(sign in said for sign in _NO_MEMORY):
        return OutOfMemoryError(type(error).__name__)
    if any(sign in said for sign in _DEVICE_LOST):
        return EnvironmentFault(type(error).__name__)
    return ModelInputFault(type(error).__name__)


def _create(graph: bytes, provider: Provider, threads: int) -> ort.InferenceSession:
    wanted = _EXECUTION_PROVIDER[provider]
    if wanted not in ort.get_available_providers():
        raise ProviderError(f"{wanted} is not in this build of ONNX Runtime")
    # The fused op is slower than Add and LayerNormalization on CPUs, and ORT fuses unasked.
    skip = ["SkipLayerNormFusion"] if provider == "cpu" else []
    if provider == "cuda":
        ort.preload_dlls()
    try:
        session = ort.InferenceSession(
            graph,
            _options(provider, threads),
            providers=[(wanted, _provider_options(provider))],
            disabled_optimizers=skip,
        )
    except Exception as error:
        raise ProviderError(f"{wanted} refused the graph: {type(error).__name__}") from error
    session.disable_fallback()
    found = session.get_providers()
    if found[:1] != [wanted]:
        raise ProviderError(f"{wanted} was asked for, {found} would run")
    return session


def _provider_options(provider: Provider) -> dict[str, str]:
    if provider == "cpu":
        return {}
    # Growth by powers of two: exact sizes make memory climb with every new length.
    return {"device_id": "0", "arena_extend_strategy": "kNextPowerOfTwo"}


def _options(provider: Provider, threads: int) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = _FATAL_ONLY
    # Spinning threads take the core that the rest of the process needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if provider == "cuda":
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    return options
