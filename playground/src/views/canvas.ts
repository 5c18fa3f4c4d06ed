/** A picture that is larger than its frame: dragged, zoomed with the wheel, the keys or buttons. */
import { h } from '../dom.ts';

export interface Canvas {
  readonly element: HTMLElement;
  /** Zoom buttons, for a bar. */
  readonly tools: HTMLElement;
  /** Another picture. @param fit `readable`: seen as a whole, unless names in it could not be read then */
  show(svg: SVGSVGElement, fit: 'whole' | 'readable' | 'as it was'): void;
  /** Brings a part of the picture into sight. */
  reveal(part: Element): void;
}

const LEAST = 0.1;
const MOST = 6;
/** The largest magnification of a picture that is shown as a whole. */
const FIT = 1.25;
/** The least magnification at which names can be read. */
const READABLE = 0.55;

/** @param name what a listener is told it is */
export function makeCanvas(name: string): Canvas {
  const stage = h('div', { class: 'canvas-stage' });
  const element = h(
    'div',
    {
      class: 'canvas',
      tabindex: 0,
      role: 'region',
      'aria-label': `${name}: arrow keys move, plus and minus zoom`,
    },
    stage,
  );
  let scale = 1;
  let x = 0;
  let y = 0;
  let size = { width: 1, height: 1 };
  let svg: SVGSVGElement | null = null;
  /** How it is fitted whenever its frame changes; null once somebody has moved it. */
  let fitted: 'whole' | 'readable' | null = null;

  const place = (): void => {
    stage.style.transform = `translate(${x}px, ${y}px)`;
    if (!svg) return;
    svg.setAttribute('width', String(size.width * scale));
    svg.setAttribute('height', String(size.height * scale));
  };
  const zoom = (factor: number, cx = element.clientWidth / 2, cy = element.clientHeight / 2): void => {
    fitted = null;
    const next = Math.min(MOST, Math.max(LEAST, scale * factor));
    x = cx - ((cx - x) * next) / scale;
    y = cy - ((cy - y) * next) / scale;
    scale = next;
    place();
  };
  const whole = (): void => {
    const [w, hgt] = [element.clientWidth, element.clientHeight];
    if (w === 0 || hgt === 0) return;
    scale = Math.min(FIT, w / size.width, hgt / size.height);
    x = (w - size.width * scale) / 2;
    y = Math.max(0, (hgt - size.height * scale) / 2);
    place();
  };
  /** As a whole, or as much of its top as can be read. */
  const readable = (): void => {
    whole();
    if (scale >= READABLE) return;
    scale = READABLE;
    x = Math.min(0, (element.clientWidth - size.width * scale) / 2);
    y = 0;
    place();
  };
  const fitAs = (how: 'whole' | 'readable'): void => {
    fitted = how;
    if (how === 'whole') whole();
    else readable();
  };
  element.addEventListener(
    'wheel',
    (e) => {
      e.preventDefault();
      const box = element.getBoundingClientRect();
      if (e.ctrlKey || e.deltaMode !== 0 || Math.abs(e.deltaY) >= 40)
        zoom(
          Math.exp(-Math.sign(e.deltaY) * Math.min(0.25, Math.abs(e.deltaY) / 400)),
          e.clientX - box.left,
          e.clientY - box.top,
        );
      else {
        fitted = null;
        x -= e.deltaX;
        y -= e.deltaY;
        place();
      }
    },
    { passive: false },
  );
  element.addEventListener('pointerdown', (down) => {
    if (down.button !== 0) return;
    const from = { x: down.clientX - x, y: down.clientY - y };
    let moved = false;
    const move = (e: PointerEvent): void => {
      if (!moved && Math.hypot(e.clientX - down.clientX, e.clientY - down.clientY) < 4) return;
      if (!moved) element.setPointerCapture(down.pointerId);
      moved = true;
      fitted = null;
      element.dataset.dragged = '';
      x = e.clientX - from.x;
      y = e.clientY - from.y;
      place();
    };
    const up = (): void => {
      element.removeEventListener('pointermove', move);
      removeEventListener('pointerup', up);
      // The click that ends a drag is none.
      setTimeout(() => delete element.dataset.dragged);
    };
    element.addEventListener('pointermove', move);
    addEventListener('pointerup', up);
  });
  element.addEventListener('keydown', (e) => {
    const step = 48;
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [step, 0],
      ArrowRight: [-step, 0],
      ArrowUp: [0, step],
      ArrowDown: [0, -step],
    };
    if (e.ctrlKey || e.altKey || e.metaKey) return;
    const move = moves[e.key];
    if (move && e.target === element) {
      fitted = null;
      x += move[0];
      y += move[1];
      place();
    } else if (e.key === '+' || e.key === '=') zoom(1.25);
    else if (e.key === '-') zoom(0.8);
    else if (e.key === '0') fitAs('whole');
    else return;
    e.preventDefault();
  });
  new ResizeObserver(() => {
    if (fitted) fitAs(fitted);
  }).observe(element);

  const button = (label: string, text: string, act: () => void): HTMLElement => {
    const b = h('button', { type: 'button', class: 'tool', 'aria-label': label, title: label }, text);
    b.addEventListener('click', act);
    return b;
  };
  const tools = h(
    'div',
    { class: 'tools', role: 'group', 'aria-label': 'Zoom' },
    button('Zoom in', '+', () => zoom(1.25)),
    button('Zoom out', '−', () => zoom(0.8)),
    button('Show all', '⤢', () => fitAs('whole')),
  );
  return {
    element,
    tools,
    show(next, fit) {
      const box = next.viewBox.baseVal;
      size = { width: box.width, height: box.height };
      svg = next;
      stage.replaceChildren(next);
      if (fit === 'as it was') place();
      else fitAs(fit);
    },
    reveal(part) {
      fitted = null;
      const own = part.getBoundingClientRect();
      const box = element.getBoundingClientRect();
      const margin = 24;
      if (own.left < box.left + margin) x += box.left + margin - own.left;
      if (own.right > box.right - margin) x -= own.right - box.right + margin;
      if (own.top < box.top + margin) y += box.top + margin - own.top;
      if (own.bottom > box.bottom - margin) y -= own.bottom - box.bottom + margin;
      place();
    },
  };
}
