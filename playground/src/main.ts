/** The page: files and their editor on the left, jobs and their results on the right. */
import { dataUrls } from './data-files.ts';
import { makeDivider } from './divider.ts';
import { byId, icon } from './dom.ts';
import { examples } from './examples.ts';
import { keepOffline } from './offline.ts';
import { programPage } from './program-page.ts';
import { makeThemes, type Theme } from './theme.ts';
import { makeToast } from './views/toast.ts';
import { makeDesk } from './workspace/desk.ts';
import { keepDrafts } from './workspace/drafts.ts';
import { fileMenu } from './workspace/file-menu.ts';
import type { Folder } from './workspace/folder.ts';
import { activeText } from './workspace/model.ts';
import { neighbours, textHere } from './workspace/neighbours.ts';
import { claim } from './workspace/one-tab.ts';
import { exampleNamed, findFolder, firstWorkspace, fromLink } from './workspace/opening.ts';
import { folderName, safeName } from './workspace/paths.ts';
import { workspaceSession } from './workspace/session.ts';
import { browserNotes, browserStorage, programStore } from './workspace/storage.ts';
import { makeTeller } from './workspace/told.ts';

const themes = makeThemes();
const notice = makeToast(byId('toast', HTMLElement));
const store = programStore(browserStorage(), browserNotes());
const looking = findFolder();
let folder: Folder | null = null;

const opening = await firstWorkspace(store, looking);
const session = workspaceSession(opening.workspace, store, undefined, () =>
  notice('The browser does not keep this program: download it before you leave'),
);
const teller = makeTeller();
const bundled = new Map(examples.map((e) => [e.file, e.text]));

const page = programPage(themes, {
  typed: (text) => session.type(text),
  reads: (paths) => desk.show(paths.map((p) => folderName(session.now.active) + p)),
  files: neighbours({
    session,
    folder: () => folder,
    notice,
    bundled,
    openFile: (path) => desk.openFile(path),
    reveal: (line, column) => page.editor.reveal(line, column),
    saved: () => desk.show(),
  }),
  openProgram: (file, text) => session.create(file, text),
  engineFault: (why) => notice(`Another engine computes: ${why}`),
  ready: () => void keepOffline(looking, notice),
});

const desk = makeDesk({
  session,
  notice,
  editor: page.editor,
  bundled: { texts: bundled, urls: dataUrls },
  showRun: page.showRun,
});

session.onChange((change) => {
  const w = session.now;
  const own = change === 'opened' || location.hash === '';
  if (!own) history.replaceState(null, '', location.pathname + location.search);
  if (change === 'opened' || change === 'active') page.open(w.active, activeText(w), change === 'opened');
  if (change !== 'name' && change !== 'text') page.editor.follow((path) => textHere(session, bundled, path));
  if (change === 'opened') desk.back();
  if (change !== 'name' && change !== 'text') {
    page.tell(teller.tell(w));
    page.check();
  }
  if (session.kept !== null) void claim(session.kept);
  showHead();
  desk.show();
});

function showHead(): void {
  const { name, origin } = session.now;
  byId('name', HTMLInputElement).value = name;
  const about = origin.kind === 'example' ? exampleNamed(origin.name)?.about : undefined;
  byId('about', HTMLElement).textContent =
    about ??
    (origin.kind === 'folder' ? 'a folder of this machine' : origin.kind === 'link' ? 'from a link' : '');
  document.title = `${name} · Energy playground`;
}

function showTheme(theme: Theme): void {
  const button = byId('theme', HTMLButtonElement);
  button.replaceChildren(icon(theme === 'dark' ? 'sun' : 'moon'));
  button.setAttribute('aria-pressed', String(theme === 'dark'));
  page.setTheme(theme);
}

const press = (id: string, act: () => void): void =>
  byId(id, HTMLButtonElement).addEventListener('click', act);
press('run', () => page.run(null));
press('stop', () => page.stop());
press('pause', () => page.togglePause());
press('share', () => void desk.share());
press('theme', () => themes.toggle());
press('examples', () => {
  void import('./views/gallery.ts').then(({ openGallery }) =>
    openGallery({ examples, onPick: (example) => desk.openExample(example) }),
  );
});
byId('name', HTMLInputElement).addEventListener('change', (e) => {
  const { name, active, files } = session.now;
  session.setName((e.target as HTMLInputElement).value);
  // A program by itself is called like its file.
  if (active === `${safeName(name)}.energy` && files.size === 1)
    session.rename(active, `${safeName(session.now.name)}.energy`);
  showHead();
});
fileMenu(byId('file-menu', HTMLButtonElement), { desk, session, store, folder: () => folder });

/** Keys that work everywhere; Monaco has its own before these. */
const keys: Readonly<Record<string, () => void>> = {
  Enter: () => page.run(null),
  o: () => void desk.pickFiles(),
  s: () => void desk.save(),
  S: () => void desk.download(),
  b: () => desk.toggleFiles(),
};
addEventListener('keydown', (e) => {
  const act =
    (e.ctrlKey || e.metaKey) && !e.altKey ? keys[e.shiftKey ? e.key.toUpperCase() : e.key] : undefined;
  if (!act || e.defaultPrevented || document.querySelector('dialog[open]')) return;
  e.preventDefault();
  act();
});
addEventListener('hashchange', () => {
  void fromLink(location.hash).then((w) => w && session.open(w));
});
addEventListener('pagehide', () => void session.flush());
document.addEventListener('visibilitychange', () => void session.flush());
addEventListener('beforeunload', (e) => {
  if (session.now.origin.kind === 'folder' && (folder?.unsaved(session.now).length ?? 0) > 0)
    e.preventDefault();
});

makeDivider(byId('divider', HTMLElement), byId('panes', HTMLElement));
themes.onChange(showTheme);
showTheme(themes.now);
session.open(opening.workspace, opening.id);
if (opening.remark !== undefined) notice(opening.remark);
folder = await looking;
desk.setFolder(folder);
if (folder) keepDrafts(session, folder, store);
desk.show();
