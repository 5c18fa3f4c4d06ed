/**
 * The service worker: keeps every file of this version of the page, and answers with them. What belongs to a
 * folder of the machine (`folder/`) is none of its business. `FILES` and `VERSION` are written in by the build.
 */
declare const __FILES__: readonly string[];
declare const __VERSION__: string;

/** The parts of a service worker's global scope that are used here. */
interface WorkerEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface RequestEvent extends WorkerEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface ServiceScope {
  readonly registration: { readonly scope: string; unregister(): Promise<boolean> };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', hear: (e: WorkerEvent) => void): void;
  addEventListener(type: 'fetch', hear: (e: RequestEvent) => void): void;
  addEventListener(type: 'message', hear: (e: MessageEvent<unknown>) => void): void;
}
const scope = self as unknown as ServiceScope;

const base = scope.registration.scope;
const prefix = `energy ${base} `;
const name = prefix + __VERSION__;
const PARALLEL = 4;
let left = false;

scope.addEventListener('install', (e) => e.waitUntil(install()));
scope.addEventListener('activate', (e) => e.waitUntil(activate()));
scope.addEventListener('message', (e) => {
  if (e.data === 'take-over') void scope.skipWaiting();
});
scope.addEventListener('fetch', (e) => {
  const { request } = e;
  if (request.method !== 'GET' || !request.url.startsWith(base)) return;
  const path = request.url.slice(base.length);
  if (path.startsWith('folder/')) {
    // This address is now that of a folder's server: it brings a page of its own.
    if (request.mode === 'navigate') e.waitUntil(leave());
    return;
  }
  if (left) return;
  if (request.mode === 'navigate') {
    // An address with a question is for the server, as long as there is one.
    if (!path.includes('?')) e.respondWith(kept(base, request));
    return;
  }
  e.respondWith(kept(request.url, request));
});

/** Files of an older version that have the same name are the same: their names change with their content. */
async function install(): Promise<void> {
  const cache = await caches.open(name);
  const waiting = [...__FILES__];
  const next = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const url = base + file;
      const hashed = file.startsWith('assets/');
      const older = hashed ? await caches.match(url) : undefined;
      const response = older ?? (await fetch(url, { cache: hashed ? 'default' : 'no-cache' }));
      if (!response.ok) throw new Error(`${file}: ${response.status}`);
      await cache.put(url, response);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, next));
}

async function activate(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((n) => n.startsWith(prefix) && n !== name).map((n) => caches.delete(n)));
  await scope.clients.claim();
}

async function leave(): Promise<void> {
  left = true;
  const names = await caches.keys();
  await Promise.all(names.filter((n) => n.startsWith(prefix)).map((n) => caches.delete(n)));
  await scope.registration.unregister();
}

async function kept(url: string, request: Request): Promise<Response> {
  const cache = await caches.open(name);
  return (await cache.match(url, { ignoreSearch: true })) ?? fetch(request);
}
