/** Which files use which: circles, what is frozen, and the names under which their parameters and data go. */
import { at, type Diagnostic, type Note } from '../syntax/diagnostic.ts';
import { entryPath, resolveUse, stemOf } from '../syntax/module-path.ts';
import type { Program, UseItem } from '../syntax/tree.ts';
import type { CheckCode } from './codes.ts';

/** Trees of used files by path, see `resolveUse`. */
export type Modules = ReadonlyMap<string, Program>;

export interface ModuleNode {
  /** From the entry program's folder, or `std/…`. */
  readonly path: string;
  readonly tree: Program;
  /** What precedes the names of its parameters and data: `stroke` in `stroke.W`; '' for the entry program. */
  readonly label: string;
  readonly frozen: boolean;
  /** The files behind its `use` lines; a line is missing here where there is none or it closes a circle. */
  readonly uses: ReadonlyMap<UseItem, ModuleNode>;
}

interface Draft {
  readonly path: string;
  readonly tree: Program;
  label: string;
  frozen: boolean;
  readonly uses: Map<UseItem, Draft>;
  frozenAt: UseItem | null;
  learnedAt: UseItem | null;
}

export interface ModuleGraph {
  readonly entry: ModuleNode;
  /** The entry program first, every file before those it uses. */
  readonly nodes: readonly ModuleNode[];
  readonly diagnostics: readonly Diagnostic[];
}

const useItems = (p: Program): readonly UseItem[] => p.items.filter((i) => i.kind === 'use');

/** Total: what cannot be found is reported and left out. */
export function moduleGraph(entry: Program, modules: Modules): ModuleGraph {
  const diagnostics: Diagnostic[] = [];
  const report = (
    code: CheckCode | 'E0502',
    item: UseItem,
    message: string,
    more: Partial<Diagnostic> = {},
  ) => diagnostics.push({ severity: 'error', code, place: at(item.fromSpan), message, ...more });
  const drafts = new Map<string, Draft>();
  const order: Draft[] = [];
  const open: { readonly draft: Draft; via: UseItem | null }[] = [];

  const visit = (path: string, tree: Program): Draft => {
    const draft: Draft = {
      path,
      tree,
      label: '',
      frozen: false,
      uses: new Map(),
      frozenAt: null,
      learnedAt: null,
    };
    drafts.set(path, draft);
    const here: (typeof open)[number] = { draft, via: null };
    open.push(here);
    for (const item of useItems(tree)) {
      here.via = item;
      const to = resolveUse(path, item.from);
      if (to.kind === 'refused') {
        report(to.code, item, to.message, { suggestion: to.suggestion });
        continue;
      }
      const circle = open.findIndex((o) => o.draft.path === to.path);
      if (circle >= 0) {
        report('E0208', item, circleMessage(open.slice(circle).map((o) => o.draft.path)), {
          notes: open
            .slice(circle, -1)
            .map(
              (o, i): Note =>
                noteOf(o.via!, `\`${o.draft.path}\` uses \`${open[circle + i + 1].draft.path}\` here`),
            ),
          suggestion: 'move what both need into a file of its own',
        });
        continue;
      }
      const known = drafts.get(to.path);
      const text = modules.get(to.path);
      if (known) draft.uses.set(item, known);
      else if (text) draft.uses.set(item, visit(to.path, text));
      else
        report('E0209', item, `\`${item.from}\` is not at hand: this text is checked by itself`, {
          suggestion: 'check it as a file, together with the files that it uses',
        });
    }
    open.pop();
    order.push(draft);
    return draft;
  };
  const root = visit(entryPath(entry.file), entry);
  const nodes = [...order].reverse();
  freeze(nodes, (use, learned) =>
    report(
      'E0210',
      learned,
      `\`${use.path}\` is used both frozen and not: its parameters are either learned or kept`,
      {
        notes: [
          noteOf(use.frozenAt!, use.frozenAt!.frozen ? 'it is frozen here' : 'a frozen file uses it here'),
        ],
        suggestion: 'say `frozen` at both places or at none',
      },
    ),
  );
  name(nodes);
  return { entry: root, nodes, diagnostics };
}

const noteOf = (item: UseItem, message: string): Note => ({ message, place: at(item.fromSpan) });

const circleMessage = (paths: readonly string[]): string =>
  paths.length === 1
    ? `\`${paths[0]}\` uses itself`
    : `these files use each other in a circle: ${[...paths, paths[0]].map((p) => `\`${p}\``).join(' → ')}`;

/** Freezing passes on to what a frozen file uses. Only a file with parameters of its own can be asked for both. */
function freeze(nodes: readonly Draft[], clash: (node: Draft, learned: UseItem) => void): void {
  for (const node of nodes)
    for (const [item, to] of node.uses) {
      if (node.frozen || item.frozen) {
        to.frozen = true;
        to.frozenAt ??= item;
      } else to.learnedAt ??= item;
    }
  for (const node of nodes)
    if (node.frozenAt && node.learnedAt && node.tree.items.some((i) => i.kind === 'param'))
      clash(node, node.learnedAt);
}

/** The stem of its file; where that is taken the path without, and at last with, its suffix. */
function name([entry, ...used]: readonly Draft[]): void {
  const short = (n: Draft): string => n.path.replace(/\.energy$/, '');
  const own = new Set(
    entry.tree.items.flatMap((i) => (i.kind === 'param' || i.kind === 'data' ? [i.name.text] : [])),
  );
  const stems = used.map((n) => stemOf(n.path));
  used.forEach((n, i) => {
    const alone = stems.indexOf(stems[i]) === stems.lastIndexOf(stems[i]) && !own.has(stems[i]);
    n.label = alone ? stems[i] : own.has(short(n)) ? n.path : short(n);
  });
}
