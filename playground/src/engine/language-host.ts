/** Where the language service in a worker finds what is not in the editor: the files of the workspace. */
import type { LanguageHost } from '../../../src/language/service.ts';
import { documentUri, pathOf } from '../protocol.ts';
import type { WorkspaceFiles } from './workspace-files.ts';

/** The workspace as the service asks for it. Tell the service to `refresh` when files change. */
export const languageHost = (files: WorkspaceFiles): LanguageHost => ({
  reader: (uri) => files.reader(pathOf(uri)),
  data: (uri) => files.host(pathOf(uri)),
  programs: async () => files.programs().map(documentUri),
  text: async (uri) => files.text(pathOf(uri)),
});
