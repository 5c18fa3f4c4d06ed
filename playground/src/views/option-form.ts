/**
 * A form for the options of a job, made from their description (`src/options.ts`). What is set is what stands in the
 * text; what is not shows its default as a placeholder. The form changes nothing by itself: it asks for an edit.
 */
import type { WrittenOption } from '../../../src/language/edit-run.ts';
import type { OptionSpec, OptionType } from '../../../src/options.ts';
import { h } from '../dom.ts';
import { prose } from './plan-words.ts';

export interface OptionFormActions {
  /** Sets an option (`draws`, `loss.t`), or with null removes it. Whether that was possible. */
  readonly set: (option: string, value: string | null) => Promise<boolean>;
  /** What could stand for a value that names something: data, jobs, unknowns. */
  readonly candidates: (type: OptionType) => readonly string[];
}

export interface OptionForm {
  readonly element: HTMLElement;
  /** The options as they are written now. */
  update(written: readonly WrittenOption[]): void;
}

let made = 0;

/** @param name of the job, for listeners */
export function optionForm(
  name: string,
  specs: readonly OptionSpec[],
  written: readonly WrittenOption[],
  actions: OptionFormActions,
): OptionForm {
  const fields = specs.map((spec) => field(spec, spec.name, actions));
  const element = h(
    'form',
    { class: 'option-form', 'aria-label': `Options of ${name}`, novalidate: true },
    ...fields.map((f) => f.element),
  );
  element.addEventListener('submit', (e) => e.preventDefault());
  const update = (now: readonly WrittenOption[]): void =>
    fields.forEach((f, i) => {
      f.update(now.find((o) => o.name === specs[i].name) ?? null);
    });
  update(written);
  return { element, update };
}

interface Field {
  readonly element: HTMLElement;
  update(written: WrittenOption | null): void;
}

function field(spec: OptionSpec, path: string, actions: OptionFormActions): Field {
  const id = `option-${++made}`;
  const control = controlOf(spec, id, actions);
  const fault = h('p', { class: 'option-fault', role: 'alert' });
  const doc = h('p', { class: 'option-doc', id: `${id}-doc` }, ...prose(spec.doc), rangeText(spec.type));
  const reset = h(
    'button',
    {
      type: 'button',
      class: 'option-reset',
      'aria-label': `Reset ${spec.name}`,
      title: 'Back to the default',
    },
    '×',
  );
  const label = h('label', { for: id }, spec.name);
  const nested = h('div', { class: 'option-nested' });
  const element = h(
    'div',
    { class: 'option', 'data-option': path },
    h('div', { class: 'option-head' }, label, reset),
    control.element,
    fault,
    doc,
    nested,
  );
  control.element.setAttribute('aria-describedby', `${id}-doc`);
  let now: WrittenOption | null = null;
  let inner: { callee: string; fields: readonly { spec: OptionSpec; field: Field }[] } | null = null;

  const complain = (text: string): void => {
    fault.textContent = text;
    control.element.setAttribute('aria-invalid', String(text !== ''));
  };
  const set = async (value: string | null): Promise<void> => {
    complain('');
    if (value === (now?.text ?? null)) return;
    if (await actions.set(path, value)) return;
    complain(value === null ? 'It cannot be left out.' : `\`${value}\` cannot stand here.`);
  };
  control.element.addEventListener('change', () => {
    const value = control.value();
    if (value === null && spec.required) return complain('It cannot be left out.');
    const problem = value === null ? '' : control.problem(value);
    if (problem) complain(problem);
    else void set(value);
  });
  reset.addEventListener('click', () => {
    void set(null).then(() => control.element.focus());
  });
  const nest = (): void => {
    if (spec.type.kind !== 'call') return;
    const callee = now ? (now.callee ?? '') : (/^\w+/.exec(String(spec.default ?? ''))?.[0] ?? '');
    if (inner?.callee !== callee) {
      const specs = Object.hasOwn(spec.type.values, callee) ? spec.type.values[callee] : [];
      inner = {
        callee,
        fields: specs.map((s) => ({ spec: s, field: field(s, `${path}.${s.name}`, actions) })),
      };
      nested.replaceChildren(
        ...(specs.length === 0
          ? []
          : [
              h('fieldset', {}, h('legend', {}, `of ${callee}`), ...inner.fields.map((f) => f.field.element)),
            ]),
      );
    }
    for (const f of inner.fields) f.field.update(now?.options.find((o) => o.name === f.spec.name) ?? null);
  };
  return {
    element,
    update(written) {
      const changed = written?.text !== now?.text;
      now = written;
      element.toggleAttribute('data-set', written !== null);
      reset.hidden = written === null || written.positional || spec.required === true;
      if (changed || document.activeElement !== control.element) control.show(written);
      if (changed) complain('');
      nest();
    },
  };
}

interface Control {
  readonly element: HTMLInputElement | HTMLSelectElement | HTMLElement;
  show(written: WrittenOption | null): void;
  /** What is to be written; null: nothing. */
  value(): string | null;
  /** What is wrong with it; '' where nothing is. */
  problem(value: string): string;
}

function controlOf(spec: OptionSpec, id: string, actions: OptionFormActions): Control {
  const { type } = spec;
  switch (type.kind) {
    case 'boolean':
      return select(spec, id, () => ['true', 'false']);
    case 'word':
      return select(spec, id, () => type.values);
    case 'call':
      return select(spec, id, () => Object.keys(type.values));
    case 'job':
    case 'rows':
      return select(spec, id, () => actions.candidates(type));
    case 'unknown':
      return select(spec, id, () => actions.candidates(type));
    case 'given':
      return input(id, '{ x = 1 }', [], () => '');
    case 'number':
      return input(
        id,
        spec.default === undefined ? 'chosen by the plan' : String(spec.default),
        type.words ?? [],
        (v) => numberFault(type, v),
      );
  }
}

function input(
  id: string,
  placeholder: string,
  words: readonly string[],
  problem: (value: string) => string,
): Control {
  const list =
    words.length === 0
      ? null
      : h('datalist', { id: `${id}-words` }, ...words.map((w) => h('option', { value: w })));
  const element = h('input', {
    id,
    type: 'text',
    placeholder,
    list: list ? `${id}-words` : null,
    autocomplete: 'off',
    spellcheck: 'false',
  });
  if (list) element.append(list);
  return {
    element,
    show(written) {
      element.value = written?.text ?? '';
    },
    value: () => (element.value.trim() === '' ? null : element.value.trim()),
    problem,
  };
}

/** A choice; what is written and none of its values stands among them as it is. */
function select(spec: OptionSpec, id: string, values: () => readonly string[]): Control {
  const element = h('select', { id });
  const call = spec.type.kind === 'call';
  return {
    element,
    show(written) {
      const now = written && (call ? (written.callee ?? written.text) : written.text);
      const known = values();
      const all = now !== null && !known.includes(now) ? [now, ...known] : known;
      const shown = spec.default === undefined ? '' : String(spec.default);
      const standard = call ? (/^\w+/.exec(shown)?.[0] ?? '') : shown;
      element.replaceChildren(
        ...(spec.required
          ? []
          : [h('option', { value: '' }, standard ? `${standard} (default)` : 'default')]),
        ...all.map((v) => h('option', { value: v }, v)),
      );
      element.value = now ?? '';
    },
    value: () => (element.value === '' ? null : element.value),
    problem: () => '',
  };
}

type NumberType = Extract<OptionType, { kind: 'number' }>;

/** Of plain numbers; an expression is for the checker to judge. */
export function numberFault(type: NumberType, text: string): string {
  if (type.words?.includes(text)) return '';
  if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) return '';
  const x = Number(text);
  if (type.integer && !Number.isInteger(x)) return 'A whole number, please.';
  if (type.min !== undefined && x < type.min) return `At least ${type.min}, please.`;
  return type.max !== undefined && x > type.max ? `At most ${type.max}, please.` : '';
}

function rangeText(type: OptionType): string {
  if (type.kind !== 'number') return '';
  const { min, max, integer } = type;
  if (min !== undefined && max !== undefined) return ` (${min} to ${max})`;
  // Counts go without saying.
  if (min !== undefined && !(integer && min <= 1) && min !== 0) return ` (at least ${min})`;
  return '';
}
