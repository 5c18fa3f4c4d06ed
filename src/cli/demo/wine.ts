/** The wines: a mixed table learned, sampled, compared and classified. */
import { compareMarginals } from '../../plot/compare-marginals.ts';
import type { ChartContext } from '../../plot/context.ts';
import type { Section } from '../../plot/page.ts';
import { column } from '../../plot/series.ts';
import { openExample, type Work } from './work.ts';

export interface WineOutcome {
  readonly sections: readonly Section[];
  readonly facts: Readonly<Record<string, number>>;
}

export async function wine(work: Work, ctx: ChartContext, file: string): Promise<WineOutcome> {
  const example = await openExample(work, file);
  const learned = await example.run('learn', 'fit');
  const predicted = await example.run('class', 'predict');
  const drawn = await example.run('wines', 'sample');
  const compared = await example.run('check', 'compare');
  const columns = [...example.session.bound.constants]
    .filter(([slot]) => slot.name.startsWith('train.'))
    .map(([slot, array]) => {
      const field = slot.name.slice('train.'.length);
      const q = drawn.draws.quantities.find((x) => x.name === `w.${field}`)!;
      const rest = { kind: q.kind, labels: q.labels, lo: q.lo, hi: q.hi };
      const title = field.replaceAll('_', ' ');
      return { samples: column(title, q.values, rest), data: column(title, array.data, rest) };
    });
  const c = predicted.calibration;
  const s = compared.similarity;
  return {
    facts: {
      wine_training_seconds: learned.seconds,
      wine_accuracy: c.accuracy,
      wine_calibration_error: c.expected_calibration_error,
      wine_column_similarity: s.column_mean,
      wine_pair_similarity: s.pair_mean,
    },
    sections: [
      {
        heading: 'Wines: a table of thirteen reals and a class',
        text: `The same loss on a mixed table: Gaussian noise for the measurements, the heat equation of the complete graph for the class, one network over both. ${learned.steps} steps in ${learned.seconds.toFixed(0)} s on 138 rows; then chains that alternate Langevin steps and Gibbs. Columns are ${(100 * s.column_mean).toFixed(0)} % alike, pairs ${(100 * s.pair_mean).toFixed(0)} % (100 % is the same). On 40 wines kept apart the class is right in ${(100 * c.accuracy).toFixed(1)} %, calibration error ${(100 * c.expected_calibration_error).toFixed(1)} %.`,
        svg: compareMarginals(ctx, columns, { title: 'Every column: drawn beside data' }),
      },
    ],
  };
}
