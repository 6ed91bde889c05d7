// Keeps the app itself, so that it starts cold with no signal. What a school's server says is never kept here.

const ASSETS = /*ASSETS*/[];
const BUILD = /*BUILD*/"";
const CACHE = `daymark-${BUILD}`;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(CACHE).then((cache) =>
      cache.addAll(ASSETS.map((path) => new Request(path, { cache: path === "/" ? "reload" : "default" }))),
    ),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name.startsWith("daymark-") && name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("message", (event) => {
  if (event.data === "take over") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/v1/") || url.pathname === "/demo") return;
  const wanted = event.request.mode === "navigate" ? "/" : url.pathname;
  event.respondWith(
    caches.open(CACHE).then(async (cache) => {
      const kept = await cache.match(wanted);
      if (kept) return kept;
      const response = await fetch(event.request);
      // Letters that most names do not have are kept from the first name on that has one.
      if (response.ok && wanted.endsWith(".woff2")) await cache.put(wanted, response.clone());
      return response;
    }),
  );
});
