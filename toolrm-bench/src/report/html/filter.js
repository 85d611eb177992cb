// Shows of the pairs those that the form asks for. Without it all of them are there to be read.
(() => {
  "use strict";
  const form = document.getElementById("filter");
  if (!form) return;
  const shown = document.getElementById("shown");
  const pairs = Array.from(document.querySelectorAll("#pairs > details"));
  const texts = new Map();
  const textOf = (pair) => {
    if (!texts.has(pair)) texts.set(pair, pair.textContent.toLowerCase());
    return texts.get(pair);
  };
  const show = () => {
    const wanted = new FormData(form);
    const text = wanted.get("text").trim().toLowerCase();
    const keys = ["judge", "split", "error"].filter((key) => wanted.get(key));
    let count = 0;
    for (const pair of pairs) {
      const fits = keys.every((key) => pair.dataset[key] === wanted.get(key)) && (!text || textOf(pair).includes(text));
      pair.hidden = !fits;
      if (fits) count += 1;
    }
    shown.textContent = count + " of " + pairs.length + (pairs.length === 1 ? " pair" : " pairs");
  };
  form.addEventListener("input", show);
  form.addEventListener("reset", () => setTimeout(show));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  show();
})();
