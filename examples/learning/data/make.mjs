/**
 * Makes the small data sets of these examples that are made up, from scratch: `node examples/learning/data/make.mjs`.
 * Each is drawn from a law that stands here, so what an example learns can be held against it.
 */
import { normal, pick, save as write, uniform } from '../../recipes.mjs';

const save = (name, header, rows) => write(import.meta.url, name, header, rows);

/** Eight spins on a ring, E = −0.6 Σ sᵢ sᵢ₊₁ − 0.8 s₀ s₄ − 0.2 Σ sᵢ: exact draws from all 256 states. */
{
  const u = uniform(1);
  const states = Array.from({ length: 256 }, (_, c) => Array.from({ length: 8 }, (_, i) => ((c >> i) & 1) * 2 - 1));
  const weights = states.map((s) =>
    Math.exp(s.reduce((e, x, i) => e + 0.6 * x * s[(i + 1) % 8] + 0.2 * x, 0.8 * s[0] * s[4])),
  );
  save('spins.csv', states[0].map((_, i) => `s${i}`), Array.from({ length: 2000 }, () => states[pick(u, weights)]));
}

/** Bars and stripes on 4×4: every set of full rows and every set of full columns, each picture once. */
{
  const seen = new Set();
  for (let c = 0; c < 16; c++) {
    const lines = [0, 1, 2, 3].map((i) => (c >> i) & 1);
    seen.add(lines.flatMap((x) => [x, x, x, x]).join(','));
    seen.add([...lines, ...lines, ...lines, ...lines].join(','));
  }
  save('bars.csv', Array.from({ length: 16 }, (_, i) => `v${i}`), [...seen].map((r) => [r]));
}

/**
 * Days of weather: the month; the temperature, warm in July; the sky, clearer in summer; rain, which needs
 * clouds and is likelier when it is cold; the wind, stronger in winter and under clouds.
 */
{
  const u = uniform(4);
  const skies = ['clear', 'scattered', 'overcast'];
  save('weather.csv', ['month', 'temperature', 'sky', 'rain', 'wind'], Array.from({ length: 1500 }, () => {
    const month = Math.floor(12 * u());
    const summer = -Math.cos((2 * Math.PI * (month - 0.5)) / 12);
    const sky = pick(u, [Math.exp(0.9 * summer), 1, Math.exp(-0.9 * summer)]);
    const temperature = 10 + 9 * summer - 1.5 * sky * summer + 3 * normal(u);
    const rain = u() < [0.02, 0.2, 0.65][sky] ? 1 : 0;
    const wind = Math.min(4, Math.max(0, Math.round(1.5 - 0.6 * summer + 0.5 * sky + 0.8 * normal(u))));
    return [month, temperature.toFixed(1), skies[sky], rain, wind];
  }));
}
