# One image, two uses: `overgang serve` and `overgang migrate`. Non-root; the database is elsewhere or on a volume.
FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN python -m venv /opt/overgang && /opt/overgang/bin/pip install --no-cache-dir -r requirements.lock
COPY consent consent
COPY schemas schemas
COPY app app
COPY migrations migrations
RUN /opt/overgang/bin/pip install --no-cache-dir --no-deps . && /opt/overgang/bin/python -m compileall -q /opt/overgang

FROM python:3.11-slim
RUN useradd --system --uid 10001 overgang && mkdir /var/overgang && chown overgang /var/overgang
COPY --from=build /opt/overgang /opt/overgang
ENV PATH=/opt/overgang/bin:$PATH \
    OVERGANG_HOST=0.0.0.0 \
    OVERGANG_DATABASE_URL=sqlite:////var/overgang/overgang.sqlite
USER overgang
VOLUME /var/overgang
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/ready', timeout=2)"]
ENTRYPOINT ["overgang"]
CMD ["serve"]
