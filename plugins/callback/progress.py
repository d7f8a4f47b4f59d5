# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shows how far a fleet is, instead of a line for every task of every host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: stdout
short_description: Show how far a fleet of connectors is
version_added: 1.0.0
author:
  - The stackone.onboarding contributors (@StackOneHQ)
description:
  - On a terminal, the last lines show one bar over the hosts of the step that is under way, what
    each host is at, and what it waits for and how long. What has changed or failed, and all that
    Ansible says by itself, scrolls above.
  - Without a terminal, these are plain lines.
  - The end is a summary of which hosts have changed, which have not, and which have failed with
    the reason in one line.
  - What the modules of this collection wait for is known while they run in Ansible's own worker,
    which they do on a local connection. Of any other task it shows how long it has taken.
  - Results that are censored stay so, as with the default callback. With C(-v) results are shown
    in full, and so is what C(ansible.builtin.debug) says, always.
requirements:
  - set as stdout in configuration
notes:
  - The Python library C(rich) makes it prettier. It does without.
options:
  panel:
    description:
      - Whether the last lines of a terminal are used. With V(false) there are plain lines on a
        terminal as well.
    type: bool
    default: true
    env:
      - name: STACKONE_PROGRESS_PANEL
    ini:
      - section: stackone_progress
        key: panel
  rows:
    description: For how many hosts there is a line of their own on a terminal.
    type: int
    default: 6
    env:
      - name: STACKONE_PROGRESS_ROWS
    ini:
      - section: stackone_progress
        key: rows
  mention_wait_after:
    description: Seconds of waiting for the same thing after which a plain line says so.
    type: float
    default: 5
    env:
      - name: STACKONE_PROGRESS_MENTION_WAIT_AFTER
    ini:
      - section: stackone_progress
        key: mention_wait_after
"""

EXAMPLES = """
examples: |
  # In ansible.cfg:
  [defaults]
  stdout_callback = stackone.onboarding.progress

  [stackone_progress]
  panel = false
  mention_wait_after = 30
"""

import atexit
import sys
import threading
import time
from typing import Any

from ansible import constants as C
from ansible.playbook.task_include import TaskInclude
from ansible.plugins.callback import CallbackBase
from ansible.utils.color import ANSIBLE_COLOR

from ansible_collections.stackone.onboarding.plugins.plugin_utils._panel import Panel, printable
from ansible_collections.stackone.onboarding.plugins.plugin_utils._progress import Fleet, clock
from ansible_collections.stackone.onboarding.plugins.plugin_utils._waiting import Wait, open_channel

# Seconds: the panel's clocks go on by themselves, and a step that takes long is said to be so.
_TICK = 0.25
_LONG = 1.0


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "stackone.onboarding.progress"

    def __init__(self) -> None:
        super().__init__()
        self._fleet = Fleet(time.monotonic)
        self._panel: Panel | None = None
        self._includes: dict[str, int] = {}
        self._items: dict[tuple[str, str], str] = {}
        # Events come from two threads of Ansible's, and ticks from one of its own.
        self._lock = threading.RLock()
        self._ended = threading.Event()
        # Opened before a worker is forked, so that each has it.
        self._channel = open_channel()

    # What happens

    def v2_playbook_on_start(self, playbook: Any) -> None:
        if sys.stdout.isatty() and self.get_option("panel"):
            self._panel = Panel(colour=ANSIBLE_COLOR)
            atexit.register(self._close)
        threading.Thread(target=self._tick, daemon=True).start()

    def v2_playbook_on_play_start(self, play: Any) -> None:
        hosts = play.get_variable_manager().get_vars(play=play)["ansible_play_hosts"]
        with self._lock:
            self._fleet.play(hosts)
            if self._panel is not None:
                self._panel.rows = max(1, min(self.get_option("rows"), len(hosts)))
            mode = " (check mode)" if play.check_mode else ""
            count = f"{len(hosts)} host{'' if len(hosts) == 1 else 's'}"
            self._say(f"{play.get_name().strip()}: {count}{mode}")

    def v2_playbook_on_no_hosts_matched(self) -> None:
        self._say("No host matches", C.COLOR_SKIP)

    def v2_playbook_on_include(self, included_file: Any) -> None:
        """Its tasks are for these hosts only."""
        with self._lock:
            self._includes[included_file._task._uuid] = len(included_file._hosts)
            for host in included_file._hosts:
                self._fleet.end(host.get_name(), included_file._task._uuid)

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        with self._lock:
            self._begin_step(task)

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        self.v2_playbook_on_task_start(task, False)

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        with self._lock:
            self._begin_step(task)
            self._fleet.begin(host.get_name(), task._uuid)

    def v2_runner_on_ok(self, result: Any) -> None:
        changed = bool(result._result.get("changed")) and not isinstance(result._task, TaskInclude)
        with self._lock:
            self._fleet.end(_host(result), result._task._uuid, changed=changed)
            if not isinstance(result._task, TaskInclude):
                self._mention_step(self._fleet.mention(result._task._uuid))
            self._handle_warnings(result._result)
            if result._task.loop:
                self._process_items(result)  # they were shown one by one
            if self._run_is_verbose(result):
                self._tell(
                    result,
                    f"{'changed' if changed else 'ok'}: {self._dump_results(result._result)}",
                )
            elif changed:
                self._tell(result, "changed", C.COLOR_CHANGED)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        with self._lock:
            self._handle_warnings(result._result)
            if self._run_is_verbose(result):
                self._tell(result, self._dump_results(result._result))

    def v2_runner_item_on_failed(self, result: Any) -> None:
        with self._lock:
            self._items.setdefault((_host(result), result._task._uuid), _reason(result._result))

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._failed(result, "failed, and ignored" if ignore_errors else "failed", ignore_errors)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        ignored = bool(getattr(result._task, "ignore_unreachable", False))
        self._failed(result, "unreachable, and ignored" if ignored else "unreachable", ignored)

    def v2_runner_on_skipped(self, result: Any) -> None:
        with self._lock:
            self._fleet.end(_host(result), result._task._uuid)
            self._handle_warnings(result._result)

    def v2_runner_retry(self, result: Any) -> None:
        """A task with until: Ansible pauses before the next attempt."""
        left = result._result["retries"] - result._result["attempts"]
        what = f"another attempt, {left} left"
        with self._lock:
            self._fleet.wait(Wait(_host(result), what, float(result._task.delay or 0)))

    def v2_on_file_diff(self, result: Any) -> None:
        outcome = result._result
        results = outcome["results"] if result._task.loop and "results" in outcome else [outcome]
        for item in results:
            diff = self._get_diff(item["diff"]) if item.get("diff") and item.get("changed") else ""
            if diff:
                with self._lock:
                    self._tell(result, "differs")
                    self._say(diff, raw=True)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._close()
        summary = {host: stats.summarize(host) for host in sorted(stats.processed)}
        failed = [host for host, sums in summary.items() if sums["failures"] or sums["unreachable"]]
        changed = [host for host, sums in summary.items() if sums["changed"] and host not in failed]
        unchanged = len(summary) - len(failed) - len(changed)
        count = f"{len(summary)} host{'' if len(summary) == 1 else 's'}"
        self._say(
            f"{count} in {self._fleet.seconds:.1f} s: "
            f"{len(changed)} changed, {unchanged} unchanged, {len(failed)} failed",
            C.COLOR_ERROR if failed else C.COLOR_CHANGED if changed else C.COLOR_OK,
        )
        if changed:
            self._say(f"changed: {', '.join(changed)}", C.COLOR_CHANGED)
        for host in failed:
            self._say(f"failed: {host}: {self._fleet.reasons.get(host, '')}", C.COLOR_ERROR)

    # How it is shown

    def _begin_step(self, task: Any) -> None:
        hosts = 1 if task.run_once else self._hosts_of_include(task)
        self._fleet.step(task._uuid, _step_name(task), hosts)

    def _hosts_of_include(self, task: Any) -> int | None:
        """Of the innermost include that the task came with; None where it came with the play."""
        parent = task._parent
        while parent is not None:
            if parent._uuid in self._includes:
                return self._includes[parent._uuid]
            parent = getattr(parent, "_parent", None)
        return None

    def _failed(self, result: Any, how: str, ignored: bool) -> None:
        host, key = _host(result), result._task._uuid
        with self._lock:
            # That of a loop says only that some item has failed.
            reason = self._items.pop((host, key), None) or _reason(result._result)
            step = _step_name(result._task)
            self._fleet.fail(host, key, f"{step}: {reason}", counts=not ignored)
            self._handle_warnings(result._result)
            # The exception of a censored result has what is censored, since ansible-core 2.19.
            if self._display.verbosity >= 3 and "censored" not in result._result:
                self._handle_exception(result._result)
            if self._display.verbosity:
                reason = self._dump_results(result._result)
            self._tell(result, f"{how}: {reason}", C.COLOR_SKIP if ignored else C.COLOR_ERROR)

    def _mention_step(self, name: str) -> None:
        """Without a panel a step has a line, once something came of it, or it takes its time."""
        if name and self._panel is None:
            self._say(f"{clock(self._fleet.seconds)} {name}")

    def _tell(self, result: Any, text: str, colour: str | None = None) -> None:
        self._mention_step(self._fleet.mention(result._task._uuid))
        when = clock(self._fleet.seconds)
        self._say(f"{when} {_host(result)}: {_step_name(result._task)}: {text}", colour)

    def _say(self, text: str, colour: str | None = None, *, raw: bool = False) -> None:
        lines = [text] if raw else [printable(line) for line in text.split("\n")]
        self._display.display("\n".join(lines), color=colour)

    def _tick(self) -> None:
        after = self.get_option("mention_wait_after")
        while not self._ended.wait(_TICK):
            with self._lock:
                for wait in self._channel.told():
                    self._fleet.wait(wait)
                if self._panel is None:
                    for name in self._fleet.long_steps(_LONG):
                        self._mention_step(name)
                    for doing in self._fleet.long_waits(after):
                        when, waited = clock(self._fleet.seconds), self._fleet.waited(doing)
                        self._say(f"{when} {doing.host}: waits {waited} for {doing.waits_for}")
                elif not self._ended.is_set():
                    self._panel.show(self._fleet.view())

    def _close(self) -> None:
        with self._lock:
            self._ended.set()
            if self._panel is not None:
                self._panel.close()


def _host(result: Any) -> str:
    return str(result._host.get_name())


def _step_name(task: Any) -> str:
    """Without the role's name, which is the same for every step."""
    return str(task.get_name(include_role_fqcn=False)).rsplit(" : ", 1)[-1]


def _reason(result: Any) -> str:
    """In one line."""
    for name in _REASONS:
        lines = str(result.get(name) or "").strip().splitlines()
        if lines:
            return lines[0]
    return "no reason given"


_REASONS = ("msg", "censored", "module_stderr", "stderr")
