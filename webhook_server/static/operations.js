// Refreshes the figures every some seconds while somebody looks, and says how fresh they are.
//   <div id="figures" hx-get="…" hx-trigger="gatepost:refresh" data-refreshes="5">
(() => {
  "use strict";

  const figures = document.getElementById("figures");
  const mark = document.getElementById("fresh");
  if (!figures || !mark) return;

  const every = Number(figures.dataset.refreshes) * 1000;
  // A page that nobody touches must not keep its session open for good.
  const WATCHED = 15 * 60 * 1000;
  let touched = Date.now();
  let fresh = Date.now();
  let asked = 0;
  let failed = false;
  let table = false;

  const due = () => !document.hidden && !document.querySelector("dialog[open]") && Date.now() - touched < WATCHED;

  const refresh = () => {
    if (!due() || asked > Date.now() - 4 * every) return;
    asked = Date.now();
    table = document.getElementById("as-table")?.open ?? false;
    window.htmx.trigger(figures, "gatepost:refresh");
  };

  const clock = (moment) => moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });

  const tell = () => {
    const at = clock(new Date(fresh));
    const seconds = Math.round((Date.now() - fresh) / 1000);
    mark.classList.toggle("stale", failed);
    if (failed) mark.textContent = `Not refreshed since ${at}: Gatepost does not answer. It is tried again.`;
    else if (Date.now() - touched >= WATCHED) mark.textContent = `As of ${at}. Paused, because nobody has been here; press a key to go on.`;
    else mark.textContent = seconds < 2 ? `As of ${at}, just now` : `As of ${at}, ${seconds} seconds ago`;
  };

  figures.addEventListener("htmx:afterSwap", () => {
    asked = 0;
    fresh = Date.now();
    failed = false;
    const details = document.getElementById("as-table");
    if (details && table) details.open = true;
    tell();
  });
  // Told at the mark and not in a note for each try.
  for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    figures.addEventListener(name, (event) => {
      event.stopPropagation();
      asked = 0;
      failed = true;
      tell();
    });
  }
  for (const name of ["pointerdown", "keydown", "pointermove"]) {
    document.addEventListener(name, () => {
      const slept = Date.now() - touched >= WATCHED;
      touched = Date.now();
      if (slept) refresh();
    }, { passive: true });
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
  setInterval(refresh, every);
  setInterval(tell, 1000);
  tell();
})();
