// SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
// SPDX-License-Identifier: GPL-3.0-or-later
"use strict";
(() => {
  const table = document.getElementById("connectors");
  if (!table) return;
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const said = document.querySelector(".said");
  const tiles = [...document.querySelectorAll("[data-show]")];
  const find = document.getElementById("find");

  const keyOf = (row, column) => row.cells[column].dataset.sort;
  const order = new Intl.Collator("en", { numeric: true }).compare;

  const sortBy = (column) => {
    const head = heads[column];
    const descending = head.getAttribute("aria-sort") === "ascending";
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const rows = [...body.rows].sort((a, b) => order(keyOf(a, column), keyOf(b, column)));
    body.append(...(descending ? rows.reverse() : rows));
    said.textContent = `Sorted by ${head.textContent.trim()}, ${head.getAttribute("aria-sort")}`;
  };

  const show = () => {
    const states = tiles.filter((tile) => tile.getAttribute("aria-pressed") === "true");
    const wanted = new Set(states.map((tile) => tile.dataset.show));
    const words = find.value.trim().toLowerCase();
    const fits = (item, text) =>
      (!wanted.size || wanted.has(item.dataset.state)) && text.toLowerCase().includes(words);
    let count = 0;
    for (const row of body.rows) {
      row.hidden = !fits(row, row.textContent);
      count += row.hidden ? 0 : 1;
    }
    for (const lane of document.querySelectorAll(".lanes > li")) {
      lane.hidden = document.getElementById(lane.dataset.row).hidden;
    }
    said.textContent = count === body.rows.length ? "" : `${count} of ${body.rows.length} shown`;
  };

  heads.forEach((head, column) =>
    head.querySelector("button").addEventListener("click", () => sortBy(column)));
  for (const tile of tiles) {
    tile.addEventListener("click", () => {
      tile.setAttribute("aria-pressed", String(tile.getAttribute("aria-pressed") !== "true"));
      show();
    });
  }
  find.addEventListener("input", show);
  find.parentElement.hidden = body.rows.length < 8;

  // Paper cannot be clicked, so all warnings are unfolded on it; they say what the table folds away.
  const more = document.querySelector(".more:not([open])");
  addEventListener("beforeprint", () => more?.setAttribute("open", ""));
  addEventListener("afterprint", () => more?.removeAttribute("open"));
})();
