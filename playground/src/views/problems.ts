/** The list below the editor: what is wrong, where, and what to do. */
import { h, icon } from '../dom.ts';
import type { Problem, ProblemPlace } from '../protocol.ts';

export interface ProblemsView {
  show(problems: readonly Problem[]): void;
}

/** @param reveal called when a problem is chosen that has a place in the program */
export function problemsView(
  host: HTMLElement,
  reveal: (line: number, column: number) => void,
): ProblemsView {
  return {
    show(problems) {
      host.replaceChildren(h('h2', {}, ...headline(problems)));
      if (problems.length > 0) host.append(problemList(problems, reveal));
    },
  };
}

/** Problems as a list; the same for those of a run. */
export function problemList(
  problems: readonly Problem[],
  reveal: (line: number, column: number) => void,
): HTMLElement {
  return h(
    'ul',
    { class: 'problem-list' },
    ...problems.map((p) => {
      const { place } = p;
      const body = [
        h('span', { class: 'problem-where' }, showPlace(place)),
        h(
          'span',
          { class: 'problem-message' },
          h('code', { class: 'problem-code' }, p.code),
          ...prose(p.message),
        ),
        ...p.notes.map((n) =>
          h(
            'span',
            { class: 'problem-note' },
            ...prose(n.message),
            n.place ? ` (${showPlace(n.place)})` : '',
          ),
        ),
        p.suggestion !== undefined && h('span', { class: 'problem-help' }, ...prose(p.suggestion)),
      ];
      const item = h('li', { 'data-severity': p.severity });
      if (place.kind === 'source') {
        const button = h('button', { type: 'button', class: 'problem' }, ...body);
        button.addEventListener('click', () => reveal(place.line, place.column));
        item.append(button);
      } else item.append(h('div', { class: 'problem' }, ...body));
      return item;
    }),
  );
}

function headline(problems: readonly Problem[]): readonly (Node | string)[] {
  const count = (severity: Problem['severity'], noun: string): string[] => {
    const n = problems.filter((p) => p.severity === severity).length;
    return n === 0 ? [] : [`${n} ${noun}${n === 1 ? '' : 's'}`];
  };
  const parts = [...count('error', 'error'), ...count('warning', 'warning'), ...count('info', 'note')];
  return parts.length === 0 ? [icon('check'), 'No problems'] : [parts.join(', ')];
}

function showPlace(p: ProblemPlace): string {
  if (p.kind === 'source') return `line ${p.line}:${p.column}`;
  const row = p.row === undefined ? '' : `, row ${p.row}`;
  const column = p.column === undefined ? '' : `, column ${p.column}`;
  return `${p.file}${row}${column}`;
}

/** Text with its `quoted` names set as code. */
function prose(text: string): readonly (Node | string)[] {
  return text.split(/`([^`]*)`/).map((part, i) => (i % 2 === 0 ? part : h('code', {}, part)));
}
