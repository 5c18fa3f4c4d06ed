/*
 * Energy and gradient of posteriors, float64, as one writes them down: a loop over rows, what a row adds to each
 * number. Scales are unconstrained on the log line, with the Jacobian.
 *
 *   gradient logistic     X.npy Y.npy ROWS COLUMNS POINT.npy SECONDS
 *   gradient hierarchical X.npy Y.npy GROUP.npy GROUPS POINT.npy SECONDS
 *
 * logistic      y ~ bernoulli_logit(alpha + X w), alpha and w ~ normal(0, 2.5); coordinates alpha, w
 * hierarchical  y ~ normal(a[group] + b x, sigma), a ~ normal(mu, tau), mu, b ~ normal(0, 10), tau, sigma ~
 *               half_normal(5); coordinates mu, b, tau, sigma, a
 *
 * Prints {"rate": gradients a second, "energy": …, "gradient": […]} at POINT.
 */
#include "common.h"

static const double *x, *y;
static const int32_t *group;
static int rows, columns, groups;

#define HALF_LOG_2PI 0.91893853320467274178

static double normal_energy(double value, double mean, double sd) {
  double z = (value - mean) / sd;
  return 0.5 * z * z + log(sd) + HALF_LOG_2PI;
}

__attribute__((noinline)) static double logistic(const double *point, double *gradient) {
  double energy = 0;
  for (int j = 0; j <= columns; j++) {
    energy += normal_energy(point[j], 0, 2.5);
    gradient[j] = point[j] / (2.5 * 2.5);
  }
  for (int i = 0; i < rows; i++) {
    const double *row = x + (size_t)i * columns;
    double eta = point[0];
    for (int j = 0; j < columns; j++) eta += row[j] * point[1 + j];
    double e = exp(-fabs(eta));
    energy += (eta > 0 ? eta : 0) + log1p(e) - y[i] * eta;
    double p = eta > 0 ? 1 / (1 + e) : e / (1 + e), residual = p - y[i];
    gradient[0] += residual;
    for (int j = 0; j < columns; j++) gradient[1 + j] += residual * row[j];
  }
  return energy;
}

__attribute__((noinline)) static double hierarchical(const double *point, double *gradient) {
  double mu = point[0], b = point[1], tau = exp(point[2]), sigma = exp(point[3]), per_tau = 1 / tau, per_sigma = 1 / sigma;
  const double *a = point + 4;
  /* half_normal(5), twice the normal density, and the Jacobian of exp. */
  double energy = normal_energy(mu, 0, 10) + normal_energy(b, 0, 10) + normal_energy(tau, 0, 5) +
                  normal_energy(sigma, 0, 5) - 2 * log(2) - point[2] - point[3];
  double by_mu = mu / 100, by_b = b / 100, by_tau = tau / 25, by_sigma = sigma / 25;
  for (int g = 0; g < groups; g++) {
    double z = (a[g] - mu) * per_tau;
    energy += 0.5 * z * z;
    gradient[4 + g] = z * per_tau;
    by_mu -= z * per_tau;
    by_tau += (1 - z * z) * per_tau;
  }
  energy += groups * (point[2] + HALF_LOG_2PI);
  for (int i = 0; i < rows; i++) {
    double z = (y[i] - a[group[i]] - b * x[i]) * per_sigma;
    energy += 0.5 * z * z;
    gradient[4 + group[i]] -= z * per_sigma;
    by_b -= x[i] * z * per_sigma;
    by_sigma += (1 - z * z) * per_sigma;
  }
  energy += rows * (point[3] + HALF_LOG_2PI);
  gradient[0] = by_mu, gradient[1] = by_b, gradient[2] = by_tau * tau - 1, gradient[3] = by_sigma * sigma - 1;
  return energy;
}

int main(int argc, char **argv) {
  if (argc < 8) return 2;
  size_t count, size;
  int is_logistic = !strcmp(argv[1], "logistic");
  x = read_npy(argv[2], 8, &count), y = read_npy(argv[3], 8, &count);
  rows = (int)count;
  if (is_logistic) {
    columns = atoi(argv[5]), size = (size_t)columns + 1;
    if (rows != atoi(argv[4])) return 2;
  } else {
    group = read_npy(argv[4], 4, &count);
    groups = atoi(argv[5]), size = (size_t)groups + 4;
    if ((size_t)rows != count) return 2;
  }
  double *point = read_npy(argv[6], 8, &count), *moved = room(8 * size), *gradient = room(8 * size), energy = 0;
  if (count != size) return 2;
  double seconds = atof(argv[7]), (*evaluate)(const double *, double *) = is_logistic ? logistic : hierarchical;
  /* Each evaluation is at a point a little off, as those of a trajectory are. */
  memcpy(moved, point, 8 * size);
  double spent = 0, done = 0, keep = 0, from = processor_seconds();
  for (int todo = 1; spent < seconds; todo = (int)(done * 0.1) + 1) {
    for (int i = 0; i < todo; i++) {
      moved[0] = point[0] + 1e-9 * (i & 255);
      keep += evaluate(moved, gradient) + gradient[size - 1];
    }
    done += todo;
    spent = processor_seconds() - from;
  }
  energy = evaluate(point, gradient);
  printf("{\"rate\": %.6g, \"evaluations\": %.0f, \"kept\": %g, \"energy\": %.15g, \"gradient\": [", done / spent, done,
         keep, energy);
  for (size_t j = 0; j < size; j++) printf("%s%.15g", j ? ", " : "", gradient[j]);
  printf("]}\n");
  return 0;
}
