// Looks every few seconds how far long work is. Without this file a link does the same.
"use strict";

const EVERY = 3000;

const hideLinks = () => {
  for (const link of document.querySelectorAll("[data-look]")) link.hidden = true;
};

// Only a new state is read out; each step would be too much.
const say = (before, now) => {
  const text = now.querySelector("[data-state]").textContent.trim();
  if (text !== before) document.getElementById("job-said").textContent = text;
};

const look = async () => {
  const shown = document.querySelector("[data-progress]");
  if (!shown) return;
  try {
    const answer = await fetch(location.href, { redirect: "error" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = answer.ok && page.getElementById(shown.id);
    // A button that the person is on stays under their hand.
    if (now && !(shown.contains(document.activeElement) && "progress" in now.dataset)) {
      const before = shown.querySelector("[data-state]").textContent.trim();
      shown.replaceWith(document.adoptNode(now));
      document.title = page.title;
      hideLinks();
      say(before, now);
    }
  } catch {
    // No network, or signed out: the page stays as it is.
  }
  setTimeout(look, EVERY);
};

hideLinks();
setTimeout(look, EVERY);
