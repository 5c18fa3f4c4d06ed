import type { Stage } from './stage.ts';
import type { TableForm, TableGroup } from './table-form.ts';
export function makeEnergies(stage: Stage, group: TableGroup, wanted: Int32Array): TableForm | null { return null; }
