// The store and the network of the app, in a worker. Every decision is the app's own; this file carries bytes.
//
// One thing here is a promise to people: a page is shown only after what it shows is on the disk.

import init, { Daymark } from "./daymark.js";

const STORE = "daymark";
const REPLY_TIMEOUT_MS = 30000;

let db;
let app;
let start;
let timer;
let listening;
let chain = Promise.resolve();

const tell = (message, transfer) => self.postMessage(message, transfer ?? []);

// The device's clock as it stood at the start, run on by one that nobody can set. Where the device's own is far ahead of that,
// the device slept or somebody set its clock: then its own is taken, and the app is told not to trust it.
let started = Date.now() - performance.now();
const JUMP_MS = 2000;
function now() {
  const steady = started + performance.now();
  const ahead = Date.now() - steady;
  if (ahead <= JUMP_MS) return steady;
  started += ahead;
  // Before anything is done at the new time. What it asks for goes out with what follows.
  app?.clockJumped(ahead, steady + ahead);
  return steady + ahead;
}

// One after another: no act sees another half done.
function inTurn(body) {
  chain = chain.then(body).catch((error) => crashed(error));
  return chain;
}

function crashed(error) {
  tell({ crashed: String(error?.message ?? error) });
}

const request = (asked) =>
  new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });

function openStore() {
  const asked = indexedDB.open(STORE, 1);
  asked.onupgradeneeded = () => {
    asked.result.createObjectStore("records", { autoIncrement: true });
    asked.result.createObjectStore("meta");
  };
  return request(asked);
}

// The device's secret: made by a key that no script can read out.
async function secret() {
  const get = () => request(db.transaction("meta").objectStore("meta").get("key"));
  let key = await get();
  if (!key) {
    const made = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const writing = db.transaction("meta", "readwrite", { durability: "strict" });
    writing.objectStore("meta").put(made, "key");
    await done(writing);
    key = await get();
  }
  const text = new TextEncoder().encode("daymark device secret v1");
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, text));
}

const done = (writing) =>
  new Promise((resolve, reject) => {
    writing.oncomplete = () => resolve();
    writing.onabort = () => reject(writing.error ?? new Error("the browser gave up the write"));
  });

async function begin(problem) {
  const reading = db.transaction(["records", "meta"]);
  const meta = reading.objectStore("meta");
  const [records, slots, door] = await Promise.all([
    request(reading.objectStore("records").getAll()),
    request(meta.get("slots")),
    request(meta.get("door")),
  ]);
  app?.free();
  app = undefined;
  app = new Daymark(
    now(), await secret(), slots, door, records, start.server, start.invitation,
    start.kept, start.wiped && !slots, problem,
  );
  await settle();
}

async function keep([, records, slots, door]) {
  const writing = db.transaction(["records", "meta"], "readwrite", { durability: "strict" });
  const finished = done(writing);
  for (const record of records) writing.objectStore("records").add(record);
  if (slots) writing.objectStore("meta").put(slots, "slots");
  if (door) writing.objectStore("meta").put(door, "door");
  await finished;
}

// Does what the app asks for, in its order, and shows the page when all that it rests on is on the disk.
async function settle() {
  for (let again = true; again; ) {
    again = false;
    for (const effect of app.effects()) {
      switch (effect[0]) {
        case "keep":
          try {
            await keep(effect);
          } catch (error) {
            // Memory has run ahead of the disk: the app starts anew from what is there.
            const full = error?.name === "QuotaExceededError";
            await begin(
              full
                ? "This tablet's storage is full: the last step was NOT saved. Free some space, then do it again. All before it is safe."
                : `The last step was NOT saved (${error?.message ?? error}). Do it again. All before it is safe.`,
            );
            return;
          }
          break;
        case "ask":
          ask(effect);
          break;
        case "listen":
          listen(effect[1]);
          break;
        case "save":
          tell({ save: { name: effect[1], type: effect[2], bytes: effect[3] } });
          break;
        case "camera":
          tell({ camera: effect[1] });
          break;
        case "askToKeep":
          tell({ askToKeep: true });
          break;
        case "goOn":
          again = true;
          break;
      }
    }
    if (again) app.goOn(now());
  }
  show();
}

function show() {
  tell({ page: app.page() });
  clearTimeout(timer);
  timer = setTimeout(
    () => inTurn(() => { app.tick(false, now()); return settle(); }),
    Math.max(50, Math.min(app.wakeAt() - now(), 600000)),
  );
}

async function ask([, id, method, path, contentType, pass, body]) {
  let answer = [0, "", "", new Uint8Array()];
  try {
    const headers = {};
    if (contentType) headers["content-type"] = contentType;
    if (pass) headers["daymark-pass"] = pass;
    const response = await fetch(path, {
      method, headers, cache: "no-store", redirect: "error", credentials: "omit",
      body: method === "GET" ? undefined : body,
      signal: AbortSignal.timeout(REPLY_TIMEOUT_MS),
    });
    answer = [
      response.status,
      response.headers.get("content-type") ?? "",
      response.headers.get("www-authenticate") ?? "",
      new Uint8Array(await response.arrayBuffer()),
    ];
  } catch (error) {
    answer[3] = new TextEncoder().encode(String(error?.message ?? error));
  }
  inTurn(() => { app.answered(id, ...answer, now()); return settle(); });
}

async function listen(pass) {
  listening?.abort();
  listening = undefined;
  if (!pass) return;
  const mine = new AbortController();
  listening = mine;
  try {
    const response = await fetch("/v1/events", {
      headers: { "daymark-pass": pass }, cache: "no-store", signal: mine.signal,
    });
    if (response.ok && response.body) {
      const reader = response.body.getReader();
      for (;;) {
        const { done: ended, value } = await reader.read();
        if (ended) break;
        inTurn(() => { app.heard(value, now()); return settle(); });
      }
    }
  } catch {
    // It ended, in whatever way: the app is told so below.
  }
  if (listening === mine) {
    listening = undefined;
    inTurn(() => { app.heard(undefined, now()); return settle(); });
  }
}

// One writer a browser: whoever holds the lock. Another tab may take it over, and this one then stops.
function hold(steal) {
  return new Promise((resolve) => {
    navigator.locks
      .request(STORE, steal ? { steal: true } : { ifAvailable: true }, (lock) => {
        resolve(Boolean(lock));
        return lock ? new Promise(() => {}) : undefined;
      })
      .catch(() => {
        listening?.abort();
        clearTimeout(timer);
        chain = new Promise(() => {});
        tell({ elsewhere: true });
      });
  });
}

async function open(message) {
  start = message;
  if (!(await hold(message.steal))) {
    tell({ elsewhere: true });
    return;
  }
  await init();
  db = await openStore();
  db.onclose = () => crashed(new Error("the browser closed the store"));
  await begin(null);
}

self.onmessage = ({ data }) => {
  if (data.start) inTurn(() => open(data.start));
  else if (!app) return;
  else if (data.do) inTurn(() => { app.act(data.do, data.fields ?? [], now()); return settle(); });
  else if (data.frame) {
    const { grey, width, height } = data.frame;
    const bytes = Daymark.scan(grey, width, height);
    tell({ scanned: bytes ?? null });
  } else if (data.kept !== undefined) inTurn(() => { app.kept(data.kept); return settle(); });
  else if (data.awake) inTurn(() => { app.tick(data.online, now()); return settle(); });
};
