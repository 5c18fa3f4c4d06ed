/** The compile-time views that `emit` prints, in the order in which the compiler makes them. */
export const views = ['energy', 'ast', 'typed', 'ir', 'plan', 'graph', 'tex'] as const;
export type View = (typeof views)[number];
