# Systole. "make test" does its own set-up; everything made lies in build/ and dist/.

GO          ?= go
DESTDIR     ?=
FUZZTIME    ?= 20s
SEEDS       ?= 20000
TESTFLAGS   ?= -count=1 -timeout=20m
STATICCHECK  = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK  = golang.org/x/vuln/cmd/govulncheck@v1.8.0
VERSION      = $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
SOURCES      = cmd pkg compat
FUZZ        ?= $(SOURCES)
HOSTILE      = pkg/hamsg pkg/authkeys pkg/cluster pkg/hbapi pkg/check pkg/ldirectorcf

export CGO_ENABLED = 0

ARCHES      ?= amd64 arm64

.PHONY: all build deps test lint fuzz golden sim bench demo deb rpm install clean

all: build

build:
	@mkdir -p build/bin
	$(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o build/bin/ ./cmd/...

# Tools of the machine that tests need as root. Only what is missing is installed.
# User-Mode Linux is there for a kernel without ip_vs, and on x86 only.
deps:
	@if [ "$$(id -u)" != 0 ]; then exit 0; fi; \
	missing=; \
	for t in mmdebstrap:mmdebstrap ip:iproute2 modprobe:kmod linux.uml:user-mode-linux $(GO):golang-go; do \
		command -v $${t%%:*} >/dev/null || missing="$$missing $${t#*:}"; \
	done; \
	if [ -n "$$missing" ]; then \
		echo "installing$$missing"; \
		apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $$missing; \
	fi

# As root all tests run, that of hostile clients by itself; in CI, what comes from the network is fuzzed as well.
# Otherwise those that make hosts are skipped; which, and
# why, is printed.
test: deps build
	$(GO) vet ./...
	@if [ "$$(id -u)" = 0 ]; then \
		$(GO) test $(TESTFLAGS) ./... && $(GO) test $(TESTFLAGS) -run=TestHostileClients ./compat/clients -hostile=1m && if [ "$$CI" = true ]; then $(MAKE) fuzz FUZZTIME=60s FUZZ="$(HOSTILE)"; fi; \
	elif $(GO) test $(TESTFLAGS) -v ./... > build/test.log 2>&1; then \
		echo "not root; skipped:"; grep -A1 -e '--- SKIP' build/test.log; grep -e '^ok' build/test.log; \
	else \
		cat build/test.log; exit 1; \
	fi

# govulncheck needs its database from the network. Only that it cannot be reached
# is forgiven.
lint:
	@bad=$$(gofmt -l $(SOURCES)); if [ -n "$$bad" ]; then echo "gofmt: $$bad"; exit 1; fi
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	@mkdir -p build
	@if $(GO) run $(GOVULNCHECK) ./... > build/vuln.log 2>&1; then tail -n 1 build/vuln.log; \
	elif grep -q 'fetching vulnerabilities' build/vuln.log && ! grep -q '^Vulnerability #' build/vuln.log; then \
		echo "govulncheck left out, its database cannot be reached: $$(tail -n 1 build/vuln.log)"; \
	else cat build/vuln.log; exit 1; fi

# Every fuzz target in FUZZ for FUZZTIME, at least four at a time. Where the machine is slow, "go test" calls it
# a failure that the time is over while a worker is at work, and has no input to show for it.
fuzz:
	@grep -rE '^func Fuzz' --include='*_test.go' $(FUZZ) | sed -E 's,^(.*)/[^/]*:func (Fuzz[A-Za-z0-9_]*).*,\1 \2,' | sort | \
	xargs -P "$$(n=$$(nproc); echo $$((n > 4 ? n : 4)))" -L 1 sh -c 'echo "$$2 in $$1"; \
		out=$$($(GO) test -run="^\$$" -fuzz="^$$2\$$" -fuzztime=$(FUZZTIME) -fuzzminimizetime=50x -parallel=1 ./$$1 2>&1) && exit; \
		echo "$$out" | grep -q "^ *context deadline exceeded" && ! echo "$$out" | grep -q -e "Failing input" -e panic -e "_test.go:" && exit; \
		echo "$$1 $$2: $$out"; exit 255' sh

# Rewrites the expected results of tests that keep them in files.
golden:
	@set -e; for d in $$(grep -rlE '"update", *false' --include='*_test.go' $(SOURCES) | xargs -r -n1 dirname | sort -u); do \
		$(GO) test ./$$d -update; \
	done

sim:
	$(GO) run ./compat/sim --seeds $(SEEDS)

bench: deps build
	$(GO) run ./compat/bench $(FLAGS)

# HOWTO is 000 to 004: a how-to of examples/, with traffic and failover. Exit code 1 if a step fails.
HOWTO ?= 000

demo: deps build
	$(GO) run ./compat/demo -howto=$(HOWTO) $(FLAGS)

install: build
	$(GO) run ./compat/install -destdir "$(DESTDIR)" -bin build/bin

# Packages in dist/, of what is committed. The same commit gives the same bytes.
deb rpm:
	@set -e; for a in $(ARCHES); do \
		mkdir -p build/pack/$$a; \
		GOARCH=$$a $(GO) build -trimpath -ldflags '-s -w -buildid= -X main.version=$(VERSION)' -o build/pack/$$a/ ./cmd/...; \
		SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct)} \
			$(GO) run ./compat/pack -format $@ -arch $$a -version '$(VERSION)' -bin build/pack/$$a -out dist; \
	done

clean:
	rm -rf build dist
