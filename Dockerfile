# The hub in an image of its own: docker build -t exthub .
FROM golang:1.26-alpine AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /hub ./cmd/hub

# alpine and not scratch: the health check needs a wget.
FROM alpine:3.22
RUN adduser -D -u 10001 hub && mkdir /data && chown hub /data
COPY --from=build /hub /usr/local/bin/hub
USER hub
VOLUME /data
# Reachable from outside the container, so the hub refuses to start until it gets a HUB_SECRET_KEY.
ENV HUB_ADDR=0.0.0.0:8080 HUB_ADMIN_ADDR=127.0.0.1:9090 HUB_DATA=/data
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s CMD wget -qO /dev/null http://127.0.0.1:9090/readyz
ENTRYPOINT ["hub"]
