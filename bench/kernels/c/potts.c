/*
 * Heat bath of the Potts model, E = −β Σ [s = s'] over the edges of a graph.
 *
 *   potts FORM EDGES.npy NODES STATES BETA CHAINS SEED SECONDS [WARMUP]
 *
 * natural     node after node, the energy of each value from the neighbours, expf of each
 * weights     node after node, lanes over values: the product of rows of weights exp(−E), one looked up for each
 *             neighbour, summed up value by value and compared with a random share of the sum. Any energies of pairs
 *             (5 states)
 * table       node after node, one row of cumulative probabilities for all states of the neighbours, which must be
 *             at most three (5 states): one comparison of four lanes
 *
 * The statistic is the share of edges whose ends are equal.
 */
#include "lanes.h"

typedef float f4 __attribute__((vector_size(16)));
typedef int32_t i4 __attribute__((vector_size(16)));

static int nodes, states, chains;
static size_t edges;
static const int32_t *edge;
static int32_t *start, *other; /* The neighbours of node i: other[start[i]] … other[start[i + 1] − 1]. */
static float beta;

typedef struct {
  uint8_t *state;
  Random random;
  Randoms randoms;
} Chain;

static void natural_sweep(void *all) {
  for (int m = 0; m < chains; m++) {
    Chain *c = (Chain *)all + m;
    for (int i = 0; i < nodes; i++) {
      float weight[32], total = 0;
      for (int v = 0; v < states; v++) {
        float energy = 0;
        for (int l = start[i]; l < start[i + 1]; l++)
          if (c->state[other[l]] == v) energy -= beta;
        weight[v] = expf(-energy);
        total += weight[v];
      }
      float t = uniform(&c->random) * total;
      int v = 0;
      while (v < states - 1 && t >= weight[v]) t -= weight[v++];
      c->state[i] = (uint8_t)v;
    }
  }
}

/* Rows of 8: weights of the values 0 … 3, of value 4, and room. */
static float *weight_rows;

static inline i4 word4(uint32_t x) { return (i4){(int32_t)x, (int32_t)x, (int32_t)x, (int32_t)x}; }

static void weights_sweep(void *all) {
  for (int m = 0; m < chains; m++) {
    Chain *c = (Chain *)all + m;
    uint8_t *state = c->state;
    Randoms r = c->randoms;
    vf u;
    for (int i = 0; i < nodes; i++) {
      if (i % LANES == 0) u = uniforms(&r);
      f4 w = {1, 1, 1, 1};
      float last = 1;
      for (int l = start[i]; l < start[i + 1]; l++) {
        const float *row = weight_rows + 8 * state[other[l]];
        w *= *(const f4 *)row;
        last *= row[4];
      }
      w += (f4)_mm_slli_si128((__m128i)w, 4);
      w += (f4)_mm_slli_si128((__m128i)w, 8);
      float t = u[i % LANES] * (w[3] + last);
      state[i] = (uint8_t)__builtin_popcount(_mm_movemask_ps((__m128)(w <= (f4)_mm_set1_ps(t))));
    }
    c->randoms = r;
  }
}

/* Rows of 4 limits of 31 bits, for the states a, b, c of the neighbours at 36a + 6b + c; state 5 is no neighbour. */
static int32_t *limits;
static int32_t *three; /* Three neighbours of each node; `nodes` stands for none. */

static void table_sweep(void *all) {
  for (int m = 0; m < chains; m++) {
    Chain *c = (Chain *)all + m;
    uint8_t *state = c->state;
    Randoms r = c->randoms;
    vi u = {0};
    for (int i = 0; i < nodes; i++) {
      if (i % LANES == 0) u = (vi)(next_words(&r) >> 1);
      int row = 36 * state[three[3 * i]] + 6 * state[three[3 * i + 1]] + state[three[3 * i + 2]];
      i4 limit = *(const i4 *)(limits + 4 * row);
      state[i] = (uint8_t)__builtin_popcount(_mm_movemask_ps((__m128)(limit <= word4((uint32_t)u[i % LANES]))));
    }
    c->randoms = r;
  }
}

static double alike(void *all) {
  double sum = 0;
  for (int m = 0; m < chains; m++) {
    Chain *c = (Chain *)all + m;
    size_t n = 0;
    for (size_t e = 0; e < edges; e++) n += c->state[edge[2 * e]] == c->state[edge[2 * e + 1]];
    sum += (double)n / (double)edges;
  }
  return sum / chains;
}

static void list_neighbours(void) {
  start = room(4 * (size_t)(nodes + 1)), other = room(8 * edges);
  for (size_t e = 0; e < 2 * edges; e++) start[edge[e] + 1]++;
  for (int i = 0; i < nodes; i++) start[i + 1] += start[i];
  int32_t *at = room(4 * (size_t)nodes);
  memcpy(at, start, 4 * (size_t)nodes);
  for (size_t e = 0; e < edges; e++) {
    other[at[edge[2 * e]]++] = edge[2 * e + 1];
    other[at[edge[2 * e + 1]]++] = edge[2 * e];
  }
}

int main(int argc, char **argv) {
  if (argc < 9) return 2;
  const char *form = argv[1];
  size_t numbers;
  edge = read_npy(argv[2], 4, &numbers);
  edges = numbers / 2, nodes = atoi(argv[3]), states = atoi(argv[4]), beta = (float)atof(argv[5]);
  chains = atoi(argv[6]);
  uint64_t seed = strtoull(argv[7], 0, 10);
  double seconds = atof(argv[8]);
  int warmup = argc > 9 ? atoi(argv[9]) : 100;
  list_neighbours();
  void (*sweep)(void *) = 0;
  if (!strcmp(form, "natural")) sweep = natural_sweep;
  if (states > 32 || (!sweep && states != 5)) return 2;
  if (!sweep) {
    weight_rows = room(4 * 8 * 6);
    for (int a = 0; a < 6; a++)
      for (int v = 0; v < 5; v++) weight_rows[8 * a + v] = expf(a == v ? beta : 0);
  }
  if (!strcmp(form, "weights")) sweep = weights_sweep;
  if (!strcmp(form, "table")) {
    limits = room(16 * 216), three = room(12 * (size_t)nodes);
    for (int row = 0; row < 216; row++) {
      double weight[5], total = 0, sum = 0;
      for (int v = 0; v < 5; v++)
        total += weight[v] = exp(beta * ((row / 36 == v) + (row / 6 % 6 == v) + (row % 6 == v)));
      for (int v = 0; v < 4; v++) limits[4 * row + v] = (int32_t)((sum += weight[v]) / total * 0x1p31);
    }
    for (int i = 0; i < nodes; i++)
      for (int j = 0; j < 3; j++) {
        if (start[i + 1] - start[i] > 3) return 2;
        three[3 * i + j] = start[i] + j < start[i + 1] ? other[start[i] + j] : nodes;
      }
    sweep = table_sweep;
  }
  if (!sweep) return 2;
  Chain *all = room(sizeof(Chain) * chains);
  Random begin = start_random(seed ^ 0x5eed);
  for (int k = 0; k < chains; k++) {
    all[k].state = room((size_t)nodes + 64);
    all[k].random = start_random(seed + 1000003u * k);
    all[k].randoms = start_randoms(seed + 1000003u * k);
    for (int i = 0; i < nodes; i++) all[k].state[i] = (uint8_t)(next_word(&begin) % (uint32_t)states);
    all[k].state[nodes] = 5;
  }
  measure((Sampler){sweep, alike, all, (double)nodes * chains}, warmup, seconds);
  return 0;
}
