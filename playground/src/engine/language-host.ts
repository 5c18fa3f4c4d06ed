/** Where the language service in a worker finds what is not in the editor: the files of the workspace. */
import type { LanguageHost } from '../../../src/language/service.ts';
import { isStd } from '../../../src/syntax/module-path.ts';
import { documentUri, pathOf } from '../protocol.ts';
import { baseName } from '../workspace/paths.ts';
import type { WorkspaceFiles } from './workspace-files.ts';

/** Modules of the library are documents of their own, named as `use` names them. */
const STD = 'std/';

/** The workspace as the service asks for it. Tell the service to `refresh` when files change. */
export const languageHost = (files: WorkspaceFiles): LanguageHost => ({
  reader: (uri) => files.reader(pathOf(uri)),
  data: (uri) => files.host(pathOf(uri)),
  libraryUri: (name) => documentUri(STD + name),
  programs: async () => files.programs().map(documentUri),
  async text(uri) {
    const path = pathOf(uri);
    const reader = files.reader(path);
    if (isStd(path)) return reader.library.read(path.slice(STD.length));
    // What lies in a folder elsewhere comes when it is asked for, and examples with the page.
    return files.text(path) ?? reader.read(baseName(path)).catch(() => undefined);
  },
});
