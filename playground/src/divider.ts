/** The divider between program and results: dragged, or moved with the arrow keys. */
const LEAST = 25;
const MOST = 75;

export function makeDivider(divider: HTMLElement, panes: HTMLElement): void {
  let share = 44;
  const set = (next: number): void => {
    share = Math.min(MOST, Math.max(LEAST, next));
    panes.style.setProperty('--editor', `${share}%`);
    divider.setAttribute('aria-valuenow', share.toFixed(0));
  };
  set(share);
  divider.addEventListener('pointerdown', (down) => {
    divider.setPointerCapture(down.pointerId);
    const move = (e: PointerEvent): void => {
      const box = panes.getBoundingClientRect();
      set(((e.clientX - box.left) / box.width) * 100);
    };
    divider.addEventListener('pointermove', move);
    divider.addEventListener('lostpointercapture', () => divider.removeEventListener('pointermove', move), {
      once: true,
    });
  });
  divider.addEventListener('keydown', (e) => {
    const step = e.key === 'ArrowLeft' ? -2 : e.key === 'ArrowRight' ? 2 : 0;
    if (step === 0) return;
    e.preventDefault();
    set(share + step);
  });
}
