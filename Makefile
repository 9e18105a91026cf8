# make run: the web chat on http://127.0.0.1:8080 · make test: the tests · make proof: the longer ones · make coverage: the tests, measured
# make mutants: whether the tests notice small changes to the code
PYTHON ?= python3
BIN := .venv/bin

# Compiled modules are kept even where the environment says otherwise: every process that a test starts would compile them anew.
export PYTHONDONTWRITEBYTECODE =

.PHONY: fuzz attack run test proof coverage mutants lint clean lock

run: .venv/.installed
	$(BIN)/youshu serve

test: .venv/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest --numprocesses 4

# What takes longer than a developer waits for: kills, day-long talks, many inputs.
proof: .venv/.tested
	$(BIN)/pytest --numprocesses 4 -m proof

# A million inputs, any bytes at all, for every entrance (tests/fuzz); some ten minutes of one core.
fuzz: .venv/.tested
	$(BIN)/python -m pip install --quiet --disable-pip-version-check atheris==3.0.0
	$(BIN)/python -m tests.fuzz

# What the HTTP surface says it takes and what it doesn't (docs/openapi.yaml), against `make run` in another window; bandit over the code.
attack: .venv/.tested
	$(PYTHON) -m venv .venv-attack
	.venv-attack/bin/pip install --quiet --disable-pip-version-check schemathesis==4.32.5 bandit==1.9.4
	.venv-attack/bin/bandit -c bandit.yaml -r bot intents -q
	.venv-attack/bin/schemathesis run docs/openapi.yaml --url http://127.0.0.1:8080 --max-examples 60 --seed 17 --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance

# The same tests measured, held to the floor in pyproject.toml; the tracer makes them half as slow again.
coverage: .venv/.tested
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --numprocesses 4
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# Whether the tests of a room notice small changes to its code (docs/mutants.md): make mutants ROOM=crisis SEED=17 N=60
mutants: .venv/.tested
	$(BIN)/python -m benchmarks.mutants $(ROOM) $(if $(SEED),--seed $(SEED)) $(if $(N),--number $(N))

lint: .venv/.tested
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "有数需要 Python 3.11 或更新的版本；请运行 make PYTHON=python3.11 run")'
	$(PYTHON) -m venv .venv

# compat: a path in place of an import hook, which every process would wait for.
.venv/.installed: .venv/bin/python requirements.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --config-settings editable_mode=compat -e .
	@touch $@

.venv/.tested: .venv/.installed requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	@touch $@

lock:
	uv pip compile pyproject.toml --extra postgresql --extra scale --universal --python-version 3.11 --no-emit-index-url --no-header -o requirements.lock
	uv pip compile pyproject.toml --extra postgresql --extra scale --group dev --universal --python-version 3.11 --no-emit-index-url --no-header -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf .venv .venv-attack build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*
