#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later

. ../setup_sandbox/files/play.sh

play offboard.yml "$@"
