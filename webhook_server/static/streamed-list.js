// A form whose answer arrives line by line: each line is shown as it arrives, with a count.
//   <form data-stream="id of the list" data-stream-count="id of the count" data-stream-noun="checks done">
(() => {
  "use strict";
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.stream) return;
    event.preventDefault();
    follow(form).catch(() => window.gatepost?.notify("The answer was interrupted. Try again in a moment."));
  });

  async function follow(form) {
    const list = document.getElementById(form.dataset.stream);
    const count = document.getElementById(form.dataset.streamCount);
    const button = form.querySelector("button");
    const showCount = (done, ended) => { count.textContent = `${done} ${form.dataset.streamNoun}${ended ? "." : " …"}`; };
    list.replaceChildren();
    button.disabled = true;
    try {
      showCount(0, false);
      const headers = { Accept: "text/vnd.gatepost.stream" };
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers });
      if (!answer.ok) throw new Error(String(answer.status));
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        const lines = (rest + (value ?? "")).split("\n");
        rest = done ? "" : lines.pop();
        for (const line of lines) if (line.trim()) list.insertAdjacentHTML("beforeend", line);
        showCount(list.children.length, done);
        if (done) return;
      }
    } finally {
      button.disabled = false;
    }
  }
})();
