// The description of the API: the search field shows what has all of its words.
"use strict";
(() => {
  const field = document.getElementById("docs-find");
  if (!field) return;
  const sections = [...document.querySelectorAll(".operation")].map((one) => [one, one.textContent.toLowerCase()]);
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const hidden = new Set();
    for (const [section, text] of sections) {
      section.hidden = !words.every((word) => text.includes(word));
      if (section.hidden) hidden.add(`#${section.id}`);
    }
    for (const link of document.querySelectorAll(".docs-nav li a")) link.parentElement.hidden = hidden.has(link.getAttribute("href"));
  });
})();
