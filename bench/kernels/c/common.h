/*
 * What the peers share: random numbers, a clock, reading NPY files, and measuring a sampler. A measurement runs
 * slices of sweeps on the clock of the process (time on the processor, so that others who use the machine do not
 * count) and looks at the state between slices, off the clock.
 */
#ifndef COMMON_H
#define COMMON_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void *room(size_t bytes) {
  void *p = aligned_alloc(64, (bytes + 127) / 64 * 64);
  if (!p) exit(3);
  memset(p, 0, (bytes + 127) / 64 * 64);
  return p;
}

/* splitmix64: S. Vigna, https://prng.di.unimi.it; starts the generators. */
static inline uint64_t split_next(uint64_t *x) {
  uint64_t z = (*x += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* xoshiro128++: D. Blackman, S. Vigna, ACM Trans. Math. Softw. 47 (2021) 36. */
typedef struct {
  uint32_t s[4];
} Random;

static inline Random start_random(uint64_t seed) {
  Random r;
  uint64_t x = seed;
  for (int i = 0; i < 4; i++) r.s[i] = (uint32_t)(split_next(&x) >> 32);
  return r;
}

static inline uint32_t rotate(uint32_t x, int k) { return (x << k) | (x >> (32 - k)); }

static inline uint32_t next_word(Random *r) {
  uint32_t *s = r->s, out = rotate(s[0] + s[3], 7) + s[0], t = s[1] << 9;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate(s[3], 11);
  return out;
}

/* In [0, 1), 24 bits. */
static inline float uniform(Random *r) { return (float)(next_word(r) >> 8) * 0x1p-24f; }

static inline double processor_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The elements of an NPY file (version 1, C order, no conversion). */
static inline void *read_npy(const char *path, size_t element, size_t *count) {
  FILE *f = fopen(path, "rb");
  if (!f) {
    fprintf(stderr, "%s cannot be read\n", path);
    exit(2);
  }
  uint8_t head[10];
  if (fread(head, 1, 10, f) != 10) exit(2);
  fseek(f, 0, SEEK_END);
  size_t from = 10 + head[8] + 256u * head[9], bytes = (size_t)ftell(f) - from;
  fseek(f, (long)from, SEEK_SET);
  void *data = room(bytes);
  if (fread(data, 1, bytes, f) != bytes) exit(2);
  fclose(f);
  *count = bytes / element;
  return data;
}

typedef struct {
  void (*sweep)(void *);
  double (*statistic)(void *);
  void *state;
  /* Site updates of one sweep. */
  double updates;
} Sampler;

#define SLICES 40

/*
 * Prints {"rate": site updates a second, "mean": …, "error": standard error of the mean from 10 batches,
 * "sweeps": …}.
 */
static inline void measure(Sampler s, int warmup, double seconds) {
  for (int i = 0; i < warmup; i++) s.sweep(s.state);
  double began = processor_seconds();
  s.sweep(s.state);
  double once = processor_seconds() - began;
  double seen[SLICES], spent = 0;
  double sweeps = 0;
  for (int k = 0; k < SLICES; k++) {
    if (k > 0) once = spent / sweeps;
    int todo = (int)(seconds / SLICES / (once > 1e-9 ? once : 1e-9));
    if (todo < 1) todo = 1;
    double from = processor_seconds();
    for (int i = 0; i < todo; i++) s.sweep(s.state);
    spent += processor_seconds() - from;
    sweeps += todo;
    seen[k] = s.statistic(s.state);
  }
  double batch[10] = {0}, mean = 0, variance = 0;
  for (int k = 0; k < SLICES; k++) batch[k * 10 / SLICES] += seen[k] * 10 / SLICES;
  for (int b = 0; b < 10; b++) mean += batch[b] / 10;
  for (int b = 0; b < 10; b++) variance += (batch[b] - mean) * (batch[b] - mean) / 9;
  printf("{\"rate\": %.6g, \"mean\": %.9g, \"error\": %.3g, \"sweeps\": %.0f}\n", sweeps * s.updates / spent, mean,
         sqrt(variance / 10), sweeps);
}

#endif
