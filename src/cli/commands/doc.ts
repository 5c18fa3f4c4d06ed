import { itemsNamed, languageItems, libraryItems, nearestItem } from '../../reference/index.ts';
import { itemText, listText } from '../../reference/text.ts';
import { packageLibrary } from '../library.ts';
import { ExitCode, type Terminal, UsageError } from '../terminal.ts';

/** `energy doc [name]`: the reference of the language and of the standard library. */
export async function docCommand(terminal: Terminal, name: string | undefined): Promise<number> {
  const items = [...languageItems, ...(await libraryItems(packageLibrary()))];
  if (name === undefined) {
    terminal.event({ event: 'result', verb: 'doc', items });
    terminal.line(`${listText(items)}\n\nenergy doc NAME says more of one, energy doc std/NAME of a module.`);
    return ExitCode.fine;
  }
  const found = itemsNamed(items, name);
  if (found.length === 0) {
    const near = nearestItem(items, name);
    throw new UsageError(
      `there is nothing called \`${name}\`; ${near ? `did you mean \`${near}\`?` : 'energy doc lists all names'}`,
    );
  }
  terminal.event({ event: 'result', verb: 'doc', items: found });
  terminal.line(found.map((i) => itemText(i)).join('\n\n'));
  return ExitCode.fine;
}
