# Everything starts here: `make call` and `make test` work from a fresh clone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WEIGHTS := data/models/.complete
DEMOS := shop clinic utility
TEACH := data/teach
PRECISION := $(shell grep -qs avx512_bf16 /proc/cpuinfo && echo --set precision=bf16)

.PHONY: install shop call talk serve teach test test-browser screenshots check wheels bench conversations truth clean

install: $(STAMP) $(WEIGHTS) shop   ## .venv, weights, the demo shop

$(STAMP): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=24"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev,audio,webrtc]"
	touch $@

$(WEIGHTS): $(STAMP) agent/models/manifest.toml
	$(BIN)/python -m agent models pull
	touch $@

shop: $(STAMP)       ## the demos' dates count from the day they were made: anew each week
	@for name in $(DEMOS); do test -n "$$(find data/$$name.db -mtime -6 2>/dev/null)" \
		|| $(BIN)/python -m agent business seed $$name --force || exit 1; done

call: install        ## a recorded caller through the whole system
	$(BIN)/python -m agent call --script tests/callers/order.yaml --out data/call.wav --set dialogue.responder=model

talk: install        ## the page: talk to the shop in a browser
	$(BIN)/python -m agent serve --open

serve: install       ## the server, for softphones and Twilio
	$(BIN)/python -m agent serve

teach: install $(VENV)/.finetune   ## the demo adapter: data, training, proof, export, a call; 40 minutes at most
	$(BIN)/python -m finetune prepare config/finetune/data/demo.toml --out $(TEACH)/data
	@[ ! -d $(TEACH)/run/adapter ] || echo "$(TEACH)/run is trained; to teach anew, remove $(TEACH)"
	[ -d $(TEACH)/run/adapter ] || $(BIN)/python -m finetune train smollm2-135m --data $(TEACH)/data \
		--out $(TEACH)/run $(PRECISION) $(if $(wildcard $(TEACH)/run/run.json),--resume)
	$(BIN)/python -m finetune export $(TEACH)/run --out $(TEACH)/adapter --check $(TEACH)/data
	$(BIN)/python -m finetune eval --data $(TEACH)/data --run $(TEACH)/run --out $(TEACH)/report
	$(BIN)/python -m agent call --script tests/callers/order.yaml --out $(TEACH)/call.wav \
		--set llm.adapter=$(TEACH)/adapter --set dialogue.responder=model
	@echo "The report: $(TEACH)/report/report.html; the call: $(TEACH)/call.wav"

$(VENV)/.finetune: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[finetune]"
	touch $@

test: install $(VENV)/.finetune   ## real models, real sockets
	$(BIN)/python -m pytest

$(VENV)/.browser: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[browser]"
	touch $@

test-browser: install $(VENV)/.browser   ## the page in a real Chromium
	$(BIN)/python -m pytest tests/browser

screenshots: install $(VENV)/.browser    ## docs/talk-*.png, from real calls
	$(BIN)/python -m tests.browser.screenshots docs

check: $(STAMP)      ## lint, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

wheels: $(STAMP)     ## the pinned set has wheels for Python 3.11, 3.12, 3.13
	bash dev/wheels.sh

bench: install       ## side by side with the stock pipeline; long
	$(BIN)/python -m bench

conversations: install  ## ten-turn conversations, judged by data; about 20 minutes
	$(BIN)/python -m bench.conversations

truth: install       ## what the businesses say to 120 questions, and to 102 attempts at another's data
	$(BIN)/python -m bench.truth

clean:
	rm -rf $(VENV) build dist *.egg-info
