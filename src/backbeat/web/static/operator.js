// Buttons for operators, who know the token. It is kept by this tab alone, until the tab is closed, and goes with actions only.
"use strict";

const KEY = "backbeat-operator-token";

document.addEventListener("DOMContentLoaded", () => {
  const open = document.getElementById("operate");
  const form = document.getElementById("operator");
  const field = form.querySelector("input");
  const said = document.getElementById("said");
  const token = () => sessionStorage.getItem(KEY);

  const show = (words = "") => {
    document.body.classList.toggle("operator", Boolean(token()));
    open.textContent = token() ? "Stop operating" : "Operate";
    open.setAttribute("aria-expanded", String(!form.hidden));
    said.textContent = words;
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
    if (field.value.trim()) sessionStorage.setItem(KEY, field.value.trim());
    field.value = "";
    form.hidden = true;
    show();
  });

  document.body.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.verb === "post") detail.headers.Authorization = `Bearer ${token() ?? ""}`;
  });
  document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.requestConfig.verb !== "post") return;
    if (detail.xhr.status === 401) {
      sessionStorage.removeItem(KEY);
      show("That is not the operator's token.");
    } else {
      show(detail.successful ? `Done: ${detail.elt.title}.` : `Not done: ${detail.elt.title}.`);
      htmx.trigger("#now", "refresh");
    }
  });
  show();
});
