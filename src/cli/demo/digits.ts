/** The digits: training, classification, new drawings, halves completed. */
import type { HostArray } from '../../arrays.ts';
import { calibration, reliability } from '../../plot/calibration.ts';
import type { ChartContext } from '../../plot/context.ts';
import { historyCurves } from '../../plot/history-curves.ts';
import { type Field, lattice } from '../../plot/lattice.ts';
import type { Section } from '../../plot/page.ts';
import { trainingCurve } from '../../plot/training-curve.ts';
import type { Draws } from '../../stats/draws.ts';
import { openExample, shareParams, type Work } from './work.ts';

const SIDE = 8;
const PIXELS = SIDE * SIDE;
/** Test images whose lower half is drawn anew. */
const COMPLETED = [0, 1, 2, 3, 4, 5, 6, 7];

export interface DigitsOutcome {
  readonly sections: readonly Section[];
  readonly facts: Readonly<Record<string, number>>;
}

export async function digits(work: Work, ctx: ChartContext, file: string): Promise<DigitsOutcome> {
  const example = await openExample(work, file);
  const learned = await example.run('learn', 'fit');
  const predicted = await example.run('class', 'predict');
  const drawn = await example.run('drawings', 'sample');
  const train = dataNamed(example.session.bound.constants, 'train.p');
  const test = dataNamed(example.session.bound.constants, 'test.p');
  const labels = dataNamed(example.session.bound.constants, 'train.digit');

  const completions: Field[] = [];
  for (const which of COMPLETED) {
    const again = which === 0 ? example : await openExample(work, file, new Map([['which', which]]));
    shareParams(example.session, again.session);
    const fill = await again.run('fill', 'sample');
    const original = Array.from({ length: PIXELS }, (_, i) => test.data[which * PIXELS + i]);
    completions.push(
      picture(original, 'original'),
      picture(
        original.map((x, i) => (i < PIXELS / 2 ? x : Number.NaN)),
        'given',
      ),
      ...images(fill.draws)
        .slice(0, 4)
        .map((x) => picture(x.pixels, String(x.digit))),
    );
  }

  const probabilities: number[] = [];
  const outcomes: number[] = [];
  const k = predicted.labels.length;
  for (let r = 0; r < predicted.truth.length; r++) {
    let best = 0;
    for (let v = 1; v < k; v++)
      if (predicted.probabilities[r * k + v] > predicted.probabilities[r * k + best]) best = v;
    probabilities.push(predicted.probabilities[r * k + best]);
    outcomes.push(best === predicted.truth[r] ? 1 : 0);
  }
  const grey = { map: 'grey' as const, lo: 0, hi: 16 };
  const c = predicted.calibration;
  return {
    facts: {
      digits_training_seconds: learned.seconds,
      digits_accuracy: c.accuracy,
      digits_calibration_error: c.expected_calibration_error,
      digits_sampling_seconds: drawn.seconds.warmup + drawn.seconds.sampling,
    },
    sections: [
      {
        heading: 'Digits: data and new drawings',
        text: `One energy over 64 pixels of 17 grey levels and a class of ten, trained for ${learned.steps} steps (${learned.seconds.toFixed(0)} s) by energy discrepancy, without any sampler in the loop. The drawings are Gibbs draws of chains that start from uniform noise; the class below each is drawn with it. Which classes come out how often is what this loss learns least well: it compares rows with their own perturbations, so it learns shapes before it learns how much weight each has.`,
        svg: [
          lattice(
            ctx,
            Array.from({ length: 40 }, (_, i) =>
              picture(
                Array.from({ length: PIXELS }, (_, p) => train.data[i * PIXELS + p]),
                String(labels.data[i]),
              ),
            ),
            { ...grey, title: 'Data', columns: 8 },
          ),
          lattice(
            ctx,
            images(drawn.draws)
              .sort((a, b) => a.digit - b.digit)
              .map((x) => picture(x.pixels, String(x.digit))),
            { ...grey, title: 'Drawn from the energy', columns: 8 },
          ),
        ],
      },
      {
        heading: 'Half of an image, given the other half',
        text: 'Test images that were not trained on. Their upper half is given; the lower half and the class (the figure below) are drawn, four times each.',
        svg: lattice(ctx, completions, { ...grey, title: 'Completions', columns: 12 }),
      },
      {
        heading: 'The same energy as a classifier',
        text: `The class given the image is exact: p(class | image) ∝ exp(−E). On ${c.rows} test images: accuracy ${(100 * c.accuracy).toFixed(1)} %, expected calibration error ${(100 * c.expected_calibration_error).toFixed(1)} %.`,
        svg: [
          calibration(ctx, reliability(probabilities, outcomes), { title: 'Calibration of the digit class' }),
          trainingCurve(ctx, historyCurves(learned.history), { title: 'Training' }),
        ],
      },
    ],
  };
}

const picture = (values: readonly number[], caption: string): Field => ({
  rows: SIDE,
  cols: SIDE,
  values,
  caption,
});

function images(draws: Draws): { readonly pixels: number[]; readonly digit: number }[] {
  const p = draws.quantities.find((q) => q.name === 'r.p')!;
  const d = draws.quantities.find((q) => q.name === 'r.digit')!;
  return Array.from({ length: draws.chains * draws.draws }, (_, i) => ({
    pixels: Array.from(p.values.subarray(i * PIXELS, (i + 1) * PIXELS)),
    digit: d.values[i],
  }));
}

function dataNamed(constants: ReadonlyMap<{ readonly name: string }, HostArray>, name: string): HostArray {
  for (const [slot, array] of constants) if (slot.name === name) return array;
  throw new Error(`no data ${name}`);
}
