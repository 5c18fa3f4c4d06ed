/**
 * Reading a table of a million rows and ten columns of mixed kinds, CSV and Parquet, beside pandas and pyarrow where
 * Python has them; then `score`, `fit` and `new` from the command line to their last file. Seconds of the processor,
 * all threads, so that other work on the machine does not count, and the largest memory, each in a process of its own.
 *
 *   npm run bench:tables [rows] [folder]
 *
 * ENERGY_TEST_PYTHON names the Python.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { nodeHost } from '../../src/io/node-host.ts';
import { readData } from '../../src/io/table.ts';
import { Stream } from '../../src/random/stream.ts';

interface Measured {
  readonly seconds: number;
  /** Bytes. */
  readonly peak: number;
}

const jobs = ['clerk', 'nurse', 'engineer', 'teacher', 'driver', 'cook', 'other', 'none'];
const names = ['id', 'age', 'income', 'x', 'y', 'score', 'kids', 'owns', 'job', 'city'] as const;

const program = `enum Job = { ${jobs.join(', ')} }
type Row = { age : int(18, 89), income : real(0, inf), x : real, y : real, owns : bit, job : Job }
data rows : Row[person] from "table.csv"
param a : real = 0.3
param s : real(0, inf) = 1
param m : real[Job] = 0
energy Person(r : Row) {
  term fit   = 0.5 * (r.y - a * r.x - m[r.job]) ^ 2 / s ^ 2 + log(s)
  term other = 0.5 * r.x ^ 2 + 0.5 * (log(r.income) - 10) ^ 2 - 0.1 * r.owns + 0.001 * r.age
}
`;

/** Rows in turn: whole numbers, rounded numbers, doubles with all their digits, labels. */
function* rowsOf(count: number): Generator<readonly (string | number)[]> {
  const stream = new Stream(1, 'table');
  for (let id = 0; id < count; id++) {
    const x = stream.normal();
    yield [
      id,
      18 + stream.int(72),
      Number(Math.exp(10 + 0.5 * stream.normal()).toFixed(2)),
      x,
      0.5 * x + 0.8 * stream.normal(),
      Number(stream.normal().toFixed(6)),
      stream.int(6),
      stream.int(2),
      jobs[stream.int(jobs.length)],
      `city_${String(stream.int(40)).padStart(2, '0')}`,
    ];
  }
}

function writeTables(dir: string, count: number): void {
  const columns: (string | number)[][] = names.map(() => []);
  const file = openSync(path.join(dir, 'table.csv'), 'w');
  let lines = [names.join(',')];
  const flush = (): void => {
    writeSync(file, `${lines.join('\n')}\n`);
    lines = [];
  };
  for (const row of rowsOf(count)) {
    lines.push(row.join(','));
    row.forEach((cell, i) => {
      columns[i].push(cell);
    });
    if (lines.length === 10_000) flush();
  }
  if (lines.length > 0) flush();
  closeSync(file);
  const columnData = names.map((name, i) => {
    const data = columns[i];
    if (typeof data[0] === 'string') return { name, data: data as string[], type: 'STRING' as const };
    const whole = (data as number[]).every(Number.isInteger);
    return whole
      ? { name, data: Int32Array.from(data as number[]), type: 'INT32' as const }
      : { name, data: Float64Array.from(data as number[]), type: 'DOUBLE' as const };
  });
  writeFileSync(path.join(dir, 'table.parquet'), new Uint8Array(parquetWriteBuffer({ columnData })));
  writeFileSync(path.join(dir, 'table.energy'), program);
}

/** What a child says on its last line, as JSON. */
function child(command: string, args: readonly string[]): Measured | null {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Measured) : null;
}

const python = process.env.ENERGY_TEST_PYTHON || 'python3';
const inPython = (setup: string, act: string, file: string): Measured | null =>
  child(python, [
    '-c',
    `import sys, time, resource, json
${setup}
start = time.process_time()
table = ${act}
print(json.dumps({"seconds": time.process_time() - start, "peak": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))`,
    file,
  ]);

function command(dir: string, ...args: readonly string[]): Measured | null {
  const bin = fileURLToPath(new URL('../../src/cli/bin.js', import.meta.url));
  const told =
    'process.on("exit",()=>{const u=process.resourceUsage();console.error("spent",u.userCPUTime+u.systemCPUTime,u.maxRSS)})';
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${told}`, bin, ...args],
    { cwd: dir, encoding: 'utf8' },
  );
  const spent = /^spent (\d+) (\d+)$/m.exec(stderr);
  return status === 0 && spent ? { seconds: Number(spent[1]) / 1e6, peak: 1024 * Number(spent[2]) } : null;
}

function show(what: string, m: Measured | null): void {
  const figures = m
    ? `${m.seconds.toFixed(2).padStart(7)} s ${(m.peak / 2 ** 20).toFixed(0).padStart(6)} MiB`
    : '  not there';
  console.log(`${what.padEnd(44)}${figures}`);
}

if (process.argv[2] === 'read') {
  const file = process.argv[3];
  const host = nodeHost({ root: path.dirname(file) });
  const start = process.cpuUsage();
  await readData(host, path.basename(file));
  const { user, system } = process.cpuUsage(start);
  const seconds = (user + system) / 1e6;
  console.log(JSON.stringify({ seconds, peak: 1024 * process.resourceUsage().maxRSS }));
} else {
  const count = Number(process.argv[2] ?? 1_000_000);
  const dir = process.argv[3] ?? path.join(tmpdir(), `energy-tables-${count}`);
  mkdirSync(dir, { recursive: true });
  if (!existsSync(path.join(dir, 'table.energy'))) writeTables(dir, count);
  for (const name of ['table.csv', 'table.parquet']) {
    const file = path.join(dir, name);
    console.log(`\n${name}: ${count} rows, ${(statSync(file).size / 1e6).toFixed(1)} MB`);
    const csv = name.endsWith('.csv');
    show('energy reads', child(process.execPath, [fileURLToPath(import.meta.url), 'read', file]));
    show(
      'pandas reads',
      inPython('import pandas', `pandas.read_${csv ? 'csv' : 'parquet'}(sys.argv[1])`, file),
    );
    const arrow = csv
      ? ['import pyarrow.csv as r', 'r.read_csv']
      : ['import pyarrow.parquet as r', 'r.read_table'];
    show(
      'pyarrow reads, one thread',
      inPython(
        arrow[0],
        `${arrow[1]}(sys.argv[1]${csv ? ', r.ReadOptions(use_threads=False)' : ', use_threads=False'})`,
        file,
      ),
    );
    show(
      'energy score, from start to end',
      command(dir, 'score', 'table.energy', '--data', `rows=${name}`, '-o', 's'),
    );
    show(
      'energy fit --steps 100, from start to end',
      command(dir, 'fit', 'table.energy', '--data', `rows=${name}`, '--steps', '100', '-o', 'f'),
    );
    show('energy new --from', command(dir, 'new', 'fresh.energy', '--force', '--from', name));
  }
}
