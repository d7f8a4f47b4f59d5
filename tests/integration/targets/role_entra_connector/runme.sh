#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later

set -eu

export ANSIBLE_ROLES_PATH=..

play() {
    echo "== $*"
    ansible-playbook --inventory ../setup_sandbox/files/inventory.yml --extra-vars @../../integration_config.yml "$@"
}

play run_and_again.yml "$@"
play several.yml "$@"
play connection.yml "$@"
play check_empty.yml --check --diff "$@"
