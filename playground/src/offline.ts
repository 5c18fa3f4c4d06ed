/** The page without a network: its files are kept by a service worker, once the page can be used. */
import type { Notice } from './views/toast.ts';
import type { Folder } from './workspace/folder.ts';

/** How long after the editor has come, so that nothing is in its way. */
const LATER_MS = 1500;

/** A page that shows a folder of this machine has its server at hand, and keeps nothing. */
export async function keepOffline(folder: Promise<Folder | null>, notice: Notice): Promise<void> {
  if (import.meta.env.MODE !== 'production' || !('serviceWorker' in navigator)) return;
  const script = new URL('sw.js', document.baseURI).href;
  if (await folder) {
    for (const r of await navigator.serviceWorker.getRegistrations()) await r.unregister();
    return;
  }
  await new Promise((resolve) => setTimeout(resolve, LATER_MS));
  const had = navigator.serviceWorker.controller !== null;
  let reloading = false;
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (had && reloading) location.reload();
  });
  const registration = await navigator.serviceWorker.register(script).catch(() => null);
  if (!registration) return;
  const offer = (worker: ServiceWorker): void =>
    notice('A newer playground is ready', {
      label: 'Reload',
      act() {
        reloading = true;
        worker.postMessage('take-over');
      },
    });
  if (registration.waiting && had) offer(registration.waiting);
  registration.addEventListener('updatefound', () => {
    const worker = registration.installing;
    worker?.addEventListener('statechange', () => {
      if (worker.state === 'installed' && navigator.serviceWorker.controller) offer(worker);
      if (worker.state === 'activated') document.documentElement.dataset.offline = 'ready';
    });
  });
  if (registration.active) document.documentElement.dataset.offline = 'ready';
}
