# Everything a person does with this project, by name. Each target prints what it found and fails when it fails.
SHELL := /bin/bash
SCENARIO ?= trade
# Suites that talk to a running service; they run after the long computations, which would starve them.
LIVE = ^(EndToEndTests|ServiceTests|ClientTests)
ENTREPOT = .build/release/entrepot

.DEFAULT_GOAL := help

.PHONY: help unreached demo screenshots report metadata test lint format audit audit-long bench bench-copula bench-coverage bench-kernel bench-linkage scale fuzz sanitize faults load memory api clean setup program container reproducible image boot

help:                        ## this list
	@echo 'First time here: "make demo" installs what is missing, builds, and plays the whole product on generated data.'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: program                ## the whole product on generated data: make demo [SCENARIO=trade|workshop|reconciliation|…]
	@$(ENTREPOT) demo $(SCENARIO) --output demo-output

test: setup                  ## every test, one debug build
	@scripts/unsafe
	@scripts/build --build-tests
	@scripts/test --skip '$(LIVE)'
	@scripts/test --filter '$(LIVE)'
	@ENTREPOT=.build/debug/entrepot scripts/memory

screenshots: program         ## the planner's and the provider's page in a real browser; skips, and says so, without Chromium
	@[ -f demo-output/state/task.model ] || $(ENTREPOT) demo $(SCENARIO) --output demo-output
	@$(ENTREPOT) report demo-output/state/task.model --task demo-output/task.yaml --output demo-output/report.html
	@scripts/screenshots demo-output/report.html
	@ENTREPOT=$(CURDIR)/$(ENTREPOT) scripts/page-tour
	@$(ENTREPOT) task show demo-output/task.yaml --page demo-output/officer.html
	@scripts/axe demo-output/report.html demo-output/officer.html
	@ENTREPOT=$(CURDIR)/$(ENTREPOT) scripts/report-shapes

metadata: program            ## Croissant and registry record against their own checkers; skips, and says so, without them
	@[ -f demo-output/state/task.model ] || $(ENTREPOT) demo $(SCENARIO) --output demo-output
	@ENTREPOT=$(CURDIR)/$(ENTREPOT) scripts/metadata demo-output/state/task.model demo-output/task.yaml

report: program              ## the signed report by entrepot verify, pdfsig and pyhanko, and with a byte changed
	@[ -f .build/demo-reconciliation/report.pdf ] \
	    || $(ENTREPOT) demo reconciliation --output .build/demo-reconciliation
	@ENTREPOT=$(ENTREPOT) scripts/report .build/demo-reconciliation/report.pdf \
	    .build/demo-reconciliation/state/simulated-root/root.pem

image: program               ## a bootable image, built twice and compared: .build/image
	@ENTREPOT=$(ENTREPOT) Images/build .build/image

boot: image                  ## boots it in an emulated machine with a TPM, and replays the workshop against it
	@ENTREPOT=$(ENTREPOT) Images/boot .build/image

container: program           ## tries the root of the container without an engine: make container [BUILD=1]
	@ENTREPOT=$(ENTREPOT) scripts/container

unreached:                   ## declarations that nothing a user runs can reach, by the index of the last debug build
	@scripts/unreached

lint:                        ## the formatter's strict check
	swift format lint --strict --recursive --parallel Package.swift Sources Tests

format:                      ## rewrites the sources in the house style
	swift format format --in-place --recursive --parallel Package.swift Sources Tests

faults: program              ## kills the service at 200 random moments: make faults [KILLS=200]
	ENTREPOT=$(ENTREPOT) scripts/faults $(or $(KILLS),200)

load: program                ## many, slow, dying and hostile clients, a minute of attack, and a full disk
	ENTREPOT=$(ENTREPOT) scripts/load
	ENTREPOT=$(ENTREPOT) scripts/attack 60

memory: program              ## searches a live service's memory for keys and fields of the tables that it took in
	ENTREPOT=$(ENTREPOT) scripts/memory

api: program                 ## schemathesis (PyPI) against the live service, a minute a stage: make api [SECONDS_EACH=120]
	ENTREPOT=$(ENTREPOT) scripts/api $(or $(SECONDS_EACH),120)

audit: setup                 ## the privacy audit of make test as a table: Benchmarks/privacy-audit.md
	@scripts/audit

audit-long: setup            ## the same with more fits in each world of each game: make audit-long FITS=1000000
	@scripts/audit "$(or $(FITS),1000000)"

bench-kernel:                ## how many draws a second of each noise, and how fast counting is, on this machine
	swift run -c release --package-path Benchmarks KernelSpeed

bench-copula:                ## the copula: fit, Gram matrix against dsyrk, sampling
	swift run -c release --package-path Benchmarks CopulaBenchmark speed

scale: setup                 ## the same counts from memory, blocks, shards and Spark: make scale [ROWS=10000000] [SPARK_ROWS=1000000]
	@scripts/build --build-tests
	@scripts/build --package-path Spark || echo 'scale: entrepot-spark was not built'
	@scripts/scale $(or $(ROWS),1000000) $(or $(SPARK_ROWS),1000000)

fuzz: setup                  ## random input to every reader and verifier: make fuzz [INPUTS=1000000] [FUZZ_SECONDS=3600] [TARGETS="csv gzip"]
	@scripts/fuzz "$(or $(INPUTS),1000000)" "$(or $(FUZZ_SECONDS),3600)" "$(TARGETS)"

sanitize: setup              ## tests of VectorMath, Tables and the kernel under the sanitizers that there are
	@scripts/sanitize

bench: setup                 ## utility and speed beside peers from PyPI: make bench [FULL=1]
	@FULL=$(FULL) scripts/bench

bench-linkage: program       ## linkage and intersection beside splink and anonlink: make bench-linkage [PARTS="febrl registers large dice psi-100000"]
	@scripts/bench-linkage $(PARTS)

bench-coverage: setup        ## whether intervals from imputations cover, on 1,000 tables
	swift run -c release --package-path Benchmarks Coverage

clean:                       ## removes what building and demonstrating made
	rm -rf .build demo-output

setup:                       ## installs the Debian or Ubuntu packages that the build needs and that are missing
	@scripts/setup

program: setup               ## a release build: .build/release/entrepot
	@scripts/build -c release --product entrepot

reproducible: setup          ## two release builds in two folders, compared byte by byte
	@scripts/reproducible
