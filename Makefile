# `make book` and `make test` are all that is needed; each does the set-up it needs, once.

PRESET ?= smoke
COLLECTION ?=
ROOT ?=
COLUMN ?=
JOIN ?=
SET ?=
export PRESET COLLECTION ROOT COLUMN

# The first Python that the tests run on, else one that is new enough; PYTHON=... names another.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3.12 python3.11 python3 python3.13 python3.14; do \
	$$name -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$name && break; done)

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
NOTEBOOKS := $(wildcard book/*.ipynb)
# Ids are kept, so that a change of one cell is a change of one place.
STRIP := --keep-id --extra-keys "metadata.papermill metadata.language_info.version cell.metadata.papermill cell.metadata.execution"

# $(call timed,what,command): run it, then say how long it took.
timed = @start=$$(date +%s); { $(2); } && echo "$$(($$(date +%s) - start)) s  $(1)"

.DEFAULT_GOAL := help
.PHONY: help env book pictures test speed lint lab sphinx serve doctor strip hooks clean

help: ## Say what there is
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{printf "make %-8s %s\n", $$1, $$2}'

env: $(READY) ## Make the environment in .venv from the lock file

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found; name one: make PYTHON=/path/to/python"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) has no module venv. On Debian and Ubuntu: sudo apt install $(notdir $(PYTHON))-venv"; exit 1; }
	$(call timed,environment: made,test -x $(BIN)/python || $(PYTHON) -m venv $(VENV))
	@echo "environment: installing packages, some gigabytes of them; the first time takes minutes"
	$(call timed,environment: packages installed,$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements.lock)
	$(call timed,environment: artlib installed,$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps -e .)
	@touch $(READY)

book: $(READY) ## Execute the chapters and render the site [PRESET= COLLECTION= ROOT= COLUMN= JOIN=yes SET="name=value ..."]
	$(call timed,in all without the environment,$(BIN)/artlib build --preset "$$PRESET" \
		$${COLLECTION:+--collection "$$COLLECTION"} $${ROOT:+--root "$$ROOT"} $${COLUMN:+--column "$$COLUMN"} \
		$(if $(filter yes,$(JOIN)),--join) $(foreach setting,$(SET),--set "$(setting)"))

pictures: $(READY) ## Fetch the forty open works that pages show [ALL=1: all of the recorded experiments]
	$(call timed,pictures,$(BIN)/artlib download open $(if $(ALL),,--display))

test: $(READY) lint ## Run all tests
	@$(BIN)/python -m pytest -m "not slow"
	@$(BIN)/python -m pytest -m "slow and not timed"
	@$(BIN)/python -m pytest -m timed -n 0

speed: $(READY) ## Measure speed beside what it is compared with [NAME=cache]
	@$(BIN)/python tests/speed $(NAME)

lint: $(READY) ## Check style and spelling, and that notebooks are committed without outputs
	$(call timed,style,$(BIN)/ruff check -q . && $(BIN)/ruff format -q --check .)
	$(call timed,spelling,$(BIN)/codespell)
	$(if $(NOTEBOOKS),$(call timed,notebooks are stripped,$(BIN)/nbstripout --verify $(STRIP) $(NOTEBOOKS)))

lab: $(READY) ## Open the chapters in JupyterLab
	@$(BIN)/artlib lab

sphinx: $(READY) ## Render the staged pages by Sphinx alone, without Jupyter Book's command
	$(call timed,configuration,$(BIN)/jupyter-book config sphinx _build/stage)
	$(call timed,pages in _build/sphinx,ARTLIB_HOME=$(CURDIR) $(BIN)/sphinx-build -q -b html _build/stage _build/sphinx)

serve: $(READY) ## Serve the site on this computer
	@$(BIN)/artlib serve

doctor: $(READY) ## Say in plain words whether everything is in order
	@$(BIN)/artlib doctor

strip: $(READY) ## Remove outputs from the notebooks
	@$(BIN)/nbstripout $(STRIP) $(NOTEBOOKS)

hooks: $(READY) ## Check every commit, and show notebooks as text in diffs
	@git config diff.jupytext.textconv "$(BIN)/jupytext --from ipynb --to py:percent --output -"
	@$(BIN)/pre-commit install

clean: ## Delete what was built; the environment and recorded results stay
	@rm -rf _build
