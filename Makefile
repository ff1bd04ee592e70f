# make demo | test | test-integrations | check | check-js | check-image | docs | bench | bench-pitch | bench-embedders | bench-converted | bench-live | bench-heads | bench-search | bench-notation | bench-finetune | bench-rebuild | fuzz | train-pitch | train-embedder | train-sample-pitch | train-instruments | train-exercises | constraints
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
BENCH_STAMP := $(VENV)/.installed-bench
TRAINING := build/pitch
EMBEDDER_TRAINING := build/embedder
KINDS := --steps 4000 --start $(EMBEDDER_TRAINING)/first/averaged.weights.h5 --peak-rate 1.2e-3
SAMPLE_PITCH_TRAINING := build/sample-pitch
INSTRUMENT_TRAINING := build/instruments
SCHEDULERS := airflow prefect dagster
WANTED_airflow := apache-airflow>=3.0,<4
WANTED_prefect := prefect>=3.4,<4
WANTED_dagster := dagster>=1.11,<2
DEMO := data/demo/take.flac
DEMO_OUT := demo-out

.PHONY: demo test test-integrations check check-js check-image docs bench bench-pitch bench-embedders bench-converted bench-live bench-heads bench-search bench-notation bench-finetune bench-rebuild fuzz train-pitch train-embedder train-sample-pitch train-instruments train-exercises constraints clean

demo: $(STAMP)
	@mkdir -p $(DEMO_OUT)
	@$(BIN)/swara analyze $(DEMO) --tonic 'C#3' --no-history --report $(DEMO_OUT)/report.html --plot $(DEMO_OUT)/plot.png

test: $(DEV_STAMP)
	$(BIN)/python -m pytest -n auto

# What weighs too much for every run of the tests: MLflow, whose tables take 8 s to make; Ray, two nodes of which
# take a minute; a server that speaks S3; music21, 114 MB; and three schedulers, each in an environment of its own, as they
# do not agree on what they need.
test-integrations: $(DEV_STAMP) $(SCHEDULERS:%=build/integrations/%/.installed)
	$(PIP) install -q -c constraints.txt -e '.[mlflow,cloud,ray]' 'moto[server]>=5' 'music21>=9' 'lxml>=5'
	$(BIN)/python -m pytest tests/service/training/test_tracking.py tests/service/rebuild/test_many_machines.py tests/integrations

build/integrations/%/.installed: | $(VENV)/bin/python
	$(BIN)/python -m venv build/integrations/$*
	build/integrations/$*/bin/python -m pip --disable-pip-version-check install -q '$(WANTED_$*)'
	@touch $@

check: $(DEV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python .ci/count_pyright.py

# The page's JavaScript: types, style, and its own tests; needs node.
check-js: node_modules
	npm run --silent types
	npm run --silent lint
	npm run --silent unit

# Exact versions stand in package.json; a lock file would hold addresses.
node_modules: package.json
	npm install --no-package-lock --no-audit --no-fund --silent
	@touch $@

# What an image made of the Dockerfile would hold and weigh, where there is no docker to make it.
check-image: $(DEV_STAMP)
	$(BIN)/python .ci/check_image.py

# What docs/ has of generated pages and pictures; the tests say when it is to be run.
docs: $(DEV_STAMP)
	$(BIN)/python -m typer swara.cli utils docs --name swara --title 'The commands' --output docs/commands.md
	$(BIN)/python docs/images/draw.py
	$(BIN)/python docs/images/draw_augmentation.py

bench: $(DEV_STAMP)
	$(BIN)/python -m benchmarks

# Where the package index has torch with CUDA only, as on Linux on x86_64, this is gigabytes; a wheel for the
# CPU that is in the venv already, or in a folder that pip is told of (--find-links), is taken instead.
bench-pitch: $(BENCH_STAMP)
	$(BIN)/python -m benchmarks.pitch --jobs 2

# Needs fluidsynth and two soundfonts too (docs/evaluation.md); what is missing is left out, and the page says so.
bench-embedders: $(BENCH_STAMP)
	$(BIN)/python -m benchmarks.embedders

bench-converted: $(DEV_STAMP)
	$(BIN)/python -m benchmarks.converted

bench-live: $(DEV_STAMP)
	$(BIN)/python -m benchmarks.live

bench-heads: $(DEV_STAMP)
	$(BIN)/python -m benchmarks.heads

bench-search: $(DEV_STAMP)
	$(BIN)/python -m benchmarks.search

bench-notation: $(DEV_STAMP)
	$(BIN)/python -m benchmarks.notation

bench-finetune: $(DEV_STAMP)
	$(BIN)/python -m benchmarks.finetune

fuzz: $(DEV_STAMP)
	$(BIN)/python -m benchmarks.fuzz

bench-rebuild: $(DEV_STAMP)
	$(BIN)/python -m benchmarks.rebuild

# Most of a day on two cores, in 8 GB. Stopped, the long first step goes on from its newest checkpoint. With
# KERAS_BACKEND=jax that step can be run by itself on a GPU (docs/models/pitch.md).
train-pitch: $(DEV_STAMP)
	$(BIN)/python -m swara.classifier.pitch.training.train $(TRAINING)
	$(BIN)/python -m swara.classifier.pitch.training.fine_train $(TRAINING) $(TRAINING)/best.weights.h5
	$(BIN)/python -m swara.classifier.pitch.training.export $(TRAINING)/best.weights.h5 $(TRAINING)/fine.weights.h5
	$(BIN)/python -m swara.service.samples.bundled_tracks

# Some two hours of a core, a quarter of them rendering; needs fluidsynth, fluid-soundfont-gm,
# musescore-general-soundfont-small, sonivox.sf2 and the recordings of
# docs/evaluation.md. Each step goes on from where it was stopped.
train-embedder: $(DEV_STAMP)
	$(BIN)/python -m swara.embedder.training.render $(EMBEDDER_TRAINING) $(SWARA_EVAL_DATA)
	$(BIN)/python -m swara.embedder.training.train $(EMBEDDER_TRAINING) --run first --only fluidr3
	$(BIN)/python -m swara.embedder.training.train $(EMBEDDER_TRAINING) --run kinds-1 --seed 1 --keep-singers 30 $(KINDS)
	$(BIN)/python -m swara.embedder.training.train $(EMBEDDER_TRAINING) --run kinds-2 --seed 2 --keep-singers 10 $(KINDS)
	$(BIN)/python -m swara.embedder.training.export $(EMBEDDER_TRAINING)/kinds-1/averaged.weights.h5 $(EMBEDDER_TRAINING)/kinds-2/averaged.weights.h5

# Needs fluidsynth and its soundfont fluid-soundfont-gm.
train-sample-pitch: $(DEV_STAMP)
	$(BIN)/python -m swara.classifier.sample_pitch.training.train $(SAMPLE_PITCH_TRAINING)

# Needs fluidsynth, fluid-soundfont-gm, musescore-general-soundfont-small, sonivox.sf2
# and the recordings of docs/evaluation.md. Stopped, it goes on.
train-instruments: $(DEV_STAMP)
	$(BIN)/python -m swara.classifier.instruments.training.shipped $(INSTRUMENT_TRAINING) $(SWARA_EVAL_DATA)

# Without SWARA_EVAL_DATA, of synthesis alone.
train-exercises: $(DEV_STAMP)
	$(BIN)/python -m swara.classifier.exercises.training.shipped $(SWARA_EVAL_DATA)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "swara needs Python 3.11, 3.12 or 3.13: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(STAMP): pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install -q -c constraints.txt -e .
	@touch $@

$(DEV_STAMP): pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install -q -c constraints.txt -e '.[dev,tensorflow]'
	@touch $@ $(STAMP)

$(BENCH_STAMP): pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install -q -c constraints.txt -e '.[dev,tensorflow,bench]'
	@touch $@ $(STAMP) $(DEV_STAMP)

# The newest versions that fit; run the tests afterwards.
constraints:
	rm -rf $(VENV) && $(PYTHON) -m venv $(VENV)
	$(PIP) install -q -e '.[dev,tensorflow,mlflow,cloud,ray]'
	$(PIP) list --format=freeze --exclude-editable --exclude pip --exclude setuptools > constraints.txt

clean:
	rm -rf $(VENV) $(DEMO_OUT) build dist
