/** What things are called in other languages and libraries, for "did you mean". */

const domains: Readonly<Record<string, string>> = {
  float: 'real',
  double: 'real',
  number: 'real',
  bool: 'bit',
  boolean: 'bit',
  integer: 'int',
  vector: 'real[3]',
  matrix: 'real[3, 3]',
  categorical: 'category',
};

const functions: Readonly<Record<string, string>> = {
  average: 'mean',
  avg: 'mean',
  std: 'sd',
  stddev: 'sd',
  var: 'variance',
  product: 'prod',
  maximum: 'max',
  minimum: 'min',
  fmax: 'max',
  fmin: 'min',
  fabs: 'abs',
  ln: 'log',
  log_e: 'log',
  arcsin: 'asin',
  arccos: 'acos',
  arctan: 'atan',
  arctan2: 'atan2',
  expit: 'sigmoid',
  gammaln: 'lgamma',
  len: 'size',
  length: 'size',
  num_elements: 'size',
  rows: 'size',
  eye: 'identity',
  inv: 'inverse',
  logdet: 'log_det',
  log_determinant: 'log_det',
  determinant: 'det',
  quad_form: 'quad',
  dot_product: 'dot',
  gaussian: 'normal',
  double_exponential: 'laplace',
  inverse_gamma: 'inv_gamma',
  neg_binomial_2: 'neg_binomial_mean',
  negative_binomial: 'neg_binomial',
  multivariate_normal: 'multi_normal',
  mvn: 'multi_normal',
  multi_normal_prec: 'multi_normal_precision',
  student: 'student_t',
  std_normal: 'normal',
};

const of = (table: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

export const domainElsewhere = (name: string): string | undefined => of(domains, name);

export const functionElsewhere = (name: string): string | undefined => of(functions, name);
