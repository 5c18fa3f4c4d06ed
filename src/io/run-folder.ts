/**
 * The folder that a run writes: `draws.parquet` (or `draws-1.csv` …, `draws.npz`, `draws.nc`), `params.safetensors`,
 * `events.jsonl`, and last `run.json`, which says what the others are. Every file is replaced atomically, and
 * draws in Parquet and parameters describe themselves, so a run killed between two files leaves both readable.
 */
import type { HostArray } from '../arrays.ts';
import type { Draws } from '../stats/draws.ts';
import type { ChainMoves } from '../stats/moves.ts';
import { EnergyError } from '../syntax/diagnostic.ts';
import { decodeText } from './binary.ts';
import { type CmdstanOptions, drawsFromCmdstan, readCmdstanCsv, writeCmdstanCsv } from './cmdstan-csv.ts';
import { dataFault } from './codes.ts';
import { type DrawsFormat, drawsFormats } from './draws-formats.ts';
import { type DrawsLayout, layoutFromJson, layoutOf, layoutToJson } from './draws-layout.ts';
import { type NetcdfExtras, readDrawsNetcdf, writeDrawsNetcdf } from './draws-netcdf.ts';
import { readDrawsNpz, writeDrawsNpz } from './draws-npz.ts';
import { type Host, joinPath } from './host.ts';
import { isRecord, parseJson } from './json-data.ts';
import { readDrawsParquet, writeDrawsParquet } from './parquet.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

export { type DrawsFormat, drawsFormats };

export interface RunContents {
  readonly draws?: Draws;
  /** The learned parameters by name. */
  readonly params?: ReadonlyMap<string, HostArray>;
  /** What `run.json` says: versions, hashes, seeds, options, plan, timings, diagnostics. The key `folder` is kept for this module. */
  readonly run: Readonly<Record<string, unknown>>;
  /** One JSON object a line in `events.jsonl`. */
  readonly events: readonly unknown[];
  /** Default 'parquet'. */
  readonly format?: DrawsFormat;
  /** Comments, for the format 'csv' alone. */
  readonly cmdstan?: CmdstanOptions;
  /** Data and attributes, for the format 'nc' alone. */
  readonly netcdf?: NetcdfExtras;
}

/** What `run.json` holds. */
export interface RunRecord {
  /** As given to `writeRun`; numbers that JSON lacks come back as the texts 'NaN', 'Infinity', '-Infinity'. */
  readonly run: Readonly<Record<string, unknown>>;
  /** The other files of the run. */
  readonly files: readonly string[];
  readonly draws?: {
    readonly format: DrawsFormat;
    readonly files: readonly string[];
    readonly layout: DrawsLayout;
  };
  readonly params?: string;
}

const formatName = 'energy-run';
const formatVersion = 1;
const paramsFile = 'params.safetensors';
const eventsFile = 'events.jsonl';

/**
 * Writes a run into `dir`, over an older one if there is one, whose files that the new one lacks are removed.
 * Throws EnergyError E0502, E0505 (the host's) E0522 (draws too large for NPZ, netCDF) and E0518 (netCDF without
 * its package).
 */
export async function writeRun(host: Host, dir: string, contents: RunContents): Promise<void> {
  const { draws, params, run, events, format = 'parquet' } = contents;
  const old = await readRun(host, dir).catch((cause: unknown) => {
    if (cause instanceof EnergyError) return undefined;
    throw cause;
  });
  const files: string[] = [];
  const put = async (name: string, content: Uint8Array | string): Promise<void> => {
    await host.write(joinPath(dir, name), content);
    files.push(name);
  };
  if (draws) {
    for (const [name, content] of await encodeDraws(draws, format, dir, contents)) {
      await put(name, content);
    }
  }
  const drawsFiles = [...files];
  if (params) await put(paramsFile, writeSafetensors(params, new Map([['format', formatName]])));
  await put(eventsFile, events.map((event) => `${toJson(event)}\n`).join(''));
  const folder = {
    format: formatName,
    version: formatVersion,
    files,
    ...(draws ? { draws: { format, files: drawsFiles, ...layoutToJson(layoutOf(draws)) } } : {}),
    ...(params ? { params: paramsFile } : {}),
  };
  await host.write(joinPath(dir, 'run.json'), `${toJson({ ...run, folder }, 2)}\n`);
  for (const name of old?.files ?? []) if (!files.includes(name)) await host.remove(joinPath(dir, name));
}

async function encodeDraws(
  draws: Draws,
  format: DrawsFormat,
  dir: string,
  { cmdstan, netcdf }: RunContents,
): Promise<readonly (readonly [name: string, content: Uint8Array | string])[]> {
  switch (format) {
    case 'parquet':
      return [['draws.parquet', writeDrawsParquet(draws)]];
    case 'npz':
      return [['draws.npz', writeDrawsNpz(draws, joinPath(dir, 'draws.npz'))]];
    case 'nc':
      return [['draws.nc', await writeDrawsNetcdf(draws, joinPath(dir, 'draws.nc'), netcdf)]];
    case 'csv':
      return writeCmdstanCsv(draws, cmdstan).map((text, i) => [`draws-${i + 1}.csv`, text]);
  }
}

/** JSON with the numbers it lacks (not finite, bigint) as texts and typed arrays as arrays. */
const toJson = (value: unknown, indent?: number): string =>
  JSON.stringify(
    value,
    (_, v: unknown) => {
      if (typeof v === 'bigint') return String(v);
      if (ArrayBuffer.isView(v) && !(v instanceof DataView)) return Array.from(v as Float64Array);
      return typeof v === 'number' && !Number.isFinite(v) ? String(v) : v;
    },
    indent,
  );

/** Reads `run.json`. Throws EnergyError E0520 where `dir` is no run folder, E0521 where the file is damaged. */
export async function readRun(host: Host, dir: string): Promise<RunRecord> {
  const path = joinPath(dir, 'run.json');
  if (!(await host.exists(path))) {
    throw dataFault('E0520', dir, `\`${dir}\` is not a run folder: it holds no \`run.json\`.`, {
      suggestion: 'Name the folder that a run wrote.',
    });
  }
  const value = parseJson(decodeText(await host.read(path), 'E0521', path), path);
  if (!isRecord(value) || !isRecord(value.folder) || value.folder.format !== formatName) {
    throw dataFault(
      'E0520',
      dir,
      `\`${dir}\` is not a run folder: its \`run.json\` was not written by a run.`,
    );
  }
  const { folder, ...run } = value;
  if (folder.version !== formatVersion) {
    throw dataFault(
      'E0520',
      dir,
      `\`${dir}\` has version ${String(folder.version)} of the run format; expected ${formatVersion}.`,
    );
  }
  const files = fileList(folder.files, path);
  if (folder.params !== undefined && folder.params !== paramsFile) {
    throw dataFault('E0521', path, `\`${path}\` does not name its parameters' file \`${paramsFile}\`.`);
  }
  return {
    run,
    files,
    ...(folder.draws === undefined ? {} : { draws: readDrawsEntry(folder.draws, path) }),
    ...(folder.params === undefined ? {} : { params: paramsFile }),
  };
}

function readDrawsEntry(value: unknown, path: string): NonNullable<RunRecord['draws']> {
  const format = drawsFormats.find((f) => isRecord(value) && value.format === f);
  if (!isRecord(value) || !format)
    throw dataFault('E0521', path, `\`${path}\` gives its draws no format that is known.`);
  return { format, files: fileList(value.files, path), layout: layoutFromJson(value, 'E0521', path) };
}

const moveKeys = ['divergences', 'truncated', 'missing', 'acceptance', 'trips'] as const;

/** What a run says of its chains' moves; nothing where it says nothing that is understood. */
export function movesOf({ run }: RunRecord): readonly ChainMoves[] {
  if (!Array.isArray(run.chains)) return [];
  return run.chains.map((c: unknown): ChainMoves => {
    if (!isRecord(c)) return {};
    return Object.fromEntries(moveKeys.flatMap((k) => (typeof c[k] === 'number' ? [[k, c[k]]] : [])));
  });
}

/** Names of files in the folder itself; anything that could lead elsewhere is refused. */
function fileList(value: unknown, path: string): readonly string[] {
  if (
    Array.isArray(value) &&
    value.every((n): n is string => typeof n === 'string' && /^[\w-][\w.-]*$/.test(n))
  ) {
    return value;
  }
  throw dataFault('E0521', path, `\`${path}\` does not list the files of its folder.`);
}

/**
 * Reads all draws of a run back, names, shapes, labels and bounds included. Throws EnergyError E0520 (no run
 * folder, or a run without draws), E0521 (files that disagree) and those of the formats' readers.
 */
export async function readDraws(host: Host, dir: string): Promise<Draws> {
  const { draws } = await readRun(host, dir);
  if (!draws) throw dataFault('E0520', dir, `The run in \`${dir}\` recorded no draws.`);
  const paths = draws.files.map((name) => joinPath(dir, name));
  if (draws.format === 'csv') {
    if (paths.length !== draws.layout.chains) {
      throw dataFault(
        'E0521',
        dir,
        `The run in \`${dir}\` has ${paths.length} files for ${draws.layout.chains} chains.`,
      );
    }
    const files = [];
    for (const file of paths) files.push({ file, chain: readCmdstanCsv(await host.read(file), file) });
    return drawsFromCmdstan(files, draws.layout);
  }
  const [file] = paths;
  if (file === undefined) throw dataFault('E0521', dir, `The run in \`${dir}\` names no file of draws.`);
  const bytes = await host.read(file);
  switch (draws.format) {
    case 'parquet':
      return readDrawsParquet(bytes, file);
    case 'npz':
      return readDrawsNpz(bytes, draws.layout, file);
    case 'nc':
      return readDrawsNetcdf(bytes, draws.layout, file);
  }
}

/** Reads the learned parameters of a run. Throws EnergyError E0520 where there are none, and `readSafetensors`'s. */
export async function readParams(host: Host, dir: string): Promise<ReadonlyMap<string, HostArray>> {
  const { params } = await readRun(host, dir);
  if (params === undefined) {
    throw dataFault('E0520', dir, `The run in \`${dir}\` holds no parameters.`, {
      suggestion: 'Name the folder of a fit.',
    });
  }
  const file = joinPath(dir, params);
  return readSafetensors(await host.read(file), file).tensors;
}

/** Reads the events of a run. Throws EnergyError E0520, E0512 for a line that is no JSON (with its row). */
export async function readEvents(host: Host, dir: string): Promise<readonly unknown[]> {
  await readRun(host, dir);
  const file = joinPath(dir, eventsFile);
  const lines = decodeText(await host.read(file), 'E0512', file).split('\n');
  return lines.flatMap((line, i) => {
    if (line === '') return [];
    try {
      return [JSON.parse(line) as unknown];
    } catch {
      throw dataFault('E0512', file, `Line ${i + 1} of \`${file}\` is not JSON.`, { row: i + 1 });
    }
  });
}
