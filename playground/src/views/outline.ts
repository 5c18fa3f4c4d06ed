/** The program in a few lines: what is unknown, and what its energy is the sum of. */
import { h } from '../dom.ts';
import type { EnergyInfo } from '../protocol.ts';

/** Terms and unknowns that are named, at most; the others are counted. */
const MOST_NAMES = 6;

/** @param watch sets the chains of an energy in motion */
export function outlineView(
  energies: readonly EnergyInfo[],
  watch: (energy: string) => void,
): readonly HTMLElement[] {
  return energies.map((e) =>
    h(
      'section',
      { class: 'outline', 'aria-label': `Energy ${e.name}` },
      h(
        'p',
        { class: 'density' },
        'p(',
        ...list(
          e.unknowns.map((u) => u.name),
          ', ',
        ),
        ') ∝ exp(−',
        h('b', {}, e.name),
        ')',
        e.required && h('small', {}, ' where allowed'),
      ),
      h(
        'dl',
        {},
        ...e.unknowns
          .slice(0, MOST_NAMES)
          .flatMap((u) => [
            h('dt', {}, u.name),
            h('dd', {}, h('code', {}, u.domain), u.size !== null && h('small', {}, u.size)),
          ]),
        ...(e.terms.length > 0 ? [h('dt', {}, 'E'), h('dd', {}, '= ', ...list(e.terms, ' + '))] : []),
        ...(e.reports.length > 0
          ? [h('dt', { class: 'label' }, 'reports'), h('dd', {}, ...list(e.reports, ', '))]
          : []),
      ),
      e.unknowns.length > 0 && watchButton(e.name, watch),
    ),
  );
}

function watchButton(energy: string, watch: (energy: string) => void): HTMLButtonElement {
  const button = h(
    'button',
    { type: 'button', class: 'quiet-button outline-watch', 'aria-label': `Watch chains of ${energy}` },
    'Watch',
  );
  button.addEventListener('click', () => watch(energy));
  return button;
}

/** Names in italics, with what stands between them. */
function list(names: readonly string[], between: string): readonly (Node | string)[] {
  const shown = names.slice(0, MOST_NAMES).flatMap((n, i) => [i === 0 ? '' : between, h('i', {}, n)]);
  const more = names.length - MOST_NAMES;
  return more > 0 ? [...shown, `${between}… (${more} more)`] : shown;
}
