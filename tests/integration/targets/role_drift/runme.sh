#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later

set -eu

export ANSIBLE_ROLES_PATH=..

play() {
    echo "== $*"
    ansible-playbook --inventory ../setup_sandbox/files/inventory.yml --extra-vars @../../integration_config.yml "$@"
}

play drift.yml "$@"
play check_drift.yml --check "$@"
play repair.yml "$@"
