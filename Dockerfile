# syntax=docker/dockerfile:1
FROM python:3.11-slim AS build
WORKDIR /build
RUN python -m venv /opt/youshu
COPY requirements.lock ./
RUN /opt/youshu/bin/pip install --no-cache-dir --requirement requirements.lock
COPY pyproject.toml setup.py README.md LICENSE faq.yaml faq.schema.json .env.example ./
COPY questions questions
COPY intents intents
COPY bot bot
RUN /opt/youshu/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data --create-home youshu \
    && install --directory --owner=youshu --group=youshu /content
COPY --from=build /opt/youshu /opt/youshu
COPY --chown=youshu:youshu faq.yaml faq.schema.json /content/
COPY --chown=youshu:youshu questions /content/questions
ENV PATH=/opt/youshu/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    YOUSHU_FAQ=/content/faq.yaml \
    YOUSHU_DATABASE_URL=sqlite+aiosqlite:////data/youshu.db \
    YOUSHU_HOST=0.0.0.0 \
    YOUSHU_PORT=8080 \
    YOUSHU_LOG_FORMAT=json
USER 10001
WORKDIR /data
VOLUME ["/content", "/data"]
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['YOUSHU_PORT']}/healthz\", timeout=4)"]
CMD ["youshu", "serve"]
