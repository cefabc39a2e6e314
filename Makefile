# `make help` says what there is. The work is done by the scripts in .tools/.
.DEFAULT_GOAL := help
.PHONY: help run test lint bench attack fuzz soak sizes geo setup clean
# make defines HOST in no environment we know of, but a shell may: only the command line counts.
ifneq ($(origin HOST),command line)
HOST :=
endif
export HOST

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run: ## build what is missing and serve a demo on http://localhost:8080 (PORT=, DATA=; HOST=ADDRESS for other machines, self-signed)
	@.tools/run.sh

test: ## install what tests need, then run all of them, real browsers included
	@.tools/test.sh

lint: ## formatting, clippy and the architecture checks
	@.tools/setup.sh && .tools/lint.sh

bench: ## print what was measured, as "bench: NAME VALUE"
	@.tools/measure.sh bench

attack: ## what strangers try, against a real server on loopback, each attack with its guard off and on (ATTACK=name)
	@.tools/attack.sh

fuzz: ## random bytes against everything that reads what strangers send (TARGET=name, SECONDS=60 for each, KEEP=yes)
	@.tools/fuzz.sh "$(TARGET)" "$(SECONDS)"

soak: ## half an hour of coming and going (MINUTES=): what the server still holds when everybody has gone
	@.tools/measure.sh soak

sizes: ## print what a first join loads, the server's size and its memory
	@.tools/measure.sh sizes

geo: ## fetch the country data for the location hint into data/geo (TOWNS=1: 130 MB of towns too)
	@.tools/geo.sh

setup: ## install the build tools without building anything else
	@.tools/setup.sh

clean: ## remove builds (never the data folder)
	@rm -rf dist && cargo clean
