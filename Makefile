# Every verb a newcomer needs. `make help` lists them.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
ARGS   ?=

# an image that sets it makes each process compile all it imports: a process of the tests 5 s, each program they start 0.2 s
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run native test lowest older stock check format bench tip engine scale soak month chaos histories fuzz mutants lock proto clean

help: ## list the verbs
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: $(STAMP) ## create the virtual environment and install the pinned dependencies

$(STAMP): requirements/dev.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "Backbeat needs Python 3.11 or newer; set PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

run: setup ## PostgreSQL, a simulated chain, the indexer, the jobs and the status page
	@exec $(BIN)/backbeat up $(ARGS)

native: setup ## build the reader of blocks in C and install it (needs a C compiler); nothing else depends on it
	@command -v $${CC:-cc} >/dev/null 2>&1 || { echo "The reader of blocks needs a C compiler (Debian: gcc); Backbeat works without it" >&2; exit 1; }
	rm -rf native/build native/dist
	CFLAGS=-Werror $(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir native/dist ./native
	$(BIN)/python -m pip install --quiet --no-deps --force-reinstall native/dist/*.whl
	@$(BIN)/python -c "from backbeat.chain.native import installed_reader; assert installed_reader()"

# Debian 12's postgresql-15 with the configuration that it ships: the passes on it are skipped where it is not installed
STOCK     ?= /usr/lib/postgresql/15/bin
IS_STOCK  := $(wildcard $(STOCK)/postgres)
NO_STOCK  := skipped: what a stock PostgreSQL 15 says, there is no $(STOCK)/postgres (Debian: postgresql-15)
# what an older server may answer otherwise: the planner, SQL and its functions, the schema, what is written and derived
NOT_OLDER := $(addprefix tests/integration/,chain cli jobs simulator web)
OLDER     := $(filter-out $(NOT_OLDER) %.py %__pycache__,$(wildcard tests/integration/*)) \
              $(addprefix tests/integration/,jobs/test_accounting.py simulator/test_consequences.py)
# on 16 how servers are placed and schemas made, and all of the above where no stock server was asked
ON_16     := $(if $(IS_STOCK),$(addprefix tests/integration/,db schema),$(OLDER))
# one more than processors are wanted: a test waits for its server, or for what a trial keeps from it
WORKERS   ?= 3
PYTEST    := $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal -q

test: setup ## everything: lint, types, layers, SQL, every test on PostgreSQL 18; what may differ on 16 and a stock 15
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target check older
	$(PYTEST) $(ARGS)

older: setup # apart from check, which leaves a processor idle; 5: nothing of it was chosen by ARGS
ifdef IS_STOCK
	BACKBEAT_TEST_POSTGRES=$(STOCK) BACKBEAT_TEST_AS_SHIPPED=1 BACKBEAT_TEST_DEPTH=brief \
	$(PYTEST) -m "not version_free and not newest" $(OLDER) $(ARGS) || [ $$? -eq 5 ]
else
	@echo "$(NO_STOCK)"
endif
	BACKBEAT_TEST_POSTGRES=16 BACKBEAT_TEST_DEPTH=brief \
	$(PYTEST) -m "not version_free and not newest" $(ON_16) $(ARGS) || [ $$? -eq 5 ]

stock: setup ## what make test asks and more (deaths, rivals, rules) on a distribution's PostgreSQL as it is shipped (STOCK=/its/bin)
	BACKBEAT_TEST_POSTGRES=$(STOCK) BACKBEAT_TEST_AS_SHIPPED=1 BACKBEAT_TEST_DEPTH=brief \
	$(PYTEST) -m "not version_free" $(OLDER) tests/conformance $(ARGS)

# what tests need is the newest that goes with them; older libraries warn of what was deprecated since
LOWEST := .venv-lowest
ON_LOWEST := $(BIN)/uv pip install --quiet --python $(LOWEST)/bin/python
lowest: setup ## the lowest versions that pyproject.toml allows: unit tests, a simulated chain up to its tip (ARGS="-k proto")
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(LOWEST)
	$(ON_LOWEST) --resolution lowest-direct --editable ".[embedded,parquet]"
	$(BIN)/uv pip freeze --python $(LOWEST)/bin/python | grep == > $(LOWEST)/versions.txt
	$(ON_LOWEST) --constraint $(LOWEST)/versions.txt --group test
	$(LOWEST)/bin/python -m pytest --numprocesses $(WORKERS) -q -p no:cacheprovider -W default tests/unit $(ARGS)
	$(LOWEST)/bin/backbeat up --data-dir $(LOWEST)/data --no-web --exit-at-tip

check: setup ## lint, format, types, layers, SQL, what core.proto generates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/unit/test_sql_files.py tests/unit/test_proto_is_current.py

format: setup ## apply the formatter and safe fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## the performance claims, side by side in one run (ARGS=--help)
	PYTHONPATH=tests $(BIN)/python -m bench $(ARGS)

engine: setup ## the engine at length: shared schedules, heavy jobs beside the block loop (half an hour)
	PYTHONPATH=tests $(BIN)/python -m bench.workers --workers 2
	PYTHONPATH=tests $(BIN)/python -m bench.workers --workers 4
	PYTHONPATH=tests $(BIN)/python -m bench.lag_guard --svg docs/pictures/lag-guard.svg

tip: setup ## what a block costs at the tip, how soon a reward is seen, an idle hour (half an hour; ARGS="--before ../other/.venv/bin")
	@missed=0; for each in tip_cost tip_latency "tip_latency --rate 200 --busy" idle_cost; do \
		PYTHONPATH=tests $(BIN)/python -m bench.$$each $(ARGS) || missed=1; \
	done; exit $$missed

soak: setup ## an hour of churn at a high rate: drift, dead rows, memory, the change log (ARGS="--minutes 60 --rate 200")
	PYTHONPATH=tests $(BIN)/python -m bench.soak $(ARGS)

month: setup ## thirty days with every job on, in simulated time; the second time the program is down for three of them
	PYTHONPATH=tests $(BIN)/python -m bench.month --away 12 15 $(ARGS)

scale: setup ## challenges, the schedule, trending and scores on a made-up tenth of the main network, beside the old ways (an hour and a half, 30 GB)
	PYTHONPATH=tests $(BIN)/python -m bench.challenges_cost $(ARGS)
	PYTHONPATH=tests $(BIN)/python -m bench.schedule_cost $(ARGS)
	PYTHONPATH=tests $(BIN)/python -m bench.trending_ways --scale 0.1 $(ARGS)
	PYTHONPATH=tests $(BIN)/python -m bench.trending_ways $(ARGS)
	PYTHONPATH=tests $(BIN)/python -m bench.scores_ways $(ARGS)
	PYTHONPATH=tests $(BIN)/python -m bench.trending_lag --svg docs/pictures/trending-lag.svg $(ARGS)
	PYTHONPATH=tests $(BIN)/python -m bench.freshness_cost --svg docs/pictures/freshness-cost.svg $(ARGS)
	PYTHONPATH=tests $(BIN)/python -m bench --only capture_cost
	PYTHONPATH=tests $(BIN)/python -m bench.pruned

chaos: setup ## kills, outages and cuts at full length (the suite has shorter ones)
	BACKBEAT_CHAOS_KILLS=50 BACKBEAT_CHAOS_DATABASE_KILLS=10 BACKBEAT_CHAOS_OUTAGE_SECONDS=60 \
	BACKBEAT_CHAOS_SILENCE_SECONDS=20 BACKBEAT_TEST_DEPTH=long BACKBEAT_CHAOS_WORKER_KILLS=50 \
	$(BIN)/python -m pytest tests/chaos tests/integration/jobs/test_cuts.py tests/integration/derived/test_challenge_deaths.py -p no:cacheprovider $(ARGS)

histories: setup ## random histories, deaths and rivals: briefly on a stock 15, at length on PostgreSQL 16 and 18 (hours)
	@if [ -n "$(IS_STOCK)" ]; then $(MAKE) --no-print-directory stock; else echo "$(NO_STOCK)"; fi
	BACKBEAT_TEST_POSTGRES=16 BACKBEAT_TEST_DEPTH=long $(PYTEST) --timeout 3600 tests/integration tests/conformance $(ARGS)
	BACKBEAT_TEST_DEPTH=long $(PYTEST) --timeout 3600 tests/integration tests/conformance tests/unit $(ARGS)

fuzz: setup ## a million mutated transactions into a database (ARGS="--transactions 10000 --seed 2"; "--unguided")
	PYTHONPATH=tests $(BIN)/python -m fuzz $(ARGS)

mutants: setup ## small changes to the program, each of which should fail a test of its area (ARGS=--help; "--all" for every one)
	PYTHONPATH=tests nice -n 10 $(BIN)/python -m mutants $(ARGS)

lock: setup ## resolve the dependency ranges again and pin them
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra embedded pyproject.toml -o requirements/run.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra embedded --group dev pyproject.toml -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra embedded --extra parquet -c requirements/run.txt pyproject.toml -o requirements/parquet.txt

proto: setup ## generate what is read of core.proto
	$(BIN)/python -m backbeat.chain.proto.generate

clean: ## remove the virtual environment and local data
	rm -rf $(VENV) $(LOWEST) native/build native/dist .backbeat .mypy_cache .ruff_cache .pytest_cache .hypothesis
