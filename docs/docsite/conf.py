# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx: the how-tos in Markdown, and the reference that antsibull-docs writes."""

project = "stackone.onboarding"
copyright = "2026 The stackone.onboarding contributors"
title = "stackone.onboarding"
html_title = title
html_short_title = title

extensions = ["myst_parser", "sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
# The build writes the inventory, so that it needs no network.
intersphinx_mapping = {"ansible": ("https://docs.ansible.com/ansible/latest/", "ansible.inv")}
myst_heading_anchors = 3

pygments_style = "ansible"
highlight_language = "text"
html_theme = "sphinx_ansible_theme"
html_show_sphinx = False
html_use_index = False
html_copy_source = False
default_role = "any"
nitpicky = True
