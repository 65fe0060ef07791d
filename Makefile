# Set the course up, open it, prove it. Every target first builds the environment that it needs.
#
#   make env                 the environment alone
#   make lab                 JupyterLab, with copies of the notebooks to work in under my/
#   make test                everything: style, helpers, every number in every notebook
#   make notebooks           run the notebooks and store their outputs (their only producer)
#   make reset EXERCISE=01.4 start an exercise afresh, or a notebook: BOOK=01; a backup stays
#   make watch               name the first open exercise of each notebook that is saved in my/
#   make grade BOOK=my/00_tensors.ipynb
#   make class FOLDER=submissions OUT=grades
#   make handout OUT=handout.zip     what a class is given, without solutions
#   make lengths             how long the notebooks are
#   make mutants             break the package in hundreds of ways: do its tests notice?
#   make bench               measure the speed, half an hour on a machine that does nothing else
#   PYTHON=/some/python make test    use that interpreter as it is and install nothing
#   COURSE_DEVICE=cuda make test     run everything on a GPU

.DEFAULT_GOAL := help
.PHONY: help env lab watch reset test notebooks grade class handout lengths mutants bench
.SUFFIXES:

BOOKS := $(wildcard notebooks/*.ipynb)
SOLUTIONS := $(wildcard notebooks/solutions/*.ipynb)

# Let Python keep what it compiled: a kernel then starts in less than half the time.
unexport PYTHONDONTWRITEBYTECODE

# OpenMP's threads are to sleep while they wait, or a second busy program makes training crawl.
# GNU's, in PyTorch for Linux, look around for a moment first: sleeping at once costs a third more.
export OMP_WAIT_POLICY ?= PASSIVE
export GOMP_SPINCOUNT ?= 10000
# What is proved runs on one thread: nothing then waits for a core that another program holds.
test notebooks: export OMP_NUM_THREADS ?= 1
# The tests run two files at a time instead. WORKERS=0 runs them in one process, to debug.
WORKERS ?= 2

# Kernels come from this interpreter, not from one that the user registered elsewhere.
export JUPYTER_PREFER_ENV_PATH := 1

ifeq ($(origin PYTHON), undefined)
PYTHON := .venv/bin/python
# Named after the folder: an environment that was moved or copied points to the old place.
READY := .venv/ready-$(shell pwd | cksum | cut -d ' ' -f 1)
# A Python that was upgraded or removed leaves a .venv that does not start: build it again.
$(shell $(PYTHON) -c "" 2>/dev/null || rm -f $(READY))
else
READY :=
export PYTHONPATH := $(CURDIR)$(if $(PYTHONPATH),:$(PYTHONPATH))
endif

help:
	@sed -n '3,16s/^# *//p' Makefile

env: $(READY)

.venv/ready-%: requirements.txt pyproject.toml
	@for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	    $$python -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null \
	        && exec $$python -m venv --clear .venv; \
	done; \
	echo "The course needs Python 3.11 or newer on the PATH; python3 is: $$(python3 --version 2>&1)" >&2; exit 1
	$(PYTHON) -m pip install --quiet --disable-pip-version-check uv
	$(PYTHON) -m uv pip install --python $(PYTHON) -r requirements.txt -e .
	@touch $@

# A learner's copies, without outputs, made once and never overwritten: all that they are made
# from stands behind the bar, so that a pull or a new environment does not make them anew.
my/%.ipynb: | $(READY) notebooks/%.ipynb
	@$(PYTHON) -m nbconvert --ClearOutputPreprocessor.enabled=True --to notebook \
	    --output-dir my --log-level WARN $(filter %.ipynb,$|)

lab: $(READY) $(BOOKS:notebooks/%=my/%)
	$(PYTHON) -m torch_course.data
	JUPYTER_CONFIG_PATH="$(CURDIR)/lab$(if $(JUPYTER_CONFIG_PATH),:$(JUPYTER_CONFIG_PATH))" \
	    $(PYTHON) -m jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) $(LAB_ARGS)

watch: $(READY)
	@$(PYTHON) -m tools.watch

reset: $(READY)
	@$(PYTHON) -m tools.reset $(if $(EXERCISE),--exercise "$(EXERCISE)") $(if $(BOOK),--book "$(BOOK)")

test: $(READY)
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m pytest -n $(WORKERS) --dist loadfile $(PYTEST_ARGS)

# What a cell prints arrives in pieces, split at random: store it as one.
MERGE := --Exporter.preprocessors=nbconvert.preprocessors.CoalesceStreamsPreprocessor
# An announced error is stored by name and message: its traceback would name this machine's files.
BRIEF := '--ExecutePreprocessor.extra_arguments=["--InteractiveShell.xmode=Minimal"]'

notebooks: export COURSE_LIVE := 0
notebooks: export COURSE_DEVICE := cpu
notebooks: $(READY)
	$(PYTHON) -m torch_course.data
	for book in $(BOOKS) $(SOLUTIONS); do \
	    $(PYTHON) -m nbconvert --to notebook --execute --inplace --log-level WARN \
	        --ExecutePreprocessor.record_timing=False $(MERGE) $(BRIEF) \
	        --ExecutePreprocessor.kernel_name=python3 \
	        "$$book" || exit 1; \
	done
	$(PYTHON) -m tools.readme_figure
	$(PYTHON) -m tools.course_map
	$(PYTHON) -m tools.loop_drawing

grade: $(READY)
	@$(if $(BOOK),,$(error Say which notebook: make grade BOOK=my/00_tensors.ipynb))
	@$(PYTHON) -m tools.grade "$(BOOK)" $(GRADE_ARGS)

class: $(READY)
	@$(if $(FOLDER),,$(error Say which folder: make class FOLDER=submissions OUT=grades))
	@$(PYTHON) -m tools.classroom "$(FOLDER)" --out "$(or $(OUT),grades)" $(GRADE_ARGS)

handout: $(READY)
	@$(PYTHON) -m tools.handout $(OUT)

lengths: $(READY)
	@$(PYTHON) -m tools.lengths

mutants: $(READY)
	$(PYTHON) -m tools.mutants $(MUTANTS)

# The frameworks to compare with are no part of the course: its own packages keep their versions.
bench: $(READY)
	$(if $(READY),$(PYTHON) -m uv pip install --python $(PYTHON) -c requirements.txt -e ".[bench]")
	$(PYTHON) -m benchmarks $(TABLES)
