# What trains and shows: Prefect's server and worker, and the dashboard. Built from the root of the repository:
#   docker build -f deploy/training.Dockerfile -t diamonds-training .
FROM python:3.11.14-bookworm AS environment
COPY requirements.lock /tmp/
RUN python -m venv /app/.venv \
    && /app/.venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes -r /tmp/requirements.lock \
    && cp /usr/lib/*-linux-gnu/libgomp.so.1 /app/.venv/lib/

FROM python:3.11.14-slim-bookworm
ENV PATH=/app/.venv/bin:$PATH PYTHONPATH=/app/src \
    BENTOML_HOME=/data/bentoml BENTOML_DO_NOT_TRACK=True DIAMONDS_HOME=/data/diamonds PREFECT_HOME=/data/prefect TMPDIR=/data/tmp \
    PREFECT_SERVER_ANALYTICS_ENABLED=false
RUN useradd --uid 1034 --no-create-home --shell /usr/sbin/nologin bentoml \
    && install -d -o bentoml -g bentoml -m 700 /data /data/bentoml /data/bentoml/models /data/diamonds /data/prefect /data/tmp
COPY --from=environment /app/.venv /app/.venv
COPY . /app/src
# The modes of files are those of the machine that has the repository. LightGBM's package leaves OpenMP to the system,
# and a slim one has none.
RUN chmod -R a+rX /app/src \
    && echo /app/.venv/lib > /etc/ld.so.conf.d/diamonds.conf && ldconfig \
    && install -m 755 /app/src/deploy/diamonds /usr/local/bin/ \
    && python -c "import lightgbm, catboost, xgboost"
USER 1034:1034
WORKDIR /app/src
VOLUME /data
