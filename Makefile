# make test is everything that must pass; the rest are its parts and what one needs by day.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := test
.PHONY: test check test-go test-web test-browser tools bare hub run lint fmt fuzz bench picture clean

# The Node.js of .ci/tools, where the machine's own is missing or too old.
export PATH := $(CURDIR)/.ci/node/node_modules/.bin:$(PATH)
# Go keeps its caches there. A service or a container may have none.
export HOME ?= $(shell echo ~)
# Settings of a hub that the caller's shell exports are not for the tests.
$(foreach name,$(filter HUB_%,$(.VARIABLES)),$(eval unexport $(name)))

GOLANGCI    := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK := go run golang.org/x/vuln/cmd/govulncheck@v1.9.0
GO_DIRS     := cmd hub events kv torture bench web/*.go
FUZZTIME    := 20s

test: tools check test-go test-web test-browser

# Before everything else, also with make -j: what is missing is said at once, not after the Go tests.
check test-go test-web test-browser: tools

check:
	@unformatted=$$(gofmt -l $(GO_DIRS)); \
	if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	@git ls-files '*.go' | LC_ALL=C xargs awk ' \
	  { gsub(/[\200-\277]/, ""); gsub(/\t/, "    ") } \
	  /^ *\/\/ / && length > 100 { print FILENAME ":" FNR ": a comment is wider than 100 columns"; wide = 1 } \
	  END { exit wide }'
	cd web && npm run --silent lint

test-go:
	CGO_ENABLED=1 go test -race -timeout 10m ./...

# The web tests run against the real hub, built once.
test-web: hub
	cd web && npm run --silent types
	cd web && HUB_BIN="$$PWD/../bin/hub" node --test --test-reporter=spec $$(find test -name '*.test.js' -not -path 'test/browser/*')

# The same in a real Chromium, one file at a time: two browsers at once wait for each other.
test-browser: hub
	export CHROME_BIN="$$(.ci/tools)" HUB_BIN="$$PWD/bin/hub"; cd web && \
		node --test --test-concurrency=1 --test-reporter=spec test/browser/*.test.js

# The demo in a real Firefox: ten seconds, and a minute if apt has to install one. make test needs no second browser.
.PHONY: test-firefox
test-firefox: tools hub
	export FIREFOX_BIN="$$(.ci/firefox)" HUB_BIN="$$PWD/bin/hub"; cd web && node --test --test-reporter=spec test/firefox/smoke.js

tools:
	@.ci/tools >/dev/null

# The two commands of README.md on machines that have Go, git and make: make bare DEBIAN=trixie tries one release.
bare:
	.ci/bare $(DEBIAN)

hub:
	go build -o bin/hub ./cmd/hub

run:
	go run ./cmd/hub

# The linters, then the known vulnerabilities that the code reaches, if their database can be asked.
lint:
	$(GOLANGCI) run
	@if found=$$($(GOVULNCHECK) ./... 2>&1); then \
	  echo "govulncheck: no known vulnerability is reached"; \
	elif grep -q 'govulncheck: fetching vulnerabilities' <<<"$$found"; then \
	  echo "govulncheck could not reach its database, so known vulnerabilities were not looked for."; \
	else echo "$$found"; exit 1; fi

fmt: tools
	gofmt -w $(GO_DIRS)
	cd web && npm run --silent format

# Every fuzz target for a while: make fuzz FUZZTIME=10m
fuzz:
	@grep -rHo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' cmd hub events kv | sed 's/:func / /' | while read -r file name; do \
	  echo "$$name in $${file%/*}"; \
	  go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x "./$${file%/*}"; \
	done

# Every fault twenty times, for about half an hour; go test runs each once. It ends with the table that docs/consistency.md holds,
# and with fifty races of a thousand voters with each kind of close.
.PHONY: torture
torture: tools hub
	go test -tags torture -count=1 -timeout 60m -v -skip '^TestOutages$$' ./torture -runs 20 | grep --line-buffered -Ev '^=== '
	go test -count=1 -timeout 40m -v -run '^TestVotersRaceWithClose$$' ./kv -closes 50 | grep --line-buffered -Ev '^=== '
	cd web && HUB_BIN="$$PWD/../bin/hub" node test/broken.js

# What members see of thirteen faults, timed, in five minutes: make outages HUB=/an/older/hub times that one.
.PHONY: outages
outages:
	go test -tags torture -count=1 -timeout 40m -v -run '^TestOutages$$' ./torture -outage-hub "$(HUB)" | grep --line-buffered '^|'

# The hub against its floors, three rounds: about seventeen minutes, on a machine that does nothing else. Writes docs/benchmarks.md and its plots.
bench: hub
	go build -o bin/bars ./bench/bars
	bin/bars --hub bin/hub --out docs
	go test ./kv -run '^$$' -bench 'GroupChange|SetBesideHubs|PageOf|VoteOnOneOf' -benchtime 2000x
	go test ./kv -run '^$$' -bench 'LoadOf|ClearOf' -benchtime 5x

# The moving picture of the README, recorded from the demo page: about a minute.
picture: tools hub
	export CHROME_BIN="$$(.ci/tools)" HUB_BIN="$$PWD/bin/hub"; cd web && node picture/record.js ../docs/two-windows.png

clean:
	rm -rf bin
