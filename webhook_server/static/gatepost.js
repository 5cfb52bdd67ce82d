// What pages need beside htmx: the form token on its requests, dialogs, menus, and error messages.
(() => {
  "use strict";

  const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRFToken"] = token();
  });

  // A part that could not be updated says so; the page stays as it was.
  const notify = (text, kind = "bad") => {
    const list = document.getElementById("toasts");
    if (!list) return;
    const item = document.createElement("div");
    item.className = `notice ${kind}`;
    item.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "plain";
    close.textContent = "Close";
    close.addEventListener("click", () => item.remove());
    item.append(" ", close);
    list.append(item);
  };
  document.addEventListener("htmx:responseError", (event) => {
    const { status, responseText } = event.detail.xhr;
    if (status === 401) return;
    const page = new DOMParser().parseFromString(responseText, "text/html");
    const message = page.querySelector(".answer, .notice.bad, h1")?.textContent?.trim();
    notify(message || `That did not work (${status}). Try again in a moment.`);
  });
  document.addEventListener("htmx:sendError", () => notify("Gatepost does not answer. Check the network connection."));
  window.gatepost = { notify };

  // On a phone the pages are a line that scrolls: it begins where one is.
  const pages = document.querySelector(".main-nav"), here = pages?.querySelector("[aria-current]");
  if (here) {
    const line = pages.getBoundingClientRect(), entry = here.getBoundingClientRect();
    pages.scrollLeft += entry.left + entry.width / 2 - line.left - line.width / 2;
  }

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    const closer = event.target.closest("[data-closes]");
    if (closer) closer.closest("dialog")?.close();
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    const copied = event.target.closest("[data-copies]");
    if (copied) {
      const source = document.getElementById(copied.dataset.copies);
      navigator.clipboard?.writeText(source?.textContent ?? "").then(() => { copied.textContent = "Copied"; });
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = document.querySelector("details.menu[open]");
      if (menu) { menu.open = false; menu.querySelector("summary")?.focus(); }
    }
    // "/" leads to the first filter of the page, unless an input has the focus.
    if (event.key === "/" && !event.target.closest("input, textarea, select, [contenteditable]")) {
      const first = document.querySelector(".filters input, .filters select");
      if (first) { event.preventDefault(); first.focus(); }
    }
  });

  // A chosen filter applies at once; a typed one applies with Enter.
  document.addEventListener("change", (event) => {
    if (event.target.matches(".filters select, .filters input[type=checkbox], select[data-submits]")) event.target.form.requestSubmit();
  });

  // A button cannot be pressed twice.
  document.addEventListener("submit", (event) => {
    if (event.target.method === "post" && !event.defaultPrevented) {
      setTimeout(() => event.target.querySelectorAll("button[type=submit]").forEach((one) => { one.disabled = true; }));
    }
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("button[disabled][type=submit]").forEach((one) => { if (!one.dataset.off) one.disabled = false; }));
})();
