// A form whose answer comes line by line: each line is shown as it comes, with a count.
//   <form data-lines="id of the list" data-lines-count="id of the count" data-lines-noun="checks done">
(() => {
  "use strict";
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.lines) return;
    event.preventDefault();
    follow(form).catch(() => window.gatepost?.tell("The answer was broken off. Try again in a moment."));
  });

  async function follow(form) {
    const list = document.getElementById(form.dataset.lines);
    const count = document.getElementById(form.dataset.linesCount);
    const button = form.querySelector("button");
    const tell = (done, ended) => { count.textContent = `${done} ${form.dataset.linesNoun}${ended ? "." : " …"}`; };
    list.replaceChildren();
    button.disabled = true;
    try {
      tell(0, false);
      const headers = { Accept: "text/vnd.gatepost.lines" };
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers });
      if (!answer.ok) throw new Error(String(answer.status));
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        const lines = (rest + (value ?? "")).split("\n");
        rest = done ? "" : lines.pop();
        for (const line of lines) if (line.trim()) list.insertAdjacentHTML("beforeend", line);
        tell(list.children.length, done);
        if (done) return;
      }
    } finally {
      button.disabled = false;
    }
  }
})();
