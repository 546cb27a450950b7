# Serves Studio and the HTTP API on the CPU: the plain install, without PyTorch or a compiler.
# How to run it: docs/guides/docker.md

ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS build
RUN python -m venv /opt/stylemapgan
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY src src
RUN /opt/stylemapgan/bin/pip install --no-cache-dir --constraint constraints.txt .

FROM python:${PYTHON}-slim
COPY --from=build /opt/stylemapgan /opt/stylemapgan
# Nothing is written but to /tmp, so the container also runs with --read-only --tmpfs /tmp.
ENV PATH=/opt/stylemapgan/bin:$PATH HOME=/tmp \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 OMP_WAIT_POLICY=PASSIVE \
    ORT_DISABLE_TELEMETRY=1
# A number, not a name: orchestrators check it without looking into the image.
USER 10001:10001
WORKDIR /tmp
EXPOSE 8000
# Off loopback the server does not start without a token: give one in STYLEMAPGAN_TOKEN.
# The check asks the server itself, whatever proxy the environment names.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "from urllib.request import ProxyHandler, build_opener as opener; opener(ProxyHandler({})).open('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["stylemapgan"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
