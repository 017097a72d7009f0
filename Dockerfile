# One image for web and worker: see compose.yaml and docs/scaling.md.
FROM python:3.13.16-slim-trixie@sha256:bf44cdfcb76cd3b41e879bc058fc37ec5872002ccfde7fcb765e218cde0cd79c

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1
WORKDIR /srv/portal

COPY requirements.txt .
RUN pip install --require-hashes -r requirements.txt

COPY . .
# Collecting static files needs no account: this key is used nowhere else. Whatever starts compiles
# the words in locale/ as well, which a container could not: it may not write there.
RUN SECRET_KEY=build python manage.py collectstatic --noinput \
    && useradd --system --home-dir /srv/portal portal \
    && mkdir -p /srv/portal/var/state && chown -R portal /srv/portal/var
USER portal

EXPOSE 8000
# Of the web server: compose.yaml turns it off for what serves no pages.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["python", "-m", "sociair_portal.health"]
CMD ["gunicorn", "--config", "python:sociair_portal.gunicorn", "sociair_portal.wsgi"]
