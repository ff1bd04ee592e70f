# docker build -t swara:0.1.0 .
# docker run --rm -v swara:/var/lib/swara -v "$PWD":/takes:ro swara:0.1.0 analyze /takes/take.m4a --tonic C#3
# docker run --rm -v swara:/var/lib/swara swara:0.1.0 rebuild --init
# docker run --rm -v swara:/var/lib/swara -v /recordings:/recordings:ro swara:0.1.0 rebuild --if-changed --json
#
# No package of the system is needed: the wheels bring libsndfile (soundfile) and FFmpeg (av), and what ldd says
# that they all take from the system, glibc, libgcc, libstdc++ and zlib, the base image has.
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE cli.py ./
COPY swara/__init__.py swara/py.typed swara/
COPY raga raga
COPY data data
COPY embedder embedder
COPY classifier classifier
COPY index index
COPY service service
RUN python -m venv --without-pip /opt/swara \
    && python -m pip --python /opt/swara/bin/python install --no-cache-dir --constraint constraints.txt .

FROM python:3.12-slim
RUN useradd --uid 10001 --create-home --home-dir /var/lib/swara swara
COPY --from=build /opt/swara /opt/swara
ENV PATH=/opt/swara/bin:$PATH SWARA_STORE=/var/lib/swara/store
USER 10001:10001
WORKDIR /var/lib/swara
# An image in which something is broken is not built.
RUN swara doctor
HEALTHCHECK --interval=10m --timeout=1m CMD ["swara", "doctor"]
ENTRYPOINT ["swara"]
CMD ["doctor"]
