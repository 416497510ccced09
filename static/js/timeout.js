// Warns two minutes before the session ends. The server ends it; this file only asks.
"use strict";

const dialog = document.getElementById("timeout");
if (dialog) {
  const idle = Number(dialog.dataset.idle) * 1000;
  const warn = Math.min(Number(dialog.dataset.warn) * 1000, idle / 2);
  const left = dialog.querySelector("[data-left]");
  const say = dialog.querySelector("[data-say]");
  const keep = dialog.querySelector("[data-keep]");
  const title = document.title;
  const tabs = "BroadcastChannel" in window ? new BroadcastChannel("session") : null;
  let ends = Date.now() + idle;
  let said = "";

  const words = (ms) => {
    const seconds = Math.max(0, Math.ceil(ms / 1000));
    if (seconds > 60) return dialog.dataset.minutes.replace("{n}", String(Math.ceil(seconds / 60)));
    if (seconds === 60) return dialog.dataset.minute;
    return dialog.dataset.seconds.replace("{n}", String(seconds));
  };

  const renewed = (until) => {
    ends = until;
    said = "";
    document.title = title;
    if (dialog.open) dialog.close();
  };

  const leave = () => {
    // Nothing private stays on a screen nobody is watching.
    document.getElementById("main").replaceChildren();
    const address = new URL(dialog.dataset.leave, location.href);
    address.searchParams.set("timed_out", "1");
    address.searchParams.set("next", location.pathname + location.search);
    location.replace(address);
  };

  const keepAlive = async () => {
    const asked = Date.now();
    let answer;
    try {
      answer = await fetch(keep.action, {
        method: "POST", body: new FormData(keep), credentials: "same-origin", redirect: "manual",
      });
    } catch {
      return; // No network: the count goes on, and the button can be pressed again.
    }
    if (!answer.ok) return leave();
    renewed(asked + idle);
    tabs?.postMessage(ends);
  };

  const tick = () => {
    const rest = ends - Date.now();
    if (rest <= 0) return leave();
    if (rest <= warn) {
      if (!dialog.open) dialog.showModal();
      document.title = dialog.dataset.title;
      left.textContent = words(rest);
      const half = words(Math.ceil(rest / 30000) * 30000);
      if (half !== said) say.textContent = said = half;
    }
    setTimeout(tick, rest > warn ? Math.min(rest - warn, 15000) : 1000);
  };

  keep.addEventListener("submit", (event) => { event.preventDefault(); keepAlive(); });
  // Escape closes the dialog, so it must mean the same as the first button.
  dialog.addEventListener("cancel", (event) => { event.preventDefault(); keepAlive(); });
  tabs?.addEventListener("message", (event) => renewed(event.data));
  tabs?.postMessage(ends);
  // A computer that slept wakes up with an old page.
  document.addEventListener("visibilitychange", () => { if (ends <= Date.now()) leave(); });
  tick();
}
