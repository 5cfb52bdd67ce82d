// The hierarchy of the portfolio: a row that was opened once is closed and opened again without a request.
(() => {
  "use strict";

  const under = (row) => {
    const depth = Number(row.dataset.depth);
    const rows = [];
    for (let next = row.nextElementSibling; next && Number(next.dataset.depth) > depth; next = next.nextElementSibling) rows.push(next);
    return rows;
  };

  const show = (row, open) => {
    const depth = Number(row.dataset.depth);
    const button = row.querySelector(".expand");
    button?.setAttribute("aria-expanded", String(open));
    let closed = Infinity;
    for (const one of under(row)) {
      const at = Number(one.dataset.depth);
      if (at <= closed) closed = Infinity;
      // What was closed below an opened row stays closed.
      one.hidden = !open || at > closed;
      if (at <= closed && one.querySelector('.expand[aria-expanded="false"]') && at > depth) closed = Math.min(closed, at);
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.expand");
    if (!button) return;
    const row = button.closest("tr");
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(open));
    if (under(row).length) show(row, open);
  });

  // The filters leave nothing empty in the address.
  document.addEventListener("htmx:configRequest", (event) => {
    if (!event.target.matches?.("form.filters")) return;
    const { formData, parameters } = event.detail;
    for (const name of [...(formData?.keys?.() ?? Object.keys(parameters))]) {
      if (!(formData?.get?.(name) ?? parameters[name])) { formData?.delete?.(name); delete parameters[name]; }
    }
  });
})();
