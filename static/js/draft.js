// Saves what someone writes as a draft. The button "Save draft" does the same without this file.
const form = document.querySelector("form[data-draft]");
const line = form?.querySelector("[data-saved]");
const PAUSE = 10000;
// Longer than any message may be, and short enough for the server to give the words back.
const MOST = 500000;

// A file is sent by its own button, not each time that someone stops typing.
const data = () => {
  const given = new FormData(form);
  given.delete("upload");
  return given;
};
const words = () => new URLSearchParams(data()).toString();
let saved = form && !("unsaved" in form.dataset) ? words() : "";
let timer;
let running = null; // the saving that goes on now
let sent = false;
let stopped = false;
let refused = false; // in read-only mode: only who writes or presses again asks once more
let failed = false; // the last saving: what is not saved stands on this page alone

const say = (text, good) => {
  line.querySelector("svg").toggleAttribute("hidden", !good);
  line.querySelector("span").textContent = text;
  line.hidden = !text;
};

const tooLong = () => {
  const long = form.querySelector("[name=body]")?.value.length > MOST;
  if (long) say(line.dataset.long, false);
  return long;
};

const later = () => {
  clearTimeout(timer);
  timer = setTimeout(save, PAUSE);
};

const post = async () => {
  const now = words();
  const body = data();
  body.set("save_draft", "1");
  let answer;
  try {
    answer = await fetch(form.action, {
      method: "POST", body, headers: { Accept: "text/plain" }, redirect: "manual",
      // A page that is leaving still gets its words out; browsers then take 64 KB at most.
      keepalive: document.hidden,
    });
  } catch {
    answer = null;
  }
  const plain = answer?.headers.get("Content-Type")?.startsWith("text/plain");
  refused = answer?.status === 403 && plain;
  failed = !answer?.ok;
  if (answer?.ok) {
    saved = now;
    say(await answer.text(), true);
  } else if (answer?.status === 422 || refused) {
    say(await answer.text(), false);
  } else if (!answer || answer.status >= 500) {
    say(line.dataset.failed, false);
    later();
  } else {
    // Signed out, or signed in again in another window: this page's form is worth nothing.
    stopped = true;
    say(line.dataset.stopped, false);
  }
};

// Nothing to wait for, or a promise that never fails.
const save = () => {
  clearTimeout(timer);
  if (sent || stopped || words() === saved || tooLong()) return running;
  const mine = post().finally(() => { if (running === mine) running = null; });
  running = mine;
  return running;
};

const atMost = (wait) => Promise.race([wait, new Promise((done) => setTimeout(done, 3000))]);

// The page they go to may show the draft, or end the session. Links that call are not held up.
const clicked = async (event) => {
  const link = event.target.closest("a[href]");
  const other = event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  if (!link || other || link.origin !== location.origin) return;
  if (link.pathname === location.pathname) return;
  const wait = save();
  if (!wait) return;
  event.preventDefault();
  await atMost(wait);
  location.assign(link.href);
};

const submitted = async (event) => {
  if (sent || event.target.matches("[data-keep]")) return;
  const own = event.target === form;
  if (own && tooLong()) {
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  const keeps = own && event.submitter?.name === "save_draft";
  if (keeps) saved = "";
  // Sending makes an end of the draft: a saving must not come in after it. Saving first finds out
  // whether the session is over, while the words are still on the page; whoever sends once more may.
  const again = own && stopped;
  stopped = false;
  const wait = again ? running : save();
  if (wait || keeps) {
    event.preventDefault();
    event.stopPropagation();
    await atMost(wait);
    // A form that nobody takes would only lose words and file: they stay on the page, which says so.
    if (keeps || (own && (stopped || refused))) return;
  }
  sent = true;
  if (wait) event.target.requestSubmit(event.submitter);
};

if (form) {
  form.addEventListener("input", later);
  document.addEventListener("submit", submitted, true);
  document.addEventListener("click", clicked);
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
  document.addEventListener("session-ending", (event) => {
    const wait = save();
    if (wait) event.detail.push(wait);
  });
  // This session ended elsewhere. Nobody's words are taken from the page while they are written.
  document.addEventListener("session-over", (event) => {
    if (sent || words() === saved) return;
    event.preventDefault();
    stopped = true;
    say(line.dataset.stopped, false);
  });
  // Nobody loses them unasked by leaving. Where the session's end took the form away, it is over.
  window.addEventListener("beforeunload", (event) => {
    if (failed && !sent && form.isConnected && words() !== saved) event.preventDefault();
  });
  // Back again after sending.
  window.addEventListener("pageshow", () => { sent = false; });
  if ("unsaved" in form.dataset) later();
}
