// Hands the words of a list to the person as a text file, made here in the browser.
"use strict";

for (const button of document.querySelectorAll("[data-save]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const lines = [...document.querySelectorAll(`#${button.dataset.save} li`)];
    const text = lines.map((line) => line.textContent).join("\r\n") + "\r\n";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    link.download = button.dataset.name;
    link.click();
    URL.revokeObjectURL(link.href);
  });
}

// Loading this page again, or coming back to it, leads to a page that can be shown twice.
const once = document.querySelector("[data-shown-once]");
if (once) history.replaceState(null, "", once.dataset.shownOnce);
