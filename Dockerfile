# One image for every service: the argument says which, as in `docker run quickserve serve booking`.
# Everything installed is pinned by hash. The base is pinned by tag; to pin it by digest as well,
# build with --build-arg PYTHON=python:3.11.14-slim-bookworm@sha256:…
ARG PYTHON=python:3.11.14-slim-bookworm

FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
# What changes rarely first. The environment that runs gets no pip; the one that builds is left here.
COPY requirements-image.lock requirements-build.lock ./
RUN python -m venv --without-pip /opt/quickserve \
 && pip --python /opt/quickserve/bin/python install \
      --require-hashes --only-binary :all: -r requirements-image.lock \
 && python -m venv --without-pip /opt/build \
 && pip --python /opt/build/bin/python install \
      --require-hashes --only-binary :all: -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN pip --python /opt/build/bin/python wheel --no-deps --no-build-isolation --wheel-dir dist . \
 && pip --python /opt/quickserve/bin/python install --no-deps --no-index dist/quickserve-*.whl \
 && /opt/quickserve/bin/python -m compileall -q --invalidation-mode unchecked-hash -j 0 \
      /opt/quickserve/lib

FROM ${PYTHON}
LABEL org.opencontainers.image.title="QuickServe" \
      org.opencontainers.image.description="Book an event, order to your seat, follow it live." \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 quickserve \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin \
      quickserve
COPY --from=build /opt/quickserve /opt/quickserve
# Nothing is written but below /tmp: the root file system can be mounted read-only.
ENV PATH=/opt/quickserve/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    QUICKSERVE_DATA=/tmp/quickserve \
    QUICKSERVE_LOG_FORMAT=json
USER 10001:10001
WORKDIR /tmp
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=4s --start-period=60s --retries=3 \
  CMD ["python", "-I", "-m", "quickserve.health"]
ENTRYPOINT ["quickserve"]
CMD ["--help"]
