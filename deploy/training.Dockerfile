# What trains and shows: Prefect's server and worker, and the dashboard. Built from the root of the repository:
#   docker build -f deploy/training.Dockerfile -t diamonds-training .
FROM python:3.11.14-bookworm AS environment
COPY requirements.lock /tmp/
RUN python -m venv /app/.venv \
    && /app/.venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes -r /tmp/requirements.lock

FROM python:3.11.14-slim-bookworm
ENV PATH=/app/.venv/bin:$PATH PYTHONPATH=/app/src \
    BENTOML_HOME=/data/bentoml BENTOML_DO_NOT_TRACK=True DIAMONDS_HOME=/data/diamonds PREFECT_HOME=/data/prefect TMPDIR=/data/tmp \
    PREFECT_SERVER_ANALYTICS_ENABLED=false
RUN useradd --uid 1034 --no-create-home --shell /usr/sbin/nologin bentoml \
    && install -d -o bentoml -g bentoml -m 700 /data /data/bentoml /data/bentoml/models /data/diamonds /data/prefect /data/tmp
COPY --from=environment /app/.venv /app/.venv
COPY . /app/src
RUN install -m 755 /app/src/deploy/diamonds /usr/local/bin/
USER 1034:1034
WORKDIR /app/src
VOLUME /data
