/** The tables: their files, the columns that are learned, the column that is predicted. */
import type { ColumnSpec, Scale } from './table.ts';

export interface TableSet {
  /** Of the program and, with `.csv`, of the file. */
  readonly name: string;
  readonly target: string;
  readonly columns: readonly ColumnSpec[];
}

const real = (name: string, scale: Scale = 'normal scores'): ColumnSpec => ({ kind: 'real', name, scale });
const reals = (...names: readonly string[]): ColumnSpec[] => names.map((n) => real(n));
const whole = (name: string, low: number, high: number): ColumnSpec => ({ kind: 'whole', name, low, high });
const label = (name: string, labels: readonly string[], written?: readonly string[]): ColumnSpec => ({
  kind: 'label',
  name,
  labels,
  written,
});

const iris: TableSet = {
  name: 'iris',
  target: 'class',
  columns: [
    ...reals('sepal_length__cm_', 'sepal_width__cm_', 'petal_length__cm_', 'petal_width__cm_'),
    label('class', ['setosa', 'versicolor', 'virginica'], ['0', '1', '2']),
  ],
};

const penguins: TableSet = {
  name: 'penguins',
  target: 'species',
  columns: [
    label('species', ['Adelie', 'Chinstrap', 'Gentoo']),
    label('island', ['Biscoe', 'Dream', 'Torgersen']),
    ...reals('bill_length_mm', 'bill_depth_mm', 'flipper_length_mm', 'body_mass_g'),
    label('sex', ['FEMALE', 'MALE']),
  ],
};

const wine: TableSet = {
  name: 'wine',
  target: 'class',
  columns: [
    ...reals(
      'alcohol',
      'malic_acid',
      'ash',
      'alcalinity_of_ash',
      'magnesium',
      'total_phenols',
      'flavanoids',
      'nonflavanoid_phenols',
      'proanthocyanins',
      'color_intensity',
      'hue',
      'od280_od315_of_diluted_wines',
      'proline',
    ),
    label('class', ['barolo', 'grignolino', 'barbera'], ['0', '1', '2']),
  ],
};

const statistics = (prefix: string, suffix: string): string[] =>
  [
    'radius',
    'texture',
    'perimeter',
    'area',
    'smoothness',
    'compactness',
    'concavity',
    'concave_points',
    'symmetry',
    'fractal_dimension',
  ].map((n) => `${prefix}${n}${suffix}`);

const breastCancer: TableSet = {
  name: 'breast_cancer',
  target: 'class',
  columns: [
    ...reals(...statistics('mean_', ''), ...statistics('', '_error'), ...statistics('worst_', '')),
    label('class', ['malignant', 'benign'], ['0', '1']),
  ],
};

const titanic: TableSet = {
  name: 'titanic',
  target: 'survived',
  columns: [
    whole('survived', 0, 1),
    whole('pclass', 1, 3),
    label('sex', ['female', 'male']),
    real('age'),
    whole('sibsp', 0, 8),
    whole('parch', 0, 6),
    real('fare'),
    label('embarked', ['Cherbourg', 'Queenstown', 'Southampton'], ['C', 'Q', 'S']),
  ],
};

const tips: TableSet = {
  name: 'tips',
  target: 'tip',
  columns: [
    ...reals('total_bill', 'tip'),
    label('sex', ['Female', 'Male']),
    label('smoker', ['No', 'Yes']),
    label('day', ['Thur', 'Fri', 'Sat', 'Sun']),
    label('time', ['Lunch', 'Dinner']),
    whole('size', 1, 6),
  ],
};

const mpg: TableSet = {
  name: 'mpg',
  target: 'mpg',
  columns: [
    real('mpg'),
    whole('cylinders', 3, 8),
    ...reals('displacement', 'horsepower', 'weight', 'acceleration'),
    whole('model_year', 70, 82),
    label('origin', ['europe', 'japan', 'usa']),
  ],
};

export const sets: readonly TableSet[] = [iris, penguins, wine, breastCancer, titanic, tips, mpg];
