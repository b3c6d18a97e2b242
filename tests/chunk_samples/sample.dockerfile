# Builds the program.
FROM golang:1.22 AS build
ARG VERSION=1.0
ENV PATH_X=/usr/bin HOME=/root
WORKDIR /src
COPY . .
RUN go build \
    -o app

FROM alpine AS final
LABEL name="app"
EXPOSE 8080
ENTRYPOINT ["/app"]
