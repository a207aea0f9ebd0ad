# One image for every service of docker-compose.yaml: Airflow's, the workers and the object store.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    AIRFLOW_HOME=/opt/airflow \
    ARCHIVE_STATE=/var/lib/archive \
    ARCHIVE_AGENCY=/opt/archive/include/agency \
    GX_ANALYTICS_ENABLED=false

# The folders that compose mounts volumes on must belong to the user: a new volume takes over their owner.
RUN useradd --uid 50000 --create-home --shell /usr/sbin/nologin archive \
    && mkdir -p /opt/archive /opt/airflow/logs /var/lib/archive /var/lib/seaweed \
    && chown -R archive:archive /opt/airflow /var/lib/archive /var/lib/seaweed

WORKDIR /opt/archive
COPY requirements.txt requirements-production.txt ./
RUN pip install --no-cache-dir uv==0.13.9 \
    && uv pip install --system --no-cache -r requirements.txt -r requirements-production.txt

COPY pyproject.toml README.md ./
COPY include include
COPY plugins plugins
COPY dags dags
# Editable: agency files, packs of law and templates stay beside the code that reads them.
RUN uv pip install --system --no-cache --no-deps -e .

USER archive
CMD ["airflow", "version"]
