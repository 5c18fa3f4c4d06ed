/** A film of recorded draws: in loop, with a scrubber; space plays and pauses. */
import { h } from '../dom.ts';
import type { Film } from '../staged.ts';
import { pixelGrid } from './pixels.ts';

export interface FilmView {
  readonly element: HTMLElement;
  /** Stops for good. */
  end(): void;
}

const FRAMES_A_SECOND = 40;

/** @param cyclic whether an unknown's values are on a circle */
export function filmView(film: Film, cyclic: (name: string) => boolean): FilmView {
  const reels = film.reels.map((reel) => {
    const { lo, step } = reel;
    const view = pixelGrid({ ...reel, cyclic: cyclic(reel.name) }, (b) => lo + step * b);
    return { ...reel, view, each: reel.values.length / film.frames };
  });
  let frame = 0;
  let playing = false;
  let over = false;
  let since = 0;
  const play = h('button', { type: 'button', class: 'quiet-button film-play', 'aria-label': 'Play' }, '▶');
  const scrubber = h('input', {
    type: 'range',
    min: 0,
    max: film.frames - 1,
    step: 1,
    value: 0,
    'aria-label': 'Frame of the film',
  });
  const number = h('output', { class: 'film-number' });
  const element = h(
    'section',
    { class: 'film', 'aria-label': 'Film of the recorded draws' },
    ...reels.map(({ name, shape, chains, view }) =>
      h(
        'figure',
        { class: 'stage-picture', 'data-film': name, 'data-unknown': name },
        h(
          'figcaption',
          {},
          h('strong', {}, name),
          ` ${shape.join(' × ')} · ${chains === 1 ? 'one chain' : `${chains} chains`}`,
        ),
        view.element,
      ),
    ),
    h('div', { class: 'film-bar' }, play, scrubber, number),
  );
  const show = (): void => {
    for (const { view, values, each } of reels) view.draw(values, frame * each);
    scrubber.value = String(frame);
    const text = `draw ${film.draws[frame].toLocaleString('en')} of ${film.draws[film.frames - 1].toLocaleString('en')}`;
    number.textContent = text;
    scrubber.setAttribute('aria-valuetext', text);
    element.dataset.frame = String(frame);
  };
  const tick = (now: number): void => {
    if (!playing || over) return;
    const due = Math.floor(((now - since) * FRAMES_A_SECOND) / 1000);
    if (due > 0) {
      since += (due * 1000) / FRAMES_A_SECOND;
      // After a pause of the page it goes on where it was.
      frame = (frame + Math.min(due, 3)) % film.frames;
      if (seen) show();
    }
    requestAnimationFrame(tick);
  };
  const set = (on: boolean): void => {
    playing = on;
    play.textContent = on ? '❚❚' : '▶';
    play.setAttribute('aria-label', on ? 'Pause' : 'Play');
    since = performance.now();
    if (on) requestAnimationFrame(tick);
  };
  let seen = true;
  const watcher = new IntersectionObserver(([entry]) => {
    seen = entry.isIntersecting;
  });
  watcher.observe(element);
  play.addEventListener('click', () => set(!playing));
  scrubber.addEventListener('input', () => {
    set(false);
    frame = Number(scrubber.value);
    show();
  });
  element.addEventListener('keydown', (e) => {
    if (e.key !== ' ' || e.target === play) return;
    e.preventDefault();
    set(!playing);
  });
  show();
  if (!matchMedia('(prefers-reduced-motion: reduce)').matches) set(true);
  return {
    element,
    end() {
      over = true;
      watcher.disconnect();
    },
  };
}
