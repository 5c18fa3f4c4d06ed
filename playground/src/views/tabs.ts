/** Tabs: one panel shown at a time, arrow keys along the list, Alt with a number from anywhere. */

export interface Tabs {
  readonly shown: string;
  /** Shows a panel by the name of its tab. */
  show(name: string): void;
}

/**
 * @param list the element with the role `tablist`; its buttons are the tabs, called by `data-tab`, and name their
 * panels by `aria-controls`
 * @param changed called with the name of a tab that comes up
 */
export function makeTabs(list: HTMLElement, changed: (name: string) => void): Tabs {
  const tabs = [...list.querySelectorAll<HTMLButtonElement>('[role="tab"]')];
  const nameOf = (tab: HTMLElement): string => tab.dataset.tab ?? '';
  let shown = nameOf(tabs.find((t) => t.getAttribute('aria-selected') === 'true') ?? tabs[0]);

  const select = (tab: HTMLButtonElement): void => {
    if (nameOf(tab) === shown) return;
    shown = nameOf(tab);
    for (const t of tabs) {
      const own = t === tab;
      t.setAttribute('aria-selected', String(own));
      t.tabIndex = own ? 0 : -1;
      const panel = document.getElementById(t.getAttribute('aria-controls') ?? '');
      if (panel) panel.hidden = !own;
    }
    changed(shown);
  };
  for (const tab of tabs) tab.addEventListener('click', () => select(tab));
  list.addEventListener('keydown', (e) => {
    const at = tabs.indexOf(document.activeElement as HTMLButtonElement);
    const to =
      e.key === 'ArrowRight'
        ? (at + 1) % tabs.length
        : e.key === 'ArrowLeft'
          ? (at + tabs.length - 1) % tabs.length
          : e.key === 'Home'
            ? 0
            : e.key === 'End'
              ? tabs.length - 1
              : -1;
    if (at < 0 || to < 0) return;
    e.preventDefault();
    tabs[to].focus();
    select(tabs[to]);
  });
  addEventListener('keydown', (e) => {
    if (!e.altKey || e.ctrlKey || e.metaKey || e.shiftKey) return;
    const tab = tabs[Number(/^Digit([1-9])$/.exec(e.code)?.[1] ?? 0) - 1];
    if (!tab) return;
    e.preventDefault();
    select(tab);
    tab.focus();
  });
  return {
    get shown() {
      return shown;
    },
    show(name) {
      const tab = tabs.find((t) => nameOf(t) === name);
      if (tab) select(tab);
    },
  };
}
