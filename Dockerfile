# The one image of the service: every role is a command of `orders`. What is in it and why: docs/image.md.
# `make pin-base` puts the digest of the base image here.
ARG PYTHON_IMAGE=python:3.13-slim-trixie

# What is installed, and what installs it. Only /opt/orders and /out go on from here.
FROM ${PYTHON_IMAGE} AS build
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ENV PIP_CACHE_DIR=/pip-cache PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build

COPY requirements/build.txt requirements/runtime.txt requirements/
RUN --mount=type=cache,target=/pip-cache \
    python -m venv --without-pip /opt/build \
 && python -m venv --without-pip /opt/orders \
 && for name in build orders; do \
      requirements=$([ "$name" = build ] && echo build || echo runtime) \
      && python -m pip --python "/opt/$name/bin/python" install --quiet --no-compile --no-deps \
           --only-binary :all: --require-hashes -r "requirements/$requirements.txt" || exit 1; \
    done

COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN /opt/build/bin/python -m hatchling build -t wheel -d dist \
 && python -m pip --python /opt/orders/bin/python install --quiet --no-compile --no-deps --no-index --prefix /out dist/*.whl

# Compiled once, here: at run time nothing can be written. By content and not by time, which copying may change.
COPY docker/prune.py docker/prune.py
RUN PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=src /opt/orders/bin/python docker/prune.py /opt/orders \
 && /opt/orders/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/orders/lib \
 && /opt/orders/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash -s /out -p /opt/orders /out/lib

FROM ${PYTHON_IMAGE}

# What WeasyPrint loads when it renders: text layout and subsetting of fonts. The fonts are packaged with the templates.
# Versions are the distribution's of the day: pinned ones disappear with the next security fix. sbom.json has them.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log

RUN --mount=type=bind,source=docker/strip_base.py,target=/tmp/strip_base.py python /tmp/strip_base.py

# Its state on a developer's machine; a deployed process keeps none, and needs no place to write at all.
RUN groupadd --gid 10001 orders \
 && useradd --uid 10001 --gid 10001 --no-log-init --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin orders \
 && install -d -o 10001 -g 10001 -m 0700 /var/lib/orders

COPY --from=build /opt/orders /opt/orders
COPY --from=build /out /opt/orders

ARG VERSION=1.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="bbws-orders" \
      org.opencontainers.image.description="The order service of the BBWS customer portal: API, workers, relay, commands" \
      org.opencontainers.image.vendor="BBWS" \
      org.opencontainers.image.licenses="LicenseRef-Proprietary" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

# Of all that runs here only what renders PDFs writes: a temporary folder that stays empty, and a cache of the packaged
# fonts. /dev/shm is the one place that can be written to on a read-only file system wherever containers run; on Fargate
# nothing could be mounted on /tmp for us.
ENV PATH=/opt/orders/bin:$PATH \
    TMPDIR=/dev/shm \
    XDG_CACHE_HOME=/dev/shm \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    API_HOST=0.0.0.0 \
    HEALTH_PORT=8081 \
    ORDERS_DATA_DIR=/var/lib/orders

USER 10001:10001
EXPOSE 8080
ENTRYPOINT ["orders"]
# The port is given so that only the standard library is loaded; it is the HEALTH_PORT of above.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["orders", "health", "--port", "8081"]
