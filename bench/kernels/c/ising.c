/*
 * Heat bath of the Ising model, E = −β Σ s s' over the bonds of a side × side torus.
 *
 *   ising FORM SIDE CHAINS BETA SEED SECONDS [WARMUP]
 *
 * natural      site after site, expf
 * scalar-table site after site, a table of the five conditionals
 * polynomial   one colour of the checkerboard after the other, 32-bit lanes, a polynomial exponential
 * table        the same, a table of the five conditionals
 * bytes        the same in byte lanes: random bytes are compared with the first byte of the probability, and with
 *              the next only where they are equal (exact to 32 bits)
 *
 * The statistic is the mean of s s' over bonds.
 */
#include "lanes.h"

static int side, chains;
static float beta;

/* ── Site after site ── */

typedef struct {
  int8_t *spin;
  Random random;
} Plain;

static int8_t *plain_row(Plain *c, int y) { return c->spin + (size_t)((y + side) % side) * side; }

static void natural_sweep(void *all) {
  for (int k = 0; k < chains; k++) {
    Plain *c = (Plain *)all + k;
    for (int y = 0; y < side; y++) {
      int8_t *up = plain_row(c, y - 1), *row = plain_row(c, y), *down = plain_row(c, y + 1);
      for (int x = 0; x < side; x++) {
        int left = x == 0 ? side - 1 : x - 1, right = x == side - 1 ? 0 : x + 1;
        int h = up[x] + down[x] + row[left] + row[right];
        float p = 1.f / (1.f + expf(-2.f * beta * (float)h));
        row[x] = uniform(&c->random) < p ? 1 : -1;
      }
    }
  }
}

static float five[5];

static void scalar_table_sweep(void *all) {
  for (int k = 0; k < chains; k++) {
    Plain *c = (Plain *)all + k;
    for (int y = 0; y < side; y++) {
      int8_t *up = plain_row(c, y - 1), *row = plain_row(c, y), *down = plain_row(c, y + 1);
      for (int x = 0; x < side; x++) {
        int left = x == 0 ? side - 1 : x - 1, right = x == side - 1 ? 0 : x + 1;
        int h = up[x] + down[x] + row[left] + row[right];
        row[x] = uniform(&c->random) < five[(h + 4) >> 1] ? 1 : -1;
      }
    }
  }
}

static double plain_bond(void *all) {
  double sum = 0;
  for (int k = 0; k < chains; k++) {
    Plain *c = (Plain *)all + k;
    long n = 0;
    for (int y = 0; y < side; y++)
      for (int x = 0; x < side; x++) {
        int8_t *row = plain_row(c, y);
        n += row[x] * (row[(x + 1) % side] + plain_row(c, y + 1)[x]);
      }
    sum += (double)n / (2.0 * side * side);
  }
  return sum / chains;
}

/*
 * ── Colour after colour ──
 * Site k of row y of colour c is column 2k + ((y + c) & 1). Its neighbours above and below are sites k of the other
 * colour, those to the sides sites k and k − 1, or k and k + 1, of the same row. Rows have room at both ends for the
 * site that is next around the torus.
 */
#define PAD 64

typedef struct {
  uint8_t *colour[2]; /* Bytes of rows × (PAD + half + PAD) elements. */
  Randoms random;
} Board;

static int half, element;

static inline uint8_t *board_row(const Board *b, int c, int y) {
  return b->colour[c] + ((size_t)((y + side) % side) * (half + 2 * PAD) + PAD) * element;
}

#define CLOSE(type, row) ((type *)(row))[-1] = ((type *)(row))[half - 1], ((type *)(row))[half] = ((type *)(row))[0]

static void polynomial_sweep(void *all) {
  vf factor = all_f(-2.f * beta * 1.44269504f);
  vi up_spin = (vi)all_f(1.f), sign = all_i((int32_t)0x80000000);
  for (int m = 0; m < chains; m++) {
    Board *b = (Board *)all + m;
    Randoms r = b->random;
    for (int c = 0; c < 2; c++)
      for (int y = 0; y < side; y++) {
        float *own = (float *)board_row(b, c, y), *up = (float *)board_row(b, 1 - c, y - 1),
              *level = (float *)board_row(b, 1 - c, y), *down = (float *)board_row(b, 1 - c, y + 1);
        float *beside = level + ((y + c) & 1 ? 1 : -1);
        for (int k = 0; k < half; k += LANES) {
          vf h = (load_f(up + k) + load_f(down + k)) + (load_f(level + k) + load_f(beside + k));
          vf e = power_of_two(h * factor);
          vf u = uniforms(&r);
          vi stays = u + u * e < all_f(1.f);
          store_f(own + k, (vf)(up_spin | (~stays & sign)));
        }
        CLOSE(float, own);
      }
    b->random = r;
  }
}

/* Spins are 0 or four bytes of 4, so that a sum of four is 16 times and byte by byte where its entry begins. */
static void table_sweep(void *all) {
  uint32_t limits[4];
  for (int i = 0; i < 4; i++) limits[i] = (uint32_t)(five[i] * 0x1p31);
  vb low = repeat((const uint8_t *)limits), step, one = all_b(4);
  for (int i = 0; i < WIDTH; i++) step[i] = (uint8_t)(i % 4);
  vi top = all_i((int32_t)(five[4] * 0x1p31)), full = (vi)all_b(16);
  for (int m = 0; m < chains; m++) {
    Board *b = (Board *)all + m;
    Randoms r = b->random;
    for (int c = 0; c < 2; c++)
      for (int y = 0; y < side; y++) {
        int32_t *own = (int32_t *)board_row(b, c, y), *up = (int32_t *)board_row(b, 1 - c, y - 1),
                *level = (int32_t *)board_row(b, 1 - c, y), *down = (int32_t *)board_row(b, 1 - c, y + 1);
        int32_t *beside = level + ((y + c) & 1 ? 1 : -1);
        for (int k = 0; k < half; k += LANES) {
          vi sum = (load_i(up + k) + load_i(down + k)) + (load_i(level + k) + load_i(beside + k));
          vi limit = choose(sum == full, top, (vi)look_up(low, (vb)sum + step));
          vi u = (vi)(next_words(&r) >> 1);
          store_i(own + k, (u < limit) & (vi)one);
        }
        CLOSE(int32_t, own);
      }
    b->random = r;
  }
}

static void bytes_sweep(void *all) {
  uint8_t digits[4][16];
  for (int j = 0; j < 4; j++)
    for (int i = 0; i < 16; i++) digits[j][i] = (uint8_t)((uint32_t)(five[i < 5 ? i : 0] * 0x1p32) >> (24 - 8 * j));
  vb first = repeat(digits[0]), more[3] = {repeat(digits[1]), repeat(digits[2]), repeat(digits[3])};
  vb one = all_b(1);
  for (int m = 0; m < chains; m++) {
    Board *b = (Board *)all + m;
    Randoms r = b->random;
    for (int c = 0; c < 2; c++)
      for (int y = 0; y < side; y++) {
        uint8_t *own = board_row(b, c, y), *up = board_row(b, 1 - c, y - 1), *level = board_row(b, 1 - c, y),
                *down = board_row(b, 1 - c, y + 1);
        uint8_t *beside = level + ((y + c) & 1 ? 1 : -1);
        for (int k = 0; k < half; k += WIDTH) {
          vb sum = (load_b(up + k) + load_b(down + k)) + (load_b(level + k) + load_b(beside + k));
          vb limit = look_up(first, sum), u = (vb)next_words(&r);
          vb under = (vb)(u < limit), equal = (vb)(u == limit);
          for (int j = 0; j < 3 && any(equal); j++) {
            vb next = look_up(more[j], sum);
            u = (vb)next_words(&r);
            under |= equal & (vb)(u < next);
            equal &= (vb)(u == next);
          }
          store_b(own + k, under & one);
        }
        CLOSE(uint8_t, own);
      }
    b->random = r;
  }
}

static int form_of_spin; /* 0: float ±1, 1: words 0 or 4, 2: bytes 0 or 1 */

static int board_spin(const Board *b, int y, int x) {
  y = (y + side) % side, x = (x + side) % side;
  const uint8_t *row = board_row(b, (x + y) & 1, y);
  if (form_of_spin == 0) return ((const float *)row)[x / 2] > 0 ? 1 : -1;
  if (form_of_spin == 1) return ((const int32_t *)row)[x / 2] ? 1 : -1;
  return row[x / 2] ? 1 : -1;
}

static double board_bond(void *all) {
  double sum = 0;
  for (int m = 0; m < chains; m++) {
    Board *b = (Board *)all + m;
    long n = 0;
    for (int y = 0; y < side; y++)
      for (int x = 0; x < side; x++) n += board_spin(b, y, x) * (board_spin(b, y, x + 1) + board_spin(b, y + 1, x));
    sum += (double)n / (2.0 * side * side);
  }
  return sum / chains;
}

static void set_board_spin(Board *b, int y, int x, int up) {
  uint8_t *row = board_row(b, (x + y) & 1, y);
  if (form_of_spin == 0) ((float *)row)[x / 2] = up ? 1 : -1;
  else if (form_of_spin == 1) ((int32_t *)row)[x / 2] = up ? 0x04040404 : 0;
  else row[x / 2] = (uint8_t)up;
}

int main(int argc, char **argv) {
  if (argc < 7) return 2;
  const char *form = argv[1];
  side = atoi(argv[2]), chains = atoi(argv[3]), beta = (float)atof(argv[4]);
  uint64_t seed = strtoull(argv[5], 0, 10);
  double seconds = atof(argv[6]);
  int warmup = argc > 7 ? atoi(argv[7]) : 100;
  for (int i = 0; i < 5; i++) five[i] = (float)(1 / (1 + exp(-2.0 * beta * (2 * i - 4))));
  Sampler s = {0, 0, 0, (double)side * side * chains};
  Random start = start_random(seed ^ 0x5eed);
  if (!strcmp(form, "natural") || !strcmp(form, "scalar-table")) {
    Plain *all = room(sizeof(Plain) * chains);
    for (int k = 0; k < chains; k++) {
      all[k].spin = room((size_t)side * side);
      all[k].random = start_random(seed + 1000003u * k);
      for (int i = 0; i < side * side; i++) all[k].spin[i] = next_word(&start) >> 31 ? 1 : -1;
    }
    s.state = all, s.sweep = form[0] == 'n' ? natural_sweep : scalar_table_sweep, s.statistic = plain_bond;
  } else {
    form_of_spin = !strcmp(form, "polynomial") ? 0 : !strcmp(form, "table") ? 1 : !strcmp(form, "bytes") ? 2 : -1;
    half = side / 2, element = form_of_spin == 2 ? 1 : 4;
    if (form_of_spin < 0 || side % (2 * (form_of_spin == 2 ? WIDTH : LANES))) return 2;
    Board *all = room(sizeof(Board) * chains);
    for (int k = 0; k < chains; k++) {
      for (int c = 0; c < 2; c++) all[k].colour[c] = room((size_t)side * (half + 2 * PAD) * element);
      all[k].random = start_randoms(seed + 1000003u * k);
      for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) set_board_spin(all + k, y, x, next_word(&start) >> 31);
      for (int c = 0; c < 2; c++)
        for (int y = 0; y < side; y++) {
          uint8_t *row = board_row(all + k, c, y);
          if (element == 1) CLOSE(uint8_t, row);
          else CLOSE(int32_t, row);
        }
    }
    s.state = all, s.statistic = board_bond;
    s.sweep = form_of_spin == 0 ? polynomial_sweep : form_of_spin == 1 ? table_sweep : bytes_sweep;
  }
  measure(s, warmup, seconds);
  return 0;
}
