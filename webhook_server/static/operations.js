// Refreshes the figures every few seconds while the page is in use, and shows how old they are.
//   <div id="figures" hx-get="…" hx-trigger="gatepost:refresh" data-refreshes="5">
(() => {
  "use strict";

  const figures = document.getElementById("figures");
  const label = document.getElementById("freshness");
  if (!figures || !label) return;

  const every = Number(figures.dataset.refreshes) * 1000;
  // An unused page must not keep its session open for ever.
  const IDLE_AFTER = 15 * 60 * 1000;
  let usedAt = Date.now();
  let refreshedAt = Date.now();
  let requestedAt = 0;
  let failed = false;
  let table = false;

  const due = () => !document.hidden && !document.querySelector("dialog[open]") && Date.now() - usedAt < IDLE_AFTER;

  const refresh = () => {
    if (!due() || requestedAt > Date.now() - 4 * every) return;
    requestedAt = Date.now();
    table = document.getElementById("as-table")?.open ?? false;
    window.htmx.trigger(figures, "gatepost:refresh");
  };

  // As the server writes every time of the page, in its reader's zone and language.
  const shownTime = () => figures.querySelector("[data-as-of-text]")?.dataset.asOfText ?? "";

  const showAge = () => {
    const at = shownTime();
    const seconds = Math.round((Date.now() - refreshedAt) / 1000);
    label.classList.toggle("stale", failed);
    if (failed) label.textContent = `Not refreshed since ${at}: Gatepost does not answer. Trying again.`;
    else if (Date.now() - usedAt >= IDLE_AFTER) label.textContent = `As of ${at}. Paused because the page was not used; press a key to continue.`;
    else label.textContent = seconds < 2 ? `As of ${at}, just now` : `As of ${at}, ${seconds} seconds ago`;
  };

  figures.addEventListener("htmx:afterSwap", () => {
    requestedAt = 0;
    refreshedAt = Date.now();
    failed = false;
    const details = document.getElementById("as-table");
    if (details && table) details.open = true;
    showAge();
  });
  // Shown at the label and not in a notice for each attempt.
  for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    figures.addEventListener(name, (event) => {
      event.stopPropagation();
      requestedAt = 0;
      failed = true;
      showAge();
    });
  }
  for (const name of ["pointerdown", "keydown", "pointermove"]) {
    document.addEventListener(name, () => {
      const wasIdle = Date.now() - usedAt >= IDLE_AFTER;
      usedAt = Date.now();
      if (wasIdle) refresh();
    }, { passive: true });
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
  setInterval(refresh, every);
  setInterval(showAge, 1000);
  showAge();
})();
