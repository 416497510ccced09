// Small helps for forms. Each page works without this file.
"use strict";

const summary = document.querySelector("[data-error-summary]");
if (summary) {
  summary.focus();
  // Coming back here, or a reload, asks for the page, not for sending the form once more.
  history.replaceState(null, "", location.href);
}

for (const box of document.querySelectorAll("[data-password]")) {
  const input = box.querySelector("input");
  const button = document.createElement("button");
  const what = document.createElement("span");
  what.className = "hush";
  what.textContent = " " + box.dataset.what;
  button.type = "button";
  button.className = "btn btn-quiet";
  const label = (shown) => {
    button.replaceChildren(shown ? box.dataset.hide : box.dataset.show, what);
  };
  label(false);
  button.addEventListener("click", () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    label(shown);
  });
  // A password must not stay in the browser's memory of typed words.
  input.form?.addEventListener("submit", () => { input.type = "password"; });
  box.append(button);
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// A date that is none would reach the server as no date at all.
document.addEventListener("submit", (event) => {
  const dates = [...event.target.querySelectorAll("input[type=date]")];
  const wrong = dates.find((input) => input.validity.badInput);
  if (!wrong) return;
  event.preventDefault();
  event.stopPropagation();
  wrong.reportValidity();
}, true);

// The server takes each message once (send_key). This only spares a second request.
const sending = new Map();
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    const button = event.submitter;
    if (!button || sending.has(button)) return;
    sending.set(button, [...button.childNodes]);
    button.setAttribute("aria-disabled", "true");
    button.replaceChildren(document.body.dataset.sending);
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.sent;
  for (const [button, words] of sending) {
    button.removeAttribute("aria-disabled");
    button.replaceChildren(...words);
  }
  sending.clear();
});
