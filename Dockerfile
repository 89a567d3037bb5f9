# syntax=docker/dockerfile:1
FROM rust:1.95.0-bookworm AS build
# The toolchain of the image is the one in rust-toolchain.toml: nothing is downloaded for it.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --profile dist --locked --bin millrace \
    && cp target/dist/millrace /millrace

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data millrace \
    && install -d -o millrace -g millrace -m 0750 /data
COPY --from=build /millrace /usr/local/bin/millrace
USER millrace
ENV MILLRACE_DATA_DIR=/data \
    MILLRACE_COLLECT_ADDR=0.0.0.0:8080 \
    MILLRACE_API_ADDR=0.0.0.0:8081
# A collector's log lives here: truth until it is shipped. Give each collector a volume of its own.
VOLUME /data
EXPOSE 8080 8081
# SIGTERM drains: finish replies, close the epoch, ship, seal. Allow a minute for it.
STOPSIGNAL SIGTERM
ENTRYPOINT ["tini", "--", "millrace"]
CMD ["up"]
