# One image for web and worker: see compose.yaml and docs/scaling.md.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1
WORKDIR /srv/portal

COPY requirements.txt .
RUN pip install --require-hashes -r requirements.txt

COPY . .
# Collecting static files needs no account: this key is used nowhere else.
RUN SECRET_KEY=build python manage.py collectstatic --noinput \
    && useradd --system --home-dir /srv/portal portal \
    && mkdir -p /srv/portal/var/state && chown -R portal /srv/portal/var
USER portal

EXPOSE 8000
CMD ["gunicorn", "--config", "python:sociair_portal.gunicorn", "sociair_portal.wsgi"]
