/*
 * Heat bath of the ±J glass, E = −β Σ J_pq s_p s_q over the bonds of a side³ torus, each J either −1 or 1.
 *
 *   lattice-glass FORM COUPLINGS.npy SIDE BETA CHAINS SEED SECONDS [WARMUP]
 *
 * natural     site after site, expf
 * polynomial  one colour of the checkerboard after the other, 32-bit lanes, a weight for each neighbour, a polynomial
 *             exponential
 * table       the same, signs for weights and a table of the seven conditionals
 *
 * COUPLINGS.npy holds for each site (z, y, x), x fastest, the float64 coupling to its next along x, y and z. The
 * statistic is the mean of J s s' over bonds.
 */
#include "lanes.h"

static int side, half, rows, chains;
static const double *given;
static float beta;

static inline int around(int x) { return x < 0 ? x + side : x >= side ? x - side : x; }
static inline int site(int z, int y, int x) { return (around(z) * side + around(y)) * side + around(x); }

/* ── Site after site ── */

typedef struct {
  int8_t *spin;
  Random random;
} Plain;

static int8_t *along[3]; /* The coupling of a site to its next along x, y, z. */

static void natural_sweep(void *all) {
  for (int m = 0; m < chains; m++) {
    Plain *c = (Plain *)all + m;
    int8_t *s = c->spin;
    for (int z = 0; z < side; z++)
      for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
          int i = site(z, y, x), l = site(z, y, x - 1), u = site(z, y - 1, x), b = site(z - 1, y, x);
          int h = along[0][i] * s[site(z, y, x + 1)] + along[0][l] * s[l] + along[1][i] * s[site(z, y + 1, x)] +
                  along[1][u] * s[u] + along[2][i] * s[site(z + 1, y, x)] + along[2][b] * s[b];
          s[i] = uniform(&c->random) < 1.f / (1.f + expf(-2.f * beta * (float)h)) ? 1 : -1;
        }
  }
}

/* ── Colour after colour: site k of row (z, y) of colour c is column 2k + ((z + y + c) & 1). ── */
#define PAD 16

typedef struct {
  int32_t *colour[2]; /* rows × (PAD + half + PAD): floats ±1 or words 0 and 4 in each byte. */
  Randoms random;
} Board;

/* Of each colour, for its sites in order: what joins them to the neighbours below, above, y ∓ 1, z ∓ 1 in order of
 * the lists: same place, beside, y − 1, y + 1, z − 1, z + 1. Floats, or masks for the words. */
static int32_t *joint[2][6];
static int words;

static inline int32_t *row_of(int32_t *base, int z, int y) {
  return base + (size_t)(around(z) * side + around(y)) * (half + 2 * PAD) + PAD;
}

static inline void close_row(int32_t *row) { row[-1] = row[half - 1], row[half] = row[0]; }

static void polynomial_sweep(void *all) {
  vf factor = all_f(-2.f * beta * 1.44269504f);
  vi up_spin = (vi)all_f(1.f), sign = all_i((int32_t)0x80000000);
  for (int m = 0; m < chains; m++) {
    Board *b = (Board *)all + m;
    Randoms r = b->random;
    for (int c = 0; c < 2; c++)
      for (int z = 0; z < side; z++)
        for (int y = 0; y < side; y++) {
          int32_t *out = row_of(b->colour[c], z, y), *o = b->colour[1 - c];
          const float *level = (float *)row_of(o, z, y), *beside = level + ((z + y + c) & 1 ? 1 : -1),
                      *y0 = (float *)row_of(o, z, y - 1), *y1 = (float *)row_of(o, z, y + 1),
                      *z0 = (float *)row_of(o, z - 1, y), *z1 = (float *)row_of(o, z + 1, y);
          size_t at = (size_t)(z * side + y) * half;
          for (int k = 0; k < half; k += LANES) {
#define JOINT(d) load_f((const float *)joint[c][d] + at + k)
            vf h = (load_f(level + k) * JOINT(0) + load_f(beside + k) * JOINT(1)) +
                   (load_f(y0 + k) * JOINT(2) + load_f(y1 + k) * JOINT(3)) +
                   (load_f(z0 + k) * JOINT(4) + load_f(z1 + k) * JOINT(5));
            vf u = uniforms(&r);
            vi stays = u + u * power_of_two(h * factor) < all_f(1.f);
            store_i(out + k, up_spin | (~stays & sign));
          }
          close_row(out);
        }
    b->random = r;
  }
}

static void table_sweep(void *all) {
  uint32_t limit[8] = {0};
  for (int i = 0; i < 7; i++) limit[i] = (uint32_t)(0x1p31 / (1 + exp(-2.0 * beta * (2 * i - 6))));
  vb low = repeat((const uint8_t *)limit), high = repeat((const uint8_t *)(limit + 4)), step, one = all_b(4);
  for (int i = 0; i < WIDTH; i++) step[i] = (uint8_t)(i % 4);
  vi last_low = (vi)all_b(12);
  for (int m = 0; m < chains; m++) {
    Board *b = (Board *)all + m;
    Randoms r = b->random;
    for (int c = 0; c < 2; c++)
      for (int z = 0; z < side; z++)
        for (int y = 0; y < side; y++) {
          int32_t *out = row_of(b->colour[c], z, y), *o = b->colour[1 - c];
          const int32_t *level = row_of(o, z, y), *beside = level + ((z + y + c) & 1 ? 1 : -1),
                        *y0 = row_of(o, z, y - 1), *y1 = row_of(o, z, y + 1), *z0 = row_of(o, z - 1, y),
                        *z1 = row_of(o, z + 1, y);
          size_t at = (size_t)(z * side + y) * half;
          for (int k = 0; k < half; k += LANES) {
#define MASK(d) load_i(joint[c][d] + at + k)
            vi sum = (load_i(level + k) ^ MASK(0)) + (load_i(beside + k) ^ MASK(1)) + (load_i(y0 + k) ^ MASK(2)) +
                     (load_i(y1 + k) ^ MASK(3)) + (load_i(z0 + k) ^ MASK(4)) + (load_i(z1 + k) ^ MASK(5));
            vb index = (vb)sum + step;
            vi under = choose(sum > last_low, (vi)look_up(high, index), (vi)look_up(low, index));
            store_i(out + k, ((vi)(next_words(&r) >> 1) < under) & (vi)one);
          }
          close_row(out);
        }
    b->random = r;
  }
}

static int board_spin(const Board *b, int z, int y, int x) {
  z = around(z), y = around(y), x = around(x);
  int32_t word = row_of(b->colour[(x + y + z) & 1], z, y)[x / 2];
  return words ? (word ? 1 : -1) : word > 0 ? 1 : -1;
}

static int plain;

static double satisfied(void *all) {
  double sum = 0;
  for (int m = 0; m < chains; m++)
    for (int z = 0; z < side; z++)
      for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
          const double *J = given + 3 * site(z, y, x);
#define SPIN(z, y, x) (plain ? ((Plain *)all)[m].spin[site(z, y, x)] : board_spin((Board *)all + m, z, y, x))
          sum += SPIN(z, y, x) * (J[0] * SPIN(z, y, x + 1) + J[1] * SPIN(z, y + 1, x) + J[2] * SPIN(z + 1, y, x));
        }
  return sum / (3.0 * side * side * side) / chains;
}

static int32_t as_word(double J) {
  float f = (float)J;
  int32_t bits;
  memcpy(&bits, &f, 4);
  return words ? (J < 0 ? 0x04040404 : 0) : bits;
}

static void join(void) {
  for (int c = 0; c < 2; c++) {
    for (int d = 0; d < 6; d++) joint[c][d] = room(4 * (size_t)rows * half);
    for (int z = 0; z < side; z++)
      for (int y = 0; y < side; y++)
        for (int k = 0; k < half; k++) {
          int odd = (z + y + c) & 1, x = 2 * k + odd, i = site(z, y, x);
          double before = given[3 * site(z, y, x - 1)], after = given[3 * i];
          double J[6] = {odd ? before : after, odd ? after : before, given[3 * site(z, y - 1, x) + 1],
                         given[3 * i + 1], given[3 * site(z - 1, y, x) + 2], given[3 * i + 2]};
          for (int d = 0; d < 6; d++) joint[c][d][(size_t)(z * side + y) * half + k] = as_word(J[d]);
        }
  }
}

int main(int argc, char **argv) {
  if (argc < 8) return 2;
  size_t count;
  given = read_npy(argv[2], 8, &count);
  side = atoi(argv[3]), half = side / 2, rows = side * side, beta = (float)atof(argv[4]), chains = atoi(argv[5]);
  uint64_t seed = strtoull(argv[6], 0, 10);
  double seconds = atof(argv[7]);
  int warmup = argc > 8 ? atoi(argv[8]) : 100, sites = side * rows;
  if (count != 3 * (size_t)sites) return 2;
  Sampler s = {0, satisfied, 0, (double)sites * chains};
  Random begin = start_random(seed ^ 0x5eed);
  plain = !strcmp(argv[1], "natural");
  words = !strcmp(argv[1], "table");
  if (plain) {
    for (int d = 0; d < 3; d++) {
      along[d] = room((size_t)sites);
      for (int i = 0; i < sites; i++) along[d][i] = (int8_t)given[3 * i + d];
    }
    Plain *all = room(sizeof(Plain) * chains);
    for (int m = 0; m < chains; m++) {
      all[m] = (Plain){room((size_t)sites), start_random(seed + 1000003u * m)};
      for (int i = 0; i < sites; i++) all[m].spin[i] = next_word(&begin) >> 31 ? 1 : -1;
    }
    s.sweep = natural_sweep, s.state = all;
  } else {
    if (side % (2 * LANES) || (!words && strcmp(argv[1], "polynomial"))) return 2;
    join();
    Board *all = room(sizeof(Board) * chains);
    for (int m = 0; m < chains; m++) {
      all[m].random = start_randoms(seed + 1000003u * m);
      for (int c = 0; c < 2; c++) {
        all[m].colour[c] = room(4 * (size_t)rows * (half + 2 * PAD));
        for (int z = 0; z < side; z++)
          for (int y = 0; y < side; y++) {
            int32_t *row = row_of(all[m].colour[c], z, y);
            for (int k = 0; k < half; k++) {
              int up = next_word(&begin) >> 31;
              row[k] = words ? (up ? 0x04040404 : 0) : as_word(up ? 1 : -1);
            }
            close_row(row);
          }
      }
    }
    s.sweep = words ? table_sweep : polynomial_sweep, s.state = all;
  }
  measure(s, warmup, seconds);
  return 0;
}
