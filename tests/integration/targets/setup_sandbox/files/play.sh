# shellcheck shell=bash
# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# To be sourced by a target whose playbooks run on the inventory beside this file.

set -eu

export ANSIBLE_ROLES_PATH=..

play() {
    echo "== $*"
    ansible-playbook --inventory ../setup_sandbox/files/inventory.yml --extra-vars @../../integration_config.yml "$@"
}
