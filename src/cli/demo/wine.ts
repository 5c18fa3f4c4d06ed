/** The wines: a mixed table learned, sampled, compared and classified. */
import { comparisonChart } from '../../plot/comparison.ts';
import type { ChartContext } from '../../plot/context.ts';
import type { Section } from '../../plot/page.ts';
import { verdict } from '../../stats/verdict.ts';
import { openExample, type Work } from './work.ts';

export interface WineOutcome {
  readonly sections: readonly Section[];
  readonly facts: Readonly<Record<string, number>>;
}

export async function wine(work: Work, ctx: ChartContext, file: string): Promise<WineOutcome> {
  const example = await openExample(work, file);
  const learned = await example.run('learn', 'fit');
  const predicted = await example.run('class', 'predict');
  await example.run('wines', 'sample');
  const compared = await example.run('check', 'compare');
  const c = predicted.calibration;
  const s = compared.similarity;
  return {
    facts: {
      wine_training_seconds: learned.seconds,
      wine_accuracy: c.accuracy,
      wine_calibration_error: c.expected_calibration_error,
      ...(compared.classifier ? { wine_told_apart: compared.classifier.accuracy } : {}),
      wine_column_similarity: s.column_mean,
      wine_pair_similarity: s.pair_mean,
    },
    sections: [
      {
        heading: 'Wines: a table of thirteen reals and a class',
        text: `The same loss on a mixed table: Gaussian noise for the measurements, the heat equation of the complete graph for the class, one network over both. ${learned.steps} steps in ${learned.seconds.toFixed(0)} s on 138 rows; then chains that alternate Langevin steps and Gibbs. Columns are ${(100 * s.column_mean).toFixed(0)} % alike, pairs ${(100 * s.pair_mean).toFixed(0)} % (100 % is the same); ${verdict(compared.classifier)}. On 40 wines kept apart the class is right in ${(100 * c.accuracy).toFixed(1)} %, calibration error ${(100 * c.expected_calibration_error).toFixed(1)} %.`,
        svg: comparisonChart(ctx, compared, { title: 'Wines: drawn beside data' }),
      },
    ],
  };
}
