# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
COLLECTIONS := $(CURDIR)/.cache/collections
DOCS := .cache/docs-environment
TREE := $(COLLECTIONS)/ansible_collections/stackone/onboarding
EE := .cache/ee/.ready

export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export ANSIBLE_COLLECTIONS_PATH := $(COLLECTIONS)

.DEFAULT_GOAL := help
.PHONY: help environment demo sandbox test units lint sanity integration docs-lint docs bench bench-peers test-peers chaos clean browser browser-if-possible namespaces namespaces-if-possible ee report-picture

help: ## Show what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

environment: $(READY) $(TREE) ## Make the Python environment that all else uses

$(READY): demo/requirements.txt tests/requirements.txt tests/requirements-checks.txt tests/constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "$(PYTHON) is older than 3.11: name a newer one, as in make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Making $(VENV): some minutes, and half a gigabyte from PyPI."
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --requirement tests/requirements.txt --requirement tests/requirements-checks.txt --constraint tests/constraints.txt
	touch $@

$(TREE):
	mkdir -p $(dir $@)
	ln -sfn $(CURDIR) $@

demo: environment ## Onboard Azure DevOps against the sandbox, twice
	@$(RUN) demo/demo.py

sandbox: environment ## Serve Entra sign-in, Graph and StackOne on one loopback port until Ctrl-C
	@PYTHONPATH=tests $(RUN) -m sandbox $(OPTIONS)

# The units come last, so that the last line is pytest's own.
test: lint docs-lint sanity integration browser-if-possible namespaces-if-possible ee units ## Everything that must be green

bench: environment ## Requests and seconds of a first and a converged run, medians in one run
	@PYTHONPATH=tests $(RUN) -m bench $(OPTIONS)

bench-peers: environment ## The same job by this collection and by its peers, in one run (installs them)
	@PYTHONPATH=tests $(RUN) -m bench.peers $(OPTIONS)

test-peers: environment ## Azure CLI and Microsoft's Graph SDK against the sandbox (installs them)
	@PYTHONPATH=tests $(RUN) -m peers $(OPTIONS)

chaos: environment ## Break every request in every way and kill the run at each; lags, throttling, runs at once
	@PYTHONPATH=tests $(RUN) -m chaos $(OPTIONS)

units: environment ## Unit tests, and tests on the wire against the sandbox
	$(RUN) -m pytest --numprocesses 2 --quiet $(PYTEST)

lint: environment ## ruff, mypy and ansible-lint
	ruff check .
	ruff format --check .
	cd $(COLLECTIONS) && mypy --config-file $(CURDIR)/pyproject.toml -p ansible_collections.stackone.onboarding.plugins
	cd $(TREE) && ansible-lint

docs-lint: environment ## Documentation of modules, plugins and role; changelog
	cd $(TREE) && antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=self --disallow-unknown-collection-refs .
	antsibull-changelog lint

docs: $(TREE) $(DOCS)/.ready ## Build the site of how-tos and reference in docs/_build/html
	$(DOCS)/bin/python tests/tools/build_docs.py

$(DOCS)/.ready: docs/docsite/requirements.txt tests/constraints.txt
	$(PYTHON) -m venv $(DOCS)
	$(DOCS)/bin/python -m pip install --quiet --disable-pip-version-check --requirement docs/docsite/requirements.txt --constraint tests/constraints.txt
	touch $@

sanity: environment ## ansible-test sanity, without ignore files
	$(RUN) tests/tools/run_ansible_test.py sanity

integration: environment ## ansible-test integration against the sandbox, the module way and the twin way
	$(RUN) tests/tools/run_ansible_test.py integration

browser: ## Install Chromium, which looks at the report's page in tests (Debian, as root)
	apt-get -o DPkg::Lock::Timeout=300 -qq update
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq --no-install-recommends \
	    install chromium fonts-dejavu-core >/dev/null

# Where there is none and none can be had, these tests are skipped and pytest says so at its end; in
# CI they fail.
browser-if-possible:
	@command -v chromium >/dev/null || [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || \
	    $(MAKE) browser || echo "Chromium could not be installed."

namespaces: ## Install iproute2, with which tests keep the workers of job slices apart (Debian, as root)
	apt-get -o DPkg::Lock::Timeout=300 -qq update
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq --no-install-recommends \
	    install iproute2 >/dev/null

# Where there can be none, that test is skipped and pytest says so at its end.
namespaces-if-possible:
	@command -v ip >/dev/null || [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || \
	    $(MAKE) namespaces || echo "iproute2 could not be installed."

ee: environment $(EE) ## What ansible-builder and ansible-navigator make of the collection (installs them)
	$(RUN) -m pytest --quiet tests/ee

$(EE): tests/ee/requirements.txt
	$(PYTHON) -m venv --clear .cache/ee
	.cache/ee/bin/python -m pip install --quiet --disable-pip-version-check --requirement tests/ee/requirements.txt
	touch $@

report-picture: environment ## Make the picture of a report for the README anew, and the tests' sample
	@PYTHONPATH=tests $(RUN) -m browser.picture

# -- releases

VERSION := $(shell sed -n 's/^version: //p' galaxy.yml)
TARBALL := build/stackone-onboarding-$(VERSION).tar.gz
RELEASE_READY := $(VENV)/.ready-release

.PHONY: release-check release-tools tarball check-tarball collection-checks importer workflows-lint matrix coverage lock sbom changelog

release-check: lint docs-lint sanity check-tarball collection-checks importer workflows-lint sbom ## Everything that is checked before a release, beside "test" and "matrix"

release-tools: environment $(RELEASE_READY)

$(RELEASE_READY): tests/requirements-release.txt tests/constraints.txt $(READY)
	$(RUN) -m pip install --quiet --disable-pip-version-check --requirement tests/requirements-release.txt --constraint tests/constraints.txt
	touch $@

tarball: environment ## Build the collection
	ansible-galaxy collection build --force --output-path build

check-tarball: tarball ## What is in the tarball; it installs offline into an empty environment, and its demo runs
	$(RUN) tests/tools/check_tarball.py $(TARBALL)

collection-checks: release-tools ## antsibull-nox: lint, docs-check, license-check, extra-checks
	nox --sessions formatters codeqa yamllint antsibull-nox-config docs-check license-check extra-checks

importer: release-tools ## antsibull-nox: build-import-check, which is galaxy-importer on the tarball
	nox --sessions build-import-check

workflows-lint: release-tools ## The GitHub workflows by their schema
	check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml

matrix: release-tools ## Unit tests, tests on the wire and integration on every supported core; skips a missing Python
	nox --sessions "core$(if $(SESSION),($(SESSION)))" $(if $(PYTEST),-- $(PYTEST))

coverage: release-tools ## Lines of plugins/ that the tests on the wire run, by twin and by module; 95 % or it fails
	$(RUN) -m pip install --quiet --disable-pip-version-check coverage --constraint tests/constraints.txt
	$(RUN) tests/tools/measure_coverage.py $(OPTIONS)

lock: release-tools ## Write tests/constraints.txt and demo/requirements-lock.txt anew; OPTIONS=--upgrade takes newer ones
	$(RUN) tests/tools/lock.py $(OPTIONS)

sbom: release-tools ## CycloneDX: what runs with the collection, the demo, and the environment of tests
	$(RUN) tests/tools/sbom.py

changelog: environment ## Make the fragments in changelogs/fragments the release that galaxy.yml names
	cd $(TREE) && antsibull-changelog release

clean: ## Remove what was made here
	rm -rf $(VENV) .cache .nox build
