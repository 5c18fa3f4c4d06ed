"""Peers of the tables experiment, from scikit-learn: forests that learn from real and from drawn rows.

Reads JSON from standard input: {"task": "classes" or "number", "target": j, "labels": [j, ...],
"train": rows, "draws": rows, "test": rows}, rows as lists of numbers; writes one JSON object.
"""
import json
import sys

import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import mean_squared_error, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict


def split(rows, target):
    rows = np.asarray(rows, float)
    return np.delete(rows, target, axis=1), rows[:, target]


def one_hot(rows, labels, sizes):
    parts = []
    for j in range(rows.shape[1]):
        if j in labels:
            parts.append(np.eye(sizes[j])[rows[:, j].astype(int)])
        else:
            parts.append(rows[:, [j]])
    return np.concatenate(parts, axis=1)


def quality(task, x, y, test_x, test_y):
    if task == "number":
        model = RandomForestRegressor(300, random_state=0, n_jobs=1).fit(x, y)
        return {"rmse": mean_squared_error(test_y, model.predict(test_x)) ** 0.5}
    model = RandomForestClassifier(300, random_state=0, n_jobs=1, min_samples_leaf=2).fit(x, y)
    p = model.predict_proba(test_x)
    classes = np.unique(test_y)
    accuracy = float(np.mean(model.classes_[p.argmax(axis=1)] == test_y))
    areas = [
        roc_auc_score(test_y == c, p[:, list(model.classes_).index(c)])
        for c in (classes[1:] if len(classes) == 2 else classes)
        if c in model.classes_
    ]
    return {"accuracy": accuracy, "area": float(np.mean(areas))}


def told_apart(real, drawn):
    """Area under the curve of a forest that tells draws from real rows, over five folds: 0.5 is the best."""
    n = min(len(real), len(drawn))
    x = np.concatenate([real[:n], drawn[:n]])
    y = np.concatenate([np.ones(n), np.zeros(n)])
    model = RandomForestClassifier(300, random_state=0, n_jobs=1, min_samples_leaf=2)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    p = cross_val_predict(model, x, y, cv=folds, method="predict_proba")[:, 1]
    return float(roc_auc_score(y, p))


def main():
    job = json.load(sys.stdin)
    all_rows = {k: np.asarray(job[k], float) for k in ("train", "draws", "test")}
    sizes = {j: int(max(r[:, j].max() for r in all_rows.values())) + 1 for j in job["labels"]}
    hot = {k: one_hot(r, set(job["labels"]), sizes) for k, r in all_rows.items()}
    target = job["target"]
    parts = {k: split(r, target) for k, r in all_rows.items()}
    shifted = {(j if j < target else j - 1): n for j, n in sizes.items() if j != target}
    x = {k: one_hot(p[0], set(shifted), shifted) for k, p in parts.items()}
    y = {k: p[1] for k, p in parts.items()}
    json.dump(
        {
            "real": quality(job["task"], x["train"], y["train"], x["test"], y["test"]),
            "drawn": quality(job["task"], x["draws"], y["draws"], x["test"], y["test"]),
            "told_apart": told_apart(hot["train"], hot["draws"]),
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
