// Tables: sorted by any column, columns chosen, views kept by name, what is seen exported, cards on a phone.
// What is chosen stands in the address after #view=, so that a link shows another reader the same.
(() => {
  "use strict";
  const TOOLS_FROM = 6;
  const decimal = document.documentElement.dataset.decimal || ".";
  const tables = [];

  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const words = (cell) => {
    if (!cell) return "";
    const copy = cell.cloneNode(true);
    copy.querySelectorAll("dialog, [aria-hidden=true]").forEach((part) => part.remove());
    copy.querySelectorAll(".sr").forEach((part) => { if (!part.closest(".status-light")) part.remove(); else part.append(" "); });
    copy.querySelectorAll(".sub").forEach((part) => part.prepend(", "));
    return copy.textContent.replace(/\s+/g, " ").trim();
  };
  const numberIn = (text) => {
    const found = text.replace(/[−–]/g, "-").match(/-?[\d.,' \u00a0\u202f’]*\d\s?[KMB]?/);
    if (!found) return null;
    const scale = { K: 1e3, M: 1e6, B: 1e9 }[found[0].slice(-1)] || 1;
    const plain = [...found[0]].filter((letter) => /[\d-]/.test(letter) || letter === decimal).join("").replace(decimal, ".");
    const value = Number(plain);
    return Number.isFinite(value) ? value * scale : null;
  };
  const rank = { red: 0, amber: 1, grey: 2, green: 3 };
  const valueOf = (cell, numeric) => {
    if (!cell) return null;
    if (cell.dataset.sort) return numeric ? Number(cell.dataset.sort) : cell.dataset.sort;
    const time = cell.querySelector("time[datetime]");
    if (time) return time.getAttribute("datetime");
    const light = [...cell.querySelectorAll(".status-light")].map((one) => rank[one.classList[1]] ?? 2).join("");
    if (light) return light;
    return numeric ? numberIn(words(cell)) : words(cell).toLocaleLowerCase() || null;
  };

  class Table {
    constructor(wrap, index) {
      this.wrap = wrap;
      this.index = index;
      this.table = wrap.querySelector("table");
      this.heads = [...this.table.tHead.rows[0].cells];
      this.body = this.table.tBodies[0];
      this.rows = [...this.body.rows];
      this.sorted = null;
      this.hidden = new Set();
      this.names = this.heads.map(words);
    }
    get fixed() {
      return this.wrap.hasAttribute("data-fixed") || this.table.tBodies.length > 1 || this.rows.length < 2
        || this.rows.some((row) => row.cells.length > this.heads.length || row.querySelector("[rowspan]"));
    }
    label() {
      for (const row of [...this.rows, ...(this.table.tFoot?.rows ?? [])]) {
        let column = 0;
        for (const cell of row.cells) {
          if (!cell.dataset.name) cell.dataset.name = cell.colSpan > 1 ? "" : this.names[column] ?? "";
          // A card leaves out what is not there.
          if (column > 0 && ["–", ""].includes(words(cell)) && !cell.querySelector("a, button, input, img, svg, .status-light")) cell.dataset.none = "";
          column += cell.colSpan;
        }
      }
    }
    cellAt(row, column) {
      let at = 0;
      for (const cell of row.cells) { if (at === column) return cell; at += cell.colSpan; }
      return null;
    }
    offerSorting() {
      this.heads.forEach((head, column) => {
        if (!this.names[column] || head.querySelector("a, button") || head.colSpan > 1) return;
        const button = make("button", { type: "button", className: "sorter" }, ...head.childNodes, make("span", { className: "order" }));
        button.lastChild.setAttribute("aria-hidden", "true");
        button.addEventListener("click", () => { this.sort(column, this.sorted?.column === column ? !this.sorted.down : head.classList.contains("num")); keep(); });
        head.append(button);
      });
    }
    sort(column, down) {
      const numeric = this.heads[column]?.classList.contains("num");
      const value = new Map(this.rows.map((row) => [row, valueOf(this.cellAt(row, column), numeric)]));
      const ordered = [...this.rows].sort((one, other) => {
        const [a, b] = [value.get(one), value.get(other)];
        // What is not there comes last, whichever way.
        if (a === null || b === null) return (a === null) - (b === null);
        const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true });
        return down ? -order : order;
      });
      this.body.append(...ordered);
      this.sorted = { column, down };
      this.heads.forEach((head, at) => {
        if (at === column) head.setAttribute("aria-sort", down ? "descending" : "ascending"); else head.removeAttribute("aria-sort");
        const mark = head.querySelector("button.sorter .order");
        if (mark) mark.textContent = at === column ? (down ? "↓" : "↑") : "";
      });
    }
    hide(column, away) {
      if (away) this.hidden.add(column); else this.hidden.delete(column);
      this.heads[column].hidden = away;
      for (const row of [...this.rows, ...(this.table.tFoot?.rows ?? [])]) {
        const cell = this.cellAt(row, column);
        if (cell && cell.colSpan === 1) cell.hidden = away;
      }
    }
    seen() {
      const columns = this.names.map((_, column) => column).filter((column) => !this.hidden.has(column) && !this.heads[column].classList.contains("actions-cell"));
      const lines = [columns.map((column) => this.names[column])];
      for (const row of this.body.rows) if (!row.hidden) lines.push(columns.map((column) => words(this.cellAt(row, column))));
      return lines;
    }
    export() {
      // A cell that begins like a formula stays text in a spreadsheet.
      const safe = (text) => (/^[=+@\t]/.test(text) || (/^-/.test(text) && numberIn(text) === null) ? `'${text}` : text);
      const csv = this.seen().map((line) => line.map((text) => `"${safe(text).replaceAll('"', '""')}"`).join(",")).join("\r\n");
      const link = make("a", { href: URL.createObjectURL(new Blob([`\ufeff${csv}`], { type: "text/csv" })), download: `${this.table.caption?.textContent || "table"}.csv` });
      document.body.append(link);
      link.click();
      setTimeout(() => { URL.revokeObjectURL(link.href); link.remove(); });
    }
    tools(first) {
      const columns = make("div", { className: "menu-list tool-list" });
      this.names.forEach((name, column) => {
        if (!name || column === 0) return;
        const box = make("input", { type: "checkbox", checked: !this.hidden.has(column) });
        box.addEventListener("change", () => { this.hide(column, !box.checked); keep(); });
        columns.append(make("label", { className: "check" }, box, name));
      });
      const save = make("button", { type: "button", className: "button small", textContent: "Export what is seen" });
      save.addEventListener("click", () => this.export());
      const bar = make("div", { className: "table-tools" }, menu("Columns", columns), save);
      if (first) bar.prepend(views());
      this.wrap.before(bar);
    }
  }

  const menu = (title, list) => {
    const summary = make("summary", { className: "button small" }, title);
    return make("details", { className: "menu tool" }, summary, list);
  };

  // Views: an address under a name, kept with the account, so that they are there on every machine.
  const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  const ask = async (address, form) => {
    const sent = form && { method: "POST", headers: { "X-CSRFToken": token() }, body: new URLSearchParams({ path: location.pathname, ...form }) };
    const answer = await fetch(address, sent);
    const found = await answer.json();
    if (!answer.ok) throw new Error(found.problem ?? "");
    return found;
  };
  const views = () => {
    const list = make("div", { className: "menu-list tool-list" });
    let all = [];
    const shown = (promise) => promise.then((found) => { all = found; fill(); }).catch((error) => window.gatepost?.notify(error.message || "The views could not be read. Try again."));
    const fill = () => {
      list.replaceChildren();
      for (const { name, address } of all) {
        const link = make("a", { href: address, textContent: name });
        link.addEventListener("click", () => setTimeout(() => location.reload()));
        const away = make("button", { type: "button", className: "plain", textContent: "Remove" });
        away.setAttribute("aria-label", `Remove the view ${name}`);
        away.addEventListener("click", () => shown(ask("/account/views/remove", { name })));
        list.append(make("div", { className: "view" }, link, away));
      }
      const name = make("input", { type: "text", maxLength: 60, required: true });
      name.setAttribute("aria-label", "Name of this view");
      name.placeholder = "Name of this view";
      const form = make("form", { className: "view" }, name, make("button", { type: "submit", className: "button small", textContent: "Keep" }));
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        shown(ask("/account/views", { name: name.value.trim(), address: location.pathname + location.search + location.hash }));
      });
      list.append(form);
    };
    fill();
    const details = menu("Views", list);
    // Asked for when somebody opens the menu, and not for every page.
    details.addEventListener("toggle", () => { if (details.open && !all.length) shown(ask(`/account/views?path=${encodeURIComponent(location.pathname)}`)); });
    return details;
  };

  // #view=0.s-3.h4.h5_1.s2 : of the first table, sorted down by column 3, without 4 and 5; of the second by column 2.
  const keep = () => {
    const parts = tables.map((one) => {
      const sort = one.sorted ? [`s${one.sorted.down ? "-" : ""}${one.sorted.column}`] : [];
      const rest = [...sort, ...[...one.hidden].map((column) => `h${column}`)];
      return rest.length ? [one.index, ...rest].join(".") : "";
    }).filter(Boolean);
    history.replaceState(null, "", parts.length ? `#view=${parts.join("_")}` : location.pathname + location.search);
  };
  const restore = () => {
    const [, view] = location.hash.match(/^#view=([\w.-]+)$/) ?? [];
    for (const part of view?.split("_") ?? []) {
      const [index, ...rest] = part.split(".");
      const one = tables.find((table) => table.index === Number(index));
      for (const word of one ? rest : []) {
        const column = Number(word.replace(/^[sh]-?/, ""));
        if (!(column in one.heads)) continue;
        if (word[0] === "h") one.hide(column, true); else one.sort(column, word[1] === "-");
      }
    }
  };

  const begin = (root) => {
    for (const wrap of root.querySelectorAll(".table-wrap")) {
      const table = wrap.querySelector("table");
      if (wrap.dataset.ready || !table?.tHead?.rows.length || !table.tBodies.length) continue;
      wrap.dataset.ready = "yes";
      const one = new Table(wrap, tables.length);
      one.label();
      if (one.heads.length > 2) wrap.classList.add("cards");
      if (one.fixed || table.tHead.rows.length > 1) continue;
      tables.push(one);
      one.offerSorting();
    }
  };
  begin(document);
  restore();
  let first = true;
  for (const one of tables) if (one.rows.length >= TOOLS_FROM && !one.wrap.closest("details, dialog")) { one.tools(first); first = false; }
  document.addEventListener("htmx:afterSwap", (event) => begin(event.target));

  // Several rows at once: the button says how many are chosen.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-chooses]") ?? document.querySelector(`form[id="${event.target.getAttribute("form")}"][data-chooses]`);
    if (!form) return;
    const boxes = [...document.querySelectorAll(`input[type=checkbox][name="${form.dataset.chooses}"]`)].filter((box) => box.form === form);
    if (event.target.hasAttribute("data-all")) boxes.forEach((box) => { box.checked = event.target.checked; });
    const count = boxes.filter((box) => box.checked).length;
    for (const button of form.querySelectorAll("[data-counts]")) {
      button.disabled = count === 0;
      button.dataset.off = count === 0 ? "yes" : "";
      button.textContent = button.dataset.counts.replace("#", count);
    }
  });
})();
