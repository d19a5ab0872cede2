# Everything onionbot is built, tried and checked with. make alone lists it.

SHELL := /bin/bash
.DEFAULT_GOAL := help
# Targets run one after the other even under make -j: set-up comes first, and
# the go command uses all cores by itself.
.NOTPARALLEL:
.PHONY: help setup demo run build test check soak fuzz bench lint vuln install clean deb release compose

CONFIG    ?= config.toml
FUZZTIME  ?= 30s
SOAKTIME  ?= 2h
KILLS     ?= 1000
SOAK      ?= TestNothingIsLostWhateverIsKilled
BENCHTIME ?= 1s
PREFIX    ?= /usr/local

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

demo: setup build ## the whole story on this machine: a private Tor network, a site, its onion
	@bin/onionbot demo

run: config setup build ## the bot with CONFIG (default config.toml)
	@bin/onionbot run --config $(CONFIG)

test: setup ## checks, unit tests, then the tests with real Docker and tor
	@scripts/test

setup: ## Docker engine, tor and base image, where they are missing
	@scripts/setup

build: ## the static binary bin/onionbot
	@scripts/build bin/onionbot $(VERSION)

check: lint ## gofmt, vet, tidy go.mod, staticcheck, golangci-lint
	@scripts/check

lint: ## golangci-lint with .golangci.yml
	@go run $(GOLANGCI_LINT) run ./...

vuln: ## known vulnerabilities, where the database can be reached
	@scripts/vuln

fuzz: ## every fuzz target for FUZZTIME (default 30s)
	@scripts/fuzz $(FUZZTIME)

soak: setup ## KILLS (default 1000) of bot, engine, tors and apps; SOAK=. for every test in its long form
	@ONIONBOT_SOAK=1 ONIONBOT_SOAK_KILLS=$(KILLS) go test -count=1 -timeout $(SOAKTIME) -v -run '$(SOAK)' ./db ./bots/telegram ./e2e ./packaging

bench: setup ## benchmarks, BENCH=regexp for some; OUT=name also writes docs/bench/name.txt
	@scripts/bench $(BENCHTIME) $(OUT)

deb: ## Debian packages for amd64 and arm64 in dist/
	@scripts/package dist $(VERSION)

compose: setup ## the image and the files that compose.yaml needs
	@scripts/compose $(VERSION)

release: ## all that is handed out of VERSION, built twice and compared, in dist/
	@scripts/release $(VERSION)

install: build ## bin/onionbot into PREFIX/bin (default /usr/local)
	@install -D -m 0755 bin/onionbot $(DESTDIR)$(PREFIX)/bin/onionbot

clean: ## remove what make built
	@rm -rf bin

# Said before any set-up starts.
.PHONY: config
config:
	@test -f $(CONFIG) || { echo "There is no $(CONFIG): copy config.example.toml to $(CONFIG), put yourself in it, then run make again."; exit 1; }
