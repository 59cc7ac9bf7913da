// Says on the whole page when its server stops answering, and keeps what is open open while parts are fetched again.
"use strict";

const LOST = "This page has lost its server";

document.addEventListener("DOMContentLoaded", () => {
  const told = document.getElementById("lost");

  const lost = () => {
    if (document.body.classList.contains("stale")) return;
    document.body.classList.add("stale");
    document.title = "! No server · Backbeat";
    const headline = document.querySelector("h1");
    headline.textContent = LOST + "; it said last: " + headline.textContent;
    told.textContent = LOST + " at " + new Date().toISOString().slice(11, 19) + " UTC. The figures are old; it goes on asking.";
  };
  const back = () => {
    document.body.classList.remove("stale");
    told.textContent = "";
  };
  const keepOpen = (fragment) => {
    for (const open of document.querySelectorAll("details[open][id]")) {
      const fresh = fragment.querySelector("#" + CSS.escape(open.id));
      if (fresh) fresh.open = true;
    }
  };

  document.body.addEventListener("htmx:sendError", lost);
  document.body.addEventListener("htmx:timeout", lost);
  document.body.addEventListener("htmx:afterSwap", back);
  document.body.addEventListener("htmx:oobBeforeSwap", ({ detail }) => keepOpen(detail.fragment));
});
