// Shows how far an import has come while the browser waits for the answer to its form.
//   <form data-progress="/money/import/progress"><input name="job" value="…"> … <div class="progress" hidden><progress></progress><output></output></div></form>
(() => {
  "use strict";

  const EVERY = 500;

  const show = (form) => {
    const box = form.querySelector("[data-progress-box]");
    const bar = box.querySelector("progress");
    const label = box.querySelector("output");
    const job = encodeURIComponent(form.elements.job.value);
    box.hidden = false;
    label.textContent = "Sending the file";
    const ask = async () => {
      try {
        const answer = await fetch(`${form.dataset.progress}?job=${job}`, { headers: { Accept: "application/json" } });
        if (answer.status === 200) {
          const { step, done, total } = await answer.json();
          bar.max = Math.max(total, 1);
          bar.value = Math.min(done, total);
          label.textContent = total ? `${step}: ${done.toLocaleString()} of ${total.toLocaleString()}` : step;
        }
      } catch {
        // The answer to the form says what went wrong.
      }
    };
    window.setInterval(ask, EVERY);
  };

  // A file that is dropped anywhere on the box is the chosen one.
  const input = document.getElementById("f-file");
  const box = input?.closest(".field");
  for (const name of ["dragover", "drop"]) {
    box?.addEventListener(name, (event) => {
      event.preventDefault();
      if (name === "drop" && event.dataTransfer.files.length) input.files = event.dataTransfer.files;
    });
  }
  for (const form of document.querySelectorAll("form[data-progress]")) form.addEventListener("submit", () => show(form));
})();
