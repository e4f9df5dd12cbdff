"use strict";
// Shows the cartridges that have every word of the search in them. All are in the page already;
// this only hides some, so that without it nothing is missing but the search.
const search = document.getElementById("search");
const box = search.querySelector("input");
const count = document.getElementById("count");
const nothing = document.getElementById("nothing");
const entries = Array.from(document.querySelectorAll("article"), (entry) => ({
  entry,
  text: entry.textContent.toLowerCase(),
}));

function filter() {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const { entry, text } of entries) {
    entry.hidden = !words.every((word) => text.includes(word));
    shown += entry.hidden ? 0 : 1;
  }
  count.textContent = words.length ? `${shown} of ${entries.length}` : "";
  nothing.hidden = shown > 0 || words.length === 0;
}

search.hidden = false;
box.addEventListener("input", filter);
filter();
