// Looks every few seconds how far long work is. Without this file a link does the same.
"use strict";

const EVERY = 3000;

const look = async () => {
  const shown = document.querySelector("[data-progress]");
  if (!shown) return;
  try {
    const answer = await fetch(location.href, { redirect: "error" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = answer.ok && page.getElementById(shown.id);
    // A button that the person is on stays under their hand.
    if (now && !(shown.contains(document.activeElement) && "progress" in now.dataset)) {
      shown.replaceWith(document.adoptNode(now));
      document.title = page.title;
    }
  } catch {
    // No network, or signed out: the link is still there.
  }
  setTimeout(look, EVERY);
};
for (const link of document.querySelectorAll("[data-look]")) link.hidden = true;
setTimeout(look, EVERY);
