// The page: puts what the app draws in place, and tells it what a person does. It knows no school.

const root = document.getElementById("app");
const said = document.getElementById("said");
const alertBox = document.getElementById("alert");
const scrolls = new Map();

let worker;
let shown = "";
let shownAbout = "";
let crashes = [];
let waitingUpdate;
let mayUpdate = false;
let camera;

// ---- what the app draws

// Changes `to` into `from`'s likeness in place, so that focus, scrolling and what is being typed stay.
function morph(from, to) {
  if (from.nodeType !== to.nodeType || from.nodeName !== to.nodeName || (from.id || "") !== (to.id || "")) {
    from.replaceWith(to);
    return;
  }
  if (from.nodeType === Node.TEXT_NODE) {
    if (from.data !== to.data) from.data = to.data;
    return;
  }
  if (from.isEqualNode(to)) return;
  for (const { name } of [...from.attributes]) {
    // Which explanations a person has opened is theirs.
    if (!to.hasAttribute(name) && !(name === "open" && from.nodeName === "DETAILS")) from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
  children(from, to);
}

function children(from, to) {
  const named = new Map();
  for (const child of from.children) if (child.id) named.set(child.id, child);
  let at = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const same = wanted.id && named.get(wanted.id);
    if (same && same !== at) {
      from.insertBefore(same, at);
      morph(same, wanted);
    } else if (at) {
      const next = at.nextSibling;
      if (at.id && at.id !== wanted.id && [...to.children].some((child) => child.id === at.id)) {
        from.insertBefore(wanted, at);
        continue;
      }
      morph(at, wanted);
      at = next;
    } else {
      from.appendChild(wanted);
    }
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function draw([title, html, theme, name, about, what, urgent, may, home]) {
  mayUpdate = may;
  if (home) remember();
  document.title = title;
  document.documentElement.dataset.theme = theme;
  const isNew = name !== shown || about !== shownAbout;
  if (isNew && shown) scrolls.set(`${shown} ${shownAbout}`, scrollY);
  const next = document.createElement("template");
  next.innerHTML = `<div id="app" data-screen="${name}">${html}</div>`;
  const to = next.content.firstChild;
  if (isNew) root.replaceChildren(...to.childNodes);
  else children(root, to);
  root.dataset.screen = name;
  root.setAttribute("aria-busy", "false");
  if (isNew) {
    shown = name;
    shownAbout = about;
    scrollTo(0, scrolls.get(`${name} ${about}`) ?? 0);
    root.querySelector("h1")?.focus({ preventScroll: true });
  }
  if (said.textContent !== what) said.textContent = what;
  if (alertBox.textContent !== urgent) alertBox.textContent = urgent;
  update();
}

// ---- what a person does

const send = (action, fields) => worker.postMessage({ do: action, fields });

function fieldsOf(form, submitter) {
  const list = [];
  for (const [name, value] of new FormData(form)) if (typeof value === "string") list.push(name, value);
  if (submitter?.name) list.push(submitter.name, submitter.value);
  return list;
}

const base64 = (bytes) => {
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
};

async function submit(form, submitter) {
  const fields = fieldsOf(form, submitter);
  const kind = form.dataset.file;
  if (kind) {
    const file = form.querySelector("input[type=file]")?.files[0];
    if (file) {
      const text = kind === "text" ? await file.text() : base64(new Uint8Array(await file.arrayBuffer()));
      fields.push(kind, text, "file_name", file.name);
    }
  }
  send(submitter?.dataset.do ?? form.dataset.do, fields);
  for (const secret of form.querySelectorAll("input[type=password]")) secret.value = "";
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button || button.type === "submit" || button.getAttribute("aria-disabled") === "true") return;
  if (button.dataset.do) send(button.dataset.do);
  else if ("print" in button.dataset) print();
  else if ("here" in button.dataset) begin(true);
  else if ("reload" in button.dataset) location.reload();
});

document.addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.target.dataset.do || event.submitter?.dataset.do) submit(event.target, event.submitter);
});

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (event.target.type === "file" && form?.dataset.file === "bytes") submit(form);
  else if (form && "auto" in form.dataset) submit(form);
});

let typing;
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (!form || !("live" in form.dataset)) return;
  clearTimeout(typing);
  typing = setTimeout(() => send(form.dataset.do, fieldsOf(form)), 120);
});

const isText = (element) =>
  element.matches("textarea, select, input:not([type=radio]):not([type=checkbox]):not([type=file])");

function step(from, selector, by) {
  const all = [...root.querySelectorAll(selector)];
  const next = all[all.indexOf(from) + by];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
  return Boolean(next);
}

document.addEventListener("keydown", (event) => {
  const target = event.target;
  if (event.altKey || event.metaKey || isText(target)) return;
  const key = event.key.toLowerCase();
  const row = target.closest?.("tr[data-keys]");
  if (row && (key === "arrowdown" || key === "arrowup")) {
    const cell = row.querySelector("[data-cell]");
    if (step(cell, "[data-cell]", key === "arrowdown" ? 1 : -1)) event.preventDefault();
    return;
  }
  const tiles = target.closest?.(".tiles, .seg, .chips");
  if (tiles && key.startsWith("arrow")) {
    const all = [...tiles.querySelectorAll("button")];
    const by = key === "arrowright" || key === "arrowdown" ? 1 : -1;
    all[all.indexOf(target) + by]?.focus();
    event.preventDefault();
    return;
  }
  const wanted = `${event.ctrlKey ? "ctrl+" : ""}${key}`;
  if (!(key === "enter" && target.closest?.("button, a, summary"))) {
    const shortcut = [...root.querySelectorAll("[data-shortcut]")].find((one) => one.dataset.shortcut === wanted);
    if (shortcut) {
      event.preventDefault();
      shortcut.click();
      return;
    }
  }
  if (row && !event.ctrlKey && event.key.length === 1 && event.key !== " ") {
    event.preventDefault();
    send(row.dataset.keys, ["letter", event.key]);
  }
});

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) worker?.postMessage({ awake: true, online: navigator.onLine });
});
addEventListener("online", () => worker?.postMessage({ awake: true, online: true }));

// ---- the worker

function remember() {
  try {
    localStorage.setItem("daymark.home", "yes");
  } catch {
    // A browser that keeps nothing of this kind: the school still knows what it expects.
  }
}

function remembered() {
  try {
    return localStorage.getItem("daymark.home") === "yes";
  } catch {
    return false;
  }
}

function plain(title, text, button, what) {
  root.replaceChildren();
  const main = document.createElement("main");
  main.className = "narrow";
  const h1 = document.createElement("h1");
  h1.textContent = title;
  const p = document.createElement("p");
  p.textContent = text;
  const act = document.createElement("button");
  act.type = "button";
  act.className = "btn go wide";
  act.dataset[what] = "";
  act.textContent = button;
  main.append(h1, p, act);
  root.append(main);
  shown = "";
}

async function begin(steal) {
  worker?.terminate();
  worker = new Worker("./worker.js", { type: "module" });
  worker.onmessage = ({ data }) => hear(data);
  worker.onerror = (event) => fell(event.message);
  const kept = (await navigator.storage?.persisted?.()) ?? false;
  const join = /^#join=(.+)$/.exec(location.hash);
  worker.postMessage({
    start: {
      server: location.origin, invitation: join ? decodeURIComponent(join[1]) : undefined,
      kept, wiped: remembered(), steal: Boolean(steal),
    },
  });
}

// A worker that fell is started anew: what was saved is on the disk, and nothing else was ever shown as saved.
function fell(why) {
  const at = Date.now();
  crashes = crashes.filter((one) => at - one < 60000);
  crashes.push(at);
  if (crashes.length <= 3) begin(false);
  else plain("Daymark has stopped", `Everything that was saved is still here. Show this to the office: ${why}`, "Start again", "reload");
}

function hear(message) {
  if (message.page) draw(message.page);
  else if (message.save) save(message.save);
  else if (message.camera !== undefined) (message.camera ? film : dark)();
  else if (message.scanned !== undefined) scanned(message.scanned);
  else if (message.askToKeep) askToKeep();
  else if (message.elsewhere)
    plain("Daymark is open in another window", "Two windows cannot write in one store. What is saved is safe.", "Use it here", "here");
  else if (message.crashed) fell(message.crashed);
}

async function askToKeep() {
  const kept = (await navigator.storage?.persist?.()) ?? false;
  worker.postMessage({ kept });
  if (location.hash) history.replaceState(null, "", "/");
}

function save({ name, type, bytes }) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

// ---- the camera

async function film() {
  const place = document.getElementById("camera");
  if (!place) return;
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    const video = document.createElement("video");
    video.playsInline = true;
    video.muted = true;
    video.srcObject = stream;
    place.append(video);
    await video.play();
    camera = { stream, video, take: place.dataset.take };
    look();
  } catch (error) {
    alertBox.textContent = `The camera cannot be used (${error.message}). Take over by a file instead.`;
  }
}

function look() {
  if (!camera) return;
  const { videoWidth, videoHeight } = camera.video;
  const scale = Math.min(1, 900 / Math.max(videoWidth, videoHeight, 1));
  const width = Math.round(videoWidth * scale);
  const height = Math.round(videoHeight * scale);
  if (!width || !height) return void setTimeout(look, 100);
  const canvas = new OffscreenCanvas(width, height);
  const brush = canvas.getContext("2d");
  brush.drawImage(camera.video, 0, 0, width, height);
  const { data } = brush.getImageData(0, 0, width, height);
  const grey = new Uint8Array(width * height);
  for (let at = 0; at < grey.length; at++) grey[at] = (data[at * 4] * 77 + data[at * 4 + 1] * 150 + data[at * 4 + 2] * 29) >> 8;
  worker.postMessage({ frame: { grey, width, height } }, [grey.buffer]);
}

function scanned(bytes) {
  if (bytes && camera) send(camera.take, ["bytes", base64(bytes)]);
  setTimeout(look, 150);
}

function dark() {
  camera?.stream.getTracks().forEach((track) => track.stop());
  camera?.video.remove();
  camera = undefined;
}

// ---- updates: taken only when nobody works and nothing waits

function update() {
  if (waitingUpdate && mayUpdate) waitingUpdate.postMessage("take over");
}

async function keepUp() {
  if (!navigator.serviceWorker) return;
  // The first worker of all takes over a page that is its own version already.
  let had = Boolean(navigator.serviceWorker.controller);
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (had) location.reload();
    had = true;
  });
  const registration = await navigator.serviceWorker.register("/sw.js");
  const seen = () => {
    if (registration.waiting && navigator.serviceWorker.controller) {
      waitingUpdate = registration.waiting;
      update();
    }
  };
  seen();
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", seen));
}

begin(false);
keepUp();
