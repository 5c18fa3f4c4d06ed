"""scikit-learn's BernoulliRBM on the same rows: seconds of the processor, exact mean NLL of test rows (16 hidden bits)."""

import json
import sys
import time

import numpy as np
from sklearn.neural_network import BernoulliRBM

given = json.load(sys.stdin)
train, test = np.array(given["train"], float), np.array(given["test"], float)
rows = []
# What the first call loads is not counted.
BernoulliRBM(n_components=given["hidden"], n_iter=1).fit(train)
for seed in given["seeds"]:
    machine = BernoulliRBM(
        n_components=given["hidden"],
        learning_rate=given["rate"],
        batch_size=given["batch"],
        n_iter=given["epochs"],
        random_state=seed,
    )
    began, wall = time.process_time(), time.perf_counter()
    machine.fit(train)
    used, waited = time.process_time() - began, time.perf_counter() - wall
    W, a, b = machine.components_, machine.intercept_visible_, machine.intercept_hidden_

    def energy(v):
        return -v @ a - np.logaddexp(0, v @ W.T + b).sum(1)

    n = given["hidden"]
    total = -np.inf
    for start in range(0, 2**n, 2**12):
        h = (np.arange(start, start + 2**12)[:, None] >> np.arange(n)) & 1
        total = np.logaddexp(total, np.logaddexp.reduce(h @ b + np.logaddexp(0, h @ W + a).sum(1)))
    rows.append(
        {"seed": seed, "seconds": used, "wall": waited, "train": energy(train).mean() + total, "test": energy(test).mean() + total}
    )
json.dump(rows, sys.stdout)
