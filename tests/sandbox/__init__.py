# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A loopback stand-in for Microsoft Entra sign-in, Microsoft Graph and StackOne."""
