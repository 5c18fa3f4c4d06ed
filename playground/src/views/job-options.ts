/** The options of every job, as a form below its head: `.job-options` of each card is filled here. */
import { type VerbSpec, verbNamed } from '../../../src/options.ts';
import { h } from '../dom.ts';
import type { EnergyInfo, JobInfo } from '../protocol.ts';
import { type OptionForm, optionForm } from './option-form.ts';

export interface JobOptionsActions {
  /** Edits the text; whether that was possible. */
  readonly edit: (job: JobInfo, option: string, value: string | null) => Promise<boolean>;
}

export interface JobOptions {
  /** The jobs of the text as it is now; their cards are on the page. */
  show(energies: readonly EnergyInfo[], jobs: readonly JobInfo[], data: readonly string[]): void;
}

interface Mounted {
  readonly host: HTMLElement;
  update(job: JobInfo): void;
}

/** @param pane where the cards are: `[data-job]` with `.job-options` inside */
export function jobOptions(pane: HTMLElement, actions: JobOptionsActions): JobOptions {
  const mounted = new Map<string, Mounted>();
  let known: { energies: readonly EnergyInfo[]; jobs: readonly JobInfo[]; data: readonly string[] } = {
    energies: [],
    jobs: [],
    data: [],
  };

  const mount = (host: HTMLElement, first: JobInfo, verb: VerbSpec): Mounted => {
    let job = first;
    let form: OptionForm | null = null;
    const count = h('span', { class: 'options-count' });
    const slot = h('div', {});
    const details = h('details', {}, h('summary', {}, 'Options', count), slot);
    host.replaceChildren(details);
    const candidates = (kind: string): readonly string[] => {
      switch (kind) {
        case 'job':
          return known.jobs.flatMap((j) => (j.verb === 'sample' && j.name !== job.name ? [j.name] : []));
        case 'rows':
          return known.data;
        case 'unknown':
          return known.energies.find((e) => e.name === job.energy)?.unknowns.map((u) => u.name) ?? [];
        default:
          return [];
      }
    };
    const written = () => job.written?.options ?? [];
    details.addEventListener('toggle', () => {
      if (!details.open || form) return;
      form = optionForm(job.name, verb.options, written(), {
        set: (option, value) => actions.edit(job, option, value),
        candidates: (type) => candidates(type.kind),
      });
      slot.replaceChildren(form.element);
    });
    const update = (next: JobInfo): void => {
      job = next;
      const set = written().filter((o) => !o.positional).length;
      count.textContent = set === 0 ? 'all as they are by default' : `${set} set`;
      form?.update(written());
    };
    update(first);
    return { host, update };
  };

  return {
    show(energies, jobs, data) {
      known = { energies, jobs, data };
      for (const name of mounted.keys()) if (!jobs.some((j) => j.name === name)) mounted.delete(name);
      for (const job of jobs) {
        const host = pane.querySelector<HTMLElement>(`[data-job="${CSS.escape(job.name)}"] .job-options`);
        const verb = verbNamed(job.verb);
        if (!host || !verb) continue;
        const there = mounted.get(job.name);
        // A job that is written, but not as a call, has nothing to be edited.
        host.hidden = job.line !== null && job.written === null;
        if (there?.host === host && host.dataset.verb === job.verb) there.update(job);
        else {
          host.dataset.verb = job.verb;
          mounted.set(job.name, mount(host, job, verb));
        }
      }
    },
  };
}
