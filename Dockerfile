# syntax=docker/dockerfile:1
# Two images: `docker build --target cpu .` and `docker build --target cuda .`
# The commands of its steps also run without Docker, in tests/deploy/test_image.py.

# The Python that the tests run on. For a release pin it by digest.
FROM python:3.11-slim-trixie AS base
RUN install -d -o 10001 -g 10001 /var/lib/chat-router

FROM base AS tools
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never \
    UV_CACHE_DIR=/var/cache/uv VIRTUAL_ENV=/app
WORKDIR /src
COPY .ci/check-libraries /usr/local/bin/
RUN pip install --no-cache-dir uv==0.13.9 \
    && uv venv /app

FROM tools AS wheel
COPY requirements.lock pyproject.toml README.md LICENSE ./
COPY consumer consumer
COPY exporters exporters
RUN --mount=type=cache,target=/var/cache/uv \
    uv build --wheel --out-dir /wheels --build-constraints requirements.lock --require-hashes

FROM tools AS cpu-packages
COPY requirements.cpu.lock ./
RUN --mount=type=cache,target=/var/cache/uv \
    uv pip install --require-hashes --only-binary :all: -r requirements.cpu.lock
COPY --from=wheel /wheels /wheels
RUN uv pip install --offline --no-deps /wheels/*.whl \
    && check-libraries /app

FROM tools AS cuda-packages
COPY requirements.gpu.lock ./
RUN --mount=type=cache,target=/var/cache/uv \
    uv pip install --require-hashes --only-binary :all: -r requirements.gpu.lock
# TensorRT is not shipped, and its provider would look for it.
RUN find /app -name 'libonnxruntime_providers_tensorrt.so' -delete
COPY --from=wheel /wheels /wheels
RUN uv pip install --offline --no-deps /wheels/*.whl \
    && check-libraries /app libcuda.so.1

# Nothing is written but the ledger and /tmp: the root may be read-only.
FROM base AS runtime
ENV PATH=/app/bin:$PATH HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /var/lib/chat-router
USER 10001:10001
EXPOSE 9464
STOPSIGNAL SIGTERM
ENTRYPOINT ["chat-router"]
CMD ["run"]

FROM runtime AS cuda
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
COPY --from=cuda-packages /app /app
RUN ["python", "-c", "import onnxruntime as o; assert 'CUDAExecutionProvider' in o.get_available_providers()"]

FROM runtime AS cpu
COPY --from=cpu-packages /app /app
RUN ["chat-router", "check", "--no-kafka"]
