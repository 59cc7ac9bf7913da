// Buttons for operators, who know the token. It is kept by this tab alone, until the tab is closed, and goes with actions only.
"use strict";

const KEY = "backbeat-operator-token";

document.addEventListener("DOMContentLoaded", () => {
  const open = document.getElementById("operate");
  const form = document.getElementById("operator");
  const field = form.querySelector("input");
  const said = document.getElementById("said");
  const root = document.body.dataset.root;
  const token = () => sessionStorage.getItem(KEY);

  const show = (words = "") => {
    document.body.classList.toggle("operator", Boolean(token()));
    open.textContent = token() ? "Stop operating" : "Operate";
    open.setAttribute("aria-expanded", String(!form.hidden));
    said.textContent = words;
  };
  // What the server says of an answer: what came of it, or why not and what to do.
  const told = (text, otherwise) => {
    try {
      const answer = JSON.parse(text);
      return answer.said ?? [answer.message, answer.cure].join(" ");
    } catch {
      return otherwise;
    }
  };
  const enter = async (given) => {
    const answer = await fetch(root + "operator", { headers: { Authorization: `Bearer ${given}` } });
    if (answer.ok) {
      sessionStorage.setItem(KEY, given);
      form.hidden = true;
      show("The buttons are shown.");
      open.focus();
    } else {
      show(answer.status === 401 ? "That is not the operator's token." : told(await answer.text(), "The token was not checked."));
      field.focus();
    }
  };

  open.hidden = false;
  open.addEventListener("click", () => {
    form.hidden = Boolean(token()) || !form.hidden;
    sessionStorage.removeItem(KEY);
    show();
    if (!form.hidden) field.focus();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = field.value.trim();
    field.value = "";
    if (given) enter(given).catch(() => show("The server does not answer; the token was not checked."));
  });

  document.body.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.verb === "post") detail.headers.Authorization = `Bearer ${token() ?? ""}`;
  });
  document.body.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (detail.requestConfig.verb === "post") said.textContent = `Asked: ${detail.elt.getAttribute("aria-label")} …`;
  });
  document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.requestConfig.verb !== "post") return;
    const asked = detail.elt.getAttribute("aria-label");
    if (detail.xhr.status === 401) {
      sessionStorage.removeItem(KEY);
      show("That is not the operator's token any more.");
      return;
    }
    const what = told(detail.xhr.responseText, "the server did not answer.");
    said.textContent = detail.successful ? what : `Not done: ${asked}. ${what}`;
    htmx.trigger(document.querySelector("main [hx-get]"), "refresh");
  });
  show();
});
