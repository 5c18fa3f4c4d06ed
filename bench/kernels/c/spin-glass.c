/*
 * Heat bath of spins that are all coupled, E = −β Σ_(i<j) J_ij s_i s_j.
 *
 *   spin-glass FORM COUPLINGS.npy SPINS BETA CHAINS SEED SECONDS [WARMUP]
 *
 * natural      spin after spin, the field by a strict sum over the others, expf
 * products     the same, four vectors of sums
 * incremental  the fields of all spins are kept: only where a spin turns, its row of couplings is added to them
 *              (computed anew every 64 sweeps)
 * thresholds   the same, and a spin is up where its field exceeds ln(u / (1 − u)) / 2β, which is computed for all
 *              spins before a sweep, in lanes
 *
 * COUPLINGS.npy holds J_ij, i < j, row after row, float64. The statistic is −Σ J s s' / SPINS.
 */
#include "lanes.h"

static int spins, pitch, chains;
static float *coupling, beta; /* spins × pitch, symmetric, 0 on the diagonal and beyond. */

typedef struct {
  float *spin, *field, *threshold;
  Random random;
  Randoms randoms;
  int age;
} Chain;

static inline float drawn(Chain *c, float h) {
  return uniform(&c->random) < 1.f / (1.f + expf(-2.f * beta * h)) ? 1.f : -1.f;
}

static void natural_sweep(void *all) {
  for (int m = 0; m < chains; m++) {
    Chain *c = (Chain *)all + m;
    for (int i = 0; i < spins; i++) {
      const float *row = coupling + (size_t)i * pitch;
      float h = 0;
      for (int j = 0; j < spins; j++) h += row[j] * c->spin[j];
      c->spin[i] = drawn(c, h);
    }
  }
}

static float product(const float *row, const float *spin) {
  vf a = {0}, b = {0}, d = {0}, e = {0};
  for (int j = 0; j < pitch; j += 4 * LANES) {
    a += load_f(row + j) * load_f(spin + j);
    b += load_f(row + j + LANES) * load_f(spin + j + LANES);
    d += load_f(row + j + 2 * LANES) * load_f(spin + j + 2 * LANES);
    e += load_f(row + j + 3 * LANES) * load_f(spin + j + 3 * LANES);
  }
  vf sum = (a + b) + (d + e);
  float h = 0;
  for (int k = 0; k < LANES; k++) h += sum[k];
  return h;
}

static void products_sweep(void *all) {
  for (int m = 0; m < chains; m++) {
    Chain *c = (Chain *)all + m;
    for (int i = 0; i < spins; i++) c->spin[i] = drawn(c, product(coupling + (size_t)i * pitch, c->spin));
  }
}

static void refresh(Chain *c) {
  if (c->age++ % 64 == 0)
    for (int i = 0; i < spins; i++) c->field[i] = product(coupling + (size_t)i * pitch, c->spin);
}

static inline void turn(Chain *c, int i, float s) {
  c->spin[i] = s;
  const float *row = coupling + (size_t)i * pitch;
  vf change = all_f(2 * s);
  for (int j = 0; j < pitch; j += LANES) store_f(c->field + j, load_f(c->field + j) + change * load_f(row + j));
}

static void incremental_sweep(void *all) {
  for (int m = 0; m < chains; m++) {
    Chain *c = (Chain *)all + m;
    refresh(c);
    for (int i = 0; i < spins; i++) {
      float s = drawn(c, c->field[i]);
      if (s != c->spin[i]) turn(c, i, s);
    }
  }
}

static void thresholds_sweep(void *all) {
  for (int m = 0; m < chains; m++) {
    Chain *c = (Chain *)all + m;
    refresh(c);
    for (int i = 0; i < pitch; i += LANES) {
      /* In (0, 1), 23 bits. */
      vf u = __builtin_convertvector((vi)(next_words(&c->randoms) >> 9), vf) * 0x1p-23f + 0x1p-24f;
      store_f(c->threshold + i, (logarithm(u) - logarithm(1.f - u)) * (0.5f / beta));
    }
    for (int i = 0; i < spins; i++) {
      float s = c->field[i] > c->threshold[i] ? 1.f : -1.f;
      if (s != c->spin[i]) turn(c, i, s);
    }
  }
}

static double energy(void *all) {
  double sum = 0;
  for (int m = 0; m < chains; m++) {
    Chain *c = (Chain *)all + m;
    for (int i = 0; i < spins; i++) sum -= 0.5 * c->spin[i] * product(coupling + (size_t)i * pitch, c->spin);
  }
  return sum / spins / chains;
}

int main(int argc, char **argv) {
  if (argc < 8) return 2;
  size_t count;
  const double *pairs = read_npy(argv[2], 8, &count);
  spins = atoi(argv[3]), beta = (float)atof(argv[4]), chains = atoi(argv[5]);
  uint64_t seed = strtoull(argv[6], 0, 10);
  double seconds = atof(argv[7]);
  int warmup = argc > 8 ? atoi(argv[8]) : 100;
  if (count != (size_t)spins * (spins - 1) / 2) return 2;
  pitch = (spins + 63) / 64 * 64;
  coupling = room(sizeof(float) * spins * pitch);
  for (int i = 0; i < spins; i++)
    for (int j = i + 1; j < spins; j++)
      coupling[(size_t)i * pitch + j] = coupling[(size_t)j * pitch + i] = (float)*pairs++;
  void (*sweep)(void *) = !strcmp(argv[1], "natural")       ? natural_sweep
                          : !strcmp(argv[1], "products")    ? products_sweep
                          : !strcmp(argv[1], "incremental") ? incremental_sweep
                          : !strcmp(argv[1], "thresholds")  ? thresholds_sweep
                                                            : 0;
  if (!sweep) return 2;
  Chain *all = room(sizeof(Chain) * chains);
  Random begin = start_random(seed ^ 0x5eed);
  for (int k = 0; k < chains; k++) {
    all[k] = (Chain){room(4 * (size_t)pitch), room(4 * (size_t)pitch), room(4 * (size_t)pitch),
                     start_random(seed + 1000003u * k), start_randoms(seed + 1000003u * k), 0};
    for (int i = 0; i < spins; i++) all[k].spin[i] = next_word(&begin) >> 31 ? 1 : -1;
  }
  measure((Sampler){sweep, energy, all, (double)spins * chains}, warmup, seconds);
  return 0;
}
