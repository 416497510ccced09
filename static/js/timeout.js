// Warns two minutes before the session ends. The server ends it; this file only asks.
"use strict";

const dialog = document.getElementById("timeout");
if (dialog) {
  const idle = Number(dialog.dataset.idle) * 1000;
  const warn = Math.min(Number(dialog.dataset.warn) * 1000, idle / 2);
  // The server began to count before this page came: leave a little before it does.
  const early = Math.min(5000, idle / 10);
  // However often it is renewed, a session has one last moment.
  const last = Date.now() + Number(dialog.dataset.total) * 1000 - early;
  const left = dialog.querySelector("[data-left]");
  const say = dialog.querySelector("[data-say]");
  const keep = dialog.querySelector("form[data-keep]");
  const out = dialog.querySelector("form[data-out]");
  const title = document.title;
  const tabs = "BroadcastChannel" in window ? new BroadcastChannel("session") : null;
  let ends = Math.min(Date.now() + idle - early, last);
  let asked = Date.now();
  let said = "";
  let gone = false;

  const words = (ms) => {
    const all = Math.max(0, Math.ceil(ms / 1000));
    const minutes = Math.floor(all / 60);
    const seconds = all % 60;
    const parts = [];
    if (minutes === 1) parts.push(dialog.dataset.minute);
    if (minutes > 1) parts.push(dialog.dataset.minutes.replace("{n}", String(minutes)));
    if (seconds || !minutes) parts.push(dialog.dataset.seconds.replace("{n}", String(seconds)));
    return parts.join(" ");
  };

  const renewed = (until) => {
    ends = Math.min(until, last);
    said = "";
    document.title = title;
    if (dialog.open && ends - Date.now() > warn) dialog.close();
  };

  // Words that are being written are saved first (draft.js); they are taken from the page at once.
  const ending = () => {
    const waiting = [];
    document.dispatchEvent(new CustomEvent("session-ending", { detail: waiting }));
    const long = new Promise((done) => { if (waiting.length) setTimeout(done, 3000); else done(); });
    return Promise.race([Promise.allSettled(waiting), long]);
  };

  // A tab that another told of the end only leaves: two that sign out at once race each other, and
  // the one that comes second finds its form refused.
  const leave = async (byTime, told = false) => {
    if (gone) return;
    gone = true;
    const saved = ending();
    // Nothing private stays on a screen nobody is watching: not for as long as an answer takes.
    document.title = dialog.dataset.out;
    const answer = new FormData(out);
    const parts = [...document.body.children].filter((part) => !part.matches(".crisis"));
    for (const part of parts) part.remove();
    const address = new URL(dialog.dataset.leave, location.href);
    if (byTime) {
      address.searchParams.set("timed_out", "1");
      address.searchParams.set("next", dialog.dataset.stay);
      if (!told) tabs?.postMessage("late");
    }
    if (told) {
      setTimeout(() => location.replace(address), 1500);
      return;
    }
    await saved;
    try {
      await fetch(out.action, {
        method: "POST", body: answer, redirect: "manual", signal: AbortSignal.timeout(3000),
      });
    } catch {
      // Without a network the server ends the session by itself.
    }
    location.replace(address);
  };

  const keepAlive = async () => {
    asked = Date.now();
    const began = asked;
    let answer;
    try {
      answer = await fetch(keep.action, {
        method: "POST", body: new FormData(keep), redirect: "manual",
      });
    } catch {
      return; // No network: the count goes on, and the button can be pressed again.
    }
    // The server's own trouble ends no session: the count goes on.
    if (answer.status >= 500 || answer.status === 429) return;
    if (!answer.ok) {
      // It ended elsewhere. Who is writing here keeps the words in sight (draft.js), to copy them.
      const over = new CustomEvent("session-over", { cancelable: true });
      if (document.dispatchEvent(over)) leave(false);
      return;
    }
    renewed(began + idle - early);
    tabs?.postMessage(ends);
  };

  const tick = () => {
    if (gone) return;
    const rest = ends - Date.now();
    if (rest <= 0) return leave(true);
    if (rest <= warn) {
      const final = ends >= last;
      keep.hidden = final;
      dialog.querySelector("p[data-last]").hidden = !final;
      if (!dialog.open) {
        ending();
        dialog.showModal();
      }
      document.title = dialog.dataset.title;
      left.textContent = words(rest);
      // Read out every half minute; each second would leave no time to answer.
      const half = words(Math.ceil(rest / 30000) * 30000);
      if (half !== said) say.textContent = said = half;
    }
    setTimeout(tick, rest > warn ? Math.min(rest - warn, 15000) : 1000);
  };

  keep.addEventListener("submit", (event) => { event.preventDefault(); keepAlive(); });
  // Escape closes the dialog, so it must mean the same as the first button.
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    if (!keep.hidden) keepAlive();
  });
  // Who writes is not idle, even when nothing was sent for a while.
  document.addEventListener("input", () => {
    if (!dialog.open && Date.now() - asked > Math.min(60000, idle / 4)) keepAlive();
  });
  for (const form of document.querySelectorAll("form")) {
    if (form.action === out.action) form.addEventListener("submit", () => tabs?.postMessage("out"));
  }
  tabs?.addEventListener("message", (event) => {
    if (event.data === "out" || event.data === "late") leave(event.data === "late", true);
    else renewed(event.data);
  });
  tabs?.postMessage(ends);
  // A computer that slept, or the Back button, may show an old page again.
  const look = () => { if (ends <= Date.now()) leave(true); };
  document.addEventListener("visibilitychange", look);
  window.addEventListener("pageshow", look);
  tick();
}
