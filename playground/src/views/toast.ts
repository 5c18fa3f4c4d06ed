/** A short notice at the foot of the page, with one thing that can be done about it. */
import { h } from '../dom.ts';

export interface Offer {
  readonly label: string;
  readonly act: () => void;
}

export type Notice = (text: string, offer?: Offer) => void;

const PLAIN_MS = 2800;
const OFFER_MS = 9000;

export function makeToast(element: HTMLElement): Notice {
  let fading: ReturnType<typeof setTimeout> | undefined;
  const hide = (): void => {
    delete element.dataset.shown;
    // What cannot be seen cannot be reached either.
    for (const b of element.querySelectorAll('button')) b.remove();
  };
  return (text, offer) => {
    clearTimeout(fading);
    element.replaceChildren(h('span', {}, text));
    if (offer) {
      const button = h('button', { type: 'button' }, offer.label);
      button.addEventListener('click', () => {
        clearTimeout(fading);
        hide();
        offer.act();
      });
      element.append(button);
    }
    element.dataset.shown = '';
    fading = setTimeout(hide, offer ? OFFER_MS : PLAIN_MS);
  };
}
