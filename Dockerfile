# syntax=docker/dockerfile:1
# Phonoscope with its pages, installed from the lock, run without rights.
#
#   docker build -t phonoscope .
#   docker run --rm -v ~/Music:/music:ro -v phonoscope:/data phonoscope \
#       scan /music --into /data/catalogue
#   docker run --rm -p 127.0.0.1:8765:8765 -v ~/Music:/music:ro -v phonoscope:/data phonoscope \
#       serve /data/catalogue --host 0.0.0.0

FROM python:3.12-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# The inner loops of a scan are in C; the image that runs needs no compiler.
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev
RUN python -m venv /opt/phonoscope
COPY requirements/build.txt requirements/run.txt /src/requirements/
RUN /opt/phonoscope/bin/pip install --require-hashes -r /src/requirements/run.txt \
 && python -m venv /opt/build \
 && /opt/build/bin/pip install --require-hashes -r /src/requirements/build.txt
COPY pyproject.toml hatch_build.py README.md LICENSE NOTICE /src/
COPY phonoscope /src/phonoscope
RUN cd /src \
 && /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheel . \
 && /opt/phonoscope/bin/pip install --no-deps --no-index /wheel/*.whl \
 && /opt/phonoscope/bin/python -m compileall -q /opt/phonoscope

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --create-home --home-dir /home/phonoscope phonoscope \
 && install -d -o phonoscope -g phonoscope /data
COPY --from=build /opt/phonoscope /opt/phonoscope
COPY --from=build /src/LICENSE /src/NOTICE /usr/share/doc/phonoscope/
ENV PATH=/opt/phonoscope/bin:$PATH PYTHONUNBUFFERED=1
USER phonoscope
WORKDIR /data
VOLUME /data
EXPOSE 8765
# No health check: most runs are one command that ends; only `serve` stays.
STOPSIGNAL SIGINT
ENTRYPOINT ["phonoscope"]
CMD ["--help"]
