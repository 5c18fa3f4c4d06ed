/*
 * Vectors as wide as the build allows, of 32-bit lanes or of bytes: 16 bytes with SSE4.2, 32 with AVX2, 64 with
 * AVX-512. Arithmetic is the compiler's vector extension; what that lacks is written with intrinsics.
 */
#ifndef LANES_H
#define LANES_H

#include "common.h"
#include <immintrin.h>

#if defined(__AVX512BW__) && defined(__AVX512VL__)
#define WIDTH 64
#elif defined(__AVX2__)
#define WIDTH 32
#else
#define WIDTH 16
#endif
#define LANES (WIDTH / 4)

typedef float vf __attribute__((vector_size(WIDTH)));
typedef int32_t vi __attribute__((vector_size(WIDTH)));
typedef uint32_t vu __attribute__((vector_size(WIDTH)));
typedef uint8_t vb __attribute__((vector_size(WIDTH)));
typedef vf vf_any __attribute__((aligned(4), may_alias));
typedef vi vi_any __attribute__((aligned(4), may_alias));
typedef vb vb_any __attribute__((aligned(1), may_alias));

static inline vf load_f(const float *p) { return *(const vf_any *)p; }
static inline vi load_i(const int32_t *p) { return *(const vi_any *)p; }
static inline vb load_b(const uint8_t *p) { return *(const vb_any *)p; }
static inline void store_f(float *p, vf x) { *(vf_any *)p = x; }
static inline void store_i(int32_t *p, vi x) { *(vi_any *)p = x; }
static inline void store_b(uint8_t *p, vb x) { *(vb_any *)p = x; }
static inline vf all_f(float x) { return (vf){0} + x; }
static inline vi all_i(int32_t x) { return (vi){0} + x; }
static inline vb all_b(uint8_t x) { return (vb){0} + x; }

/* 16 bytes in every 16 bytes of a vector. */
static inline vb repeat(const uint8_t *bytes) {
  vb out;
  for (int i = 0; i < WIDTH; i++) out[i] = bytes[i % 16];
  return out;
}

/* Byte i of the result is table[i's 16][index & 15], 0 where the index has its top bit. */
static inline vb look_up(vb table, vb index) {
#if WIDTH == 64
  return (vb)_mm512_shuffle_epi8((__m512i)table, (__m512i)index);
#elif WIDTH == 32
  return (vb)_mm256_shuffle_epi8((__m256i)table, (__m256i)index);
#else
  return (vb)_mm_shuffle_epi8((__m128i)table, (__m128i)index);
#endif
}

static inline int any(vb mask) {
#if WIDTH == 64
  return _mm512_movepi8_mask((__m512i)mask) != 0;
#elif WIDTH == 32
  return _mm256_movemask_epi8((__m256i)mask) != 0;
#else
  return _mm_movemask_epi8((__m128i)mask) != 0;
#endif
}

static inline vi choose(vi mask, vi a, vi b) { return (mask & a) | (~mask & b); }

/* One generator a lane. */
typedef struct {
  vu s0, s1, s2, s3;
} Randoms;

static inline Randoms start_randoms(uint64_t seed) {
  Randoms r;
  uint64_t x = seed;
  for (int i = 0; i < LANES; i++) {
    r.s0[i] = (uint32_t)(split_next(&x) >> 32);
    r.s1[i] = (uint32_t)(split_next(&x) >> 32);
    r.s2[i] = (uint32_t)(split_next(&x) >> 32);
    r.s3[i] = (uint32_t)(split_next(&x) >> 32);
  }
  return r;
}

static inline vu next_words(Randoms *r) {
  vu sum = r->s0 + r->s3, out = ((sum << 7) | (sum >> 25)) + r->s0, t = r->s1 << 9;
  r->s2 ^= r->s0;
  r->s3 ^= r->s1;
  r->s1 ^= r->s2;
  r->s0 ^= r->s3;
  r->s2 ^= t;
  r->s3 = (r->s3 << 11) | (r->s3 >> 21);
  return out;
}

/* In [0, 1), 24 bits. */
static inline vf uniforms(Randoms *r) { return __builtin_convertvector((vi)(next_words(r) >> 8), vf) * 0x1p-24f; }

/* x, or the nearer of −limit and limit. */
static inline vf within(vf x, float limit) {
#if WIDTH == 64
  return (vf)_mm512_max_ps(_mm512_min_ps((__m512)x, _mm512_set1_ps(limit)), _mm512_set1_ps(-limit));
#elif WIDTH == 32
  return (vf)_mm256_max_ps(_mm256_min_ps((__m256)x, _mm256_set1_ps(limit)), _mm256_set1_ps(-limit));
#else
  return (vf)_mm_max_ps(_mm_min_ps((__m128)x, _mm_set1_ps(limit)), _mm_set1_ps(-limit));
#endif
}

/*
 * 2^x for |x| up to 125, beyond that its value there; relative error 2e-7. x = n + r, r in [−½, ½], a polynomial of
 * degree 5 in r (minimax by Lawson's iteration, 7.5e-8 before rounding).
 */
static inline vf power_of_two(vf x) {
  x = within(x, 125.f);
  vf shifted = x + 12582912.f; /* 1.5 · 2²³: rounds to the nearest whole number */
  vf r = x - (shifted - 12582912.f);
  vf p = all_f(1.3276466e-3f);
  p = p * r + 9.6755410e-3f;
  p = p * r + 5.5507135e-2f;
  p = p * r + 2.4022120e-1f;
  p = p * r + 6.9314694e-1f;
  p = p * r + 1.0000001f;
  return (vf)((vi)p + ((vi)shifted << 23));
}

/* The natural logarithm of positive normal numbers, relative error 1e-7: coefficients of Cephes (S. Moshier). */
static inline vf logarithm(vf x) {
  /* x = m · 2^e with m in [√½, √2). */
  vi bits = (vi)x - 0x3f3504f3, e = bits >> 23;
  vf z = (vf)((bits & 0x007fffff) + 0x3f3504f3) - 1.f, square = z * z, n = __builtin_convertvector(e, vf);
  vf p = all_f(7.0376836292e-2f);
  p = p * z - 1.1514610310e-1f;
  p = p * z + 1.1676998740e-1f;
  p = p * z - 1.2420140846e-1f;
  p = p * z + 1.4249322787e-1f;
  p = p * z - 1.6668057665e-1f;
  p = p * z + 2.0000714765e-1f;
  p = p * z - 2.4999993993e-1f;
  p = p * z + 3.3333331174e-1f;
  return z + (p * z * square - square * 0.5f - n * 2.12194440e-4f) + n * 0.693359375f;
}

#endif
