/** Autocovariances of several chains: directly at small lags, by the fast Fourier transform at all. */

/**
 * The mean over chains of the autocovariance at lag l, Σ_t (x_t − x̄)(x_{t+l} − x̄) / n, computed when first
 * asked for. Short lags are summed directly; one transform of all chains gives every lag at once, and is made
 * when lags get long or when the chains, still closely correlated at lag 4, will need many.
 * @param values chains × draws, row-major
 * @returns a function of the lag, 0 … draws−1
 */
export function meanAutocovariance(
  values: Float64Array,
  chains: number,
  draws: number,
): (lag: number) => number {
  const centred = new Float64Array(values.length);
  for (let c = 0; c < chains; c++) {
    const start = c * draws;
    let sum = 0;
    for (let i = 0; i < draws; i++) sum += values[start + i];
    const mean = sum / draws;
    for (let i = 0; i < draws; i++) centred[start + i] = values[start + i] - mean;
  }
  let all: Float64Array | undefined;
  let switchAt = directLags;
  let variance = Number.POSITIVE_INFINITY;
  return (lag) => {
    if (all === undefined && lag >= switchAt) all = everyLag(centred, chains, draws);
    if (all !== undefined) return all[lag];
    let sum = 0;
    for (let c = 0; c < chains; c++) sum += lagSum(centred, c * draws, (c + 1) * draws - lag, lag);
    const covariance = sum / (chains * draws);
    if (lag === 0) variance = covariance;
    else if (lag === 4 && covariance > 0.7 * variance) switchAt = 5;
    return covariance;
  };
}

const directLags = 40;

function lagSum(x: Float64Array, from: number, to: number, lag: number): number {
  // Four sums side by side, so that no addition has to wait for the one before.
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = from;
  for (; i + 3 < to; i += 4) {
    a += x[i] * x[i + lag];
    b += x[i + 1] * x[i + 1 + lag];
    c += x[i + 2] * x[i + 2 + lag];
    d += x[i + 3] * x[i + 3 + lag];
  }
  for (; i < to; i++) a += x[i] * x[i + lag];
  return a + b + (c + d);
}

/** Wiener–Khinchin: the inverse transform of the mean power spectrum of the chains, padded with zeros. */
function everyLag(centred: Float64Array, chains: number, draws: number): Float64Array {
  let size = 1;
  while (size < 2 * draws) size *= 2;
  const power = new Float64Array(size);
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  // Two chains a transform, as real and imaginary part: the cross terms are imaginary in the end.
  for (let c = 0; c < chains; c += 2) {
    re.fill(0).set(centred.subarray(c * draws, (c + 1) * draws));
    im.fill(0);
    if (c + 1 < chains) im.set(centred.subarray((c + 1) * draws, (c + 2) * draws));
    fft(re, im);
    for (let k = 0; k < size; k++) power[k] += re[k] * re[k] + im[k] * im[k];
  }
  im.fill(0);
  fft(power, im);
  const scale = 1 / (size * chains * draws);
  return power.slice(0, draws).map((p) => p * scale);
}

/**
 * The discrete Fourier transform Σ_t x_t e^{−2πikt/n}, in place; radix 2, decimation in time.
 * @param re real parts; their number is a power of two
 * @param im imaginary parts
 */
export function fft(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j |= bit;
    if (i < j) {
      const r = re[i];
      re[i] = re[j];
      re[j] = r;
      const m = im[i];
      im[i] = im[j];
      im[j] = m;
    }
  }
  const { cos, sin } = roots(n);
  for (let half = 1; half < n; half *= 2) {
    const step = n / (2 * half);
    for (let start = 0; start < n; start += 2 * half) {
      for (let k = 0; k < half; k++) {
        const i = start + k;
        const j = i + half;
        const wr = cos[k * step];
        const wi = sin[k * step];
        const tr = re[j] * wr - im[j] * wi;
        const ti = re[j] * wi + im[j] * wr;
        re[j] = re[i] - tr;
        im[j] = im[i] - ti;
        re[i] += tr;
        im[i] += ti;
      }
    }
  }
}

let rootsOf = 0;
let cosines = new Float64Array(0);
let sines = new Float64Array(0);

/** e^{−2πik/n}, k < n/2; the table of the last n is kept. */
function roots(n: number): { readonly cos: Float64Array; readonly sin: Float64Array } {
  if (rootsOf !== n) {
    cosines = Float64Array.from({ length: n / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / n));
    sines = Float64Array.from({ length: n / 2 }, (_, k) => -Math.sin((2 * Math.PI * k) / n));
    rootsOf = n;
  }
  return { cos: cosines, sin: sines };
}
