// The command palette: Ctrl+K (or the button in the head) finds measures, people, pages and actions by a few letters.
(() => {
  "use strict";
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const input = dialog.querySelector("input");
  const list = dialog.querySelector("[role=listbox]");
  const said = dialog.querySelector("[role=status]");
  let chosen = -1;
  let asked = 0;

  const options = () => [...list.querySelectorAll("[role=option]")];
  const choose = (at) => {
    const all = options();
    chosen = all.length ? (at + all.length) % all.length : -1;
    all.forEach((one, index) => one.setAttribute("aria-selected", String(index === chosen)));
    if (chosen >= 0) { input.setAttribute("aria-activedescendant", all[chosen].id); all[chosen].scrollIntoView({ block: "nearest" }); }
    else input.removeAttribute("aria-activedescendant");
  };
  const show = (items) => {
    list.replaceChildren(...items.map((item, index) => {
      const option = document.createElement("div");
      option.id = `palette-${index}`;
      option.setAttribute("role", "option");
      option.dataset.href = item.href;
      const label = document.createElement("span");
      label.textContent = item.label;
      const detail = document.createElement("span");
      detail.className = "muted";
      detail.textContent = item.detail;
      option.append(label, detail);
      return option;
    }));
    said.textContent = items.length ? "" : "Nothing is called so.";
    choose(items.length ? 0 : -1);
  };
  const ask = async () => {
    const mine = ++asked;
    try {
      const answer = await fetch(`${dialog.dataset.source}?q=${encodeURIComponent(input.value.trim())}`, { headers: { Accept: "application/json" } });
      if (mine !== asked) return;
      if (answer.ok && answer.headers.get("Content-Type")?.includes("json")) show((await answer.json()).items);
      else said.textContent = "That could not be looked up. Reload the page and try again.";
    } catch { said.textContent = "Gatepost does not answer. Check the network connection."; }
  };
  const open = () => { if (dialog.open) return; input.value = ""; dialog.showModal(); input.focus(); ask(); };
  const go = (option) => { if (option) { dialog.close(); location.assign(option.dataset.href); } };

  let waits;
  input.addEventListener("input", () => { clearTimeout(waits); waits = setTimeout(ask, 120); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") { event.preventDefault(); choose(chosen + 1); }
    if (event.key === "ArrowUp") { event.preventDefault(); choose(chosen - 1); }
    if (event.key === "Enter") { event.preventDefault(); go(options()[chosen]); }
  });
  list.addEventListener("click", (event) => go(event.target.closest("[role=option]")));
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && !event.target.closest(".cm-editor")) { event.preventDefault(); open(); }
  });
  document.querySelector("[data-palette]")?.addEventListener("click", open);
})();
