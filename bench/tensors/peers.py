"""The same steps in PyTorch. One line of JSON in: {"case", "threads", "seconds"}; one line of milliseconds out."""
import json
import sys
import time

import torch
from torch import nn


def discrepancy(energies, rows, negatives):
    """Mean over rows of log(1 + sum over M negatives of exp(E(x) - E(x-))) - log M, stabilised by w = 1."""
    lower, upper = energies[: rows], energies[rows:].view(rows, negatives)
    gaps = torch.cat([lower[:, None] - upper, torch.zeros(rows, 1)], 1)
    return torch.logsumexp(gaps, 1).mean()


def layers(sizes):
    out = []
    for a, b in zip(sizes, sizes[1:]):
        out += [nn.Linear(a, b), nn.SiLU()]
    return nn.Sequential(*out[:-1])


def network(hidden):
    net = layers([32, *hidden, 1])
    adam = torch.optim.Adam(net.parameters(), lr=0.002)
    data = (torch.rand(4096, 32) < 0.5).float()
    p = 0.5 * (1 - torch.exp(torch.tensor(-2 * 0.1)))

    def step():
        x = data[torch.randint(0, 4096, (128,))]
        flips = (torch.rand(128, 32, 32) < p).float()
        y = (x[:, None] - flips).abs()
        loss = discrepancy(net(torch.cat([x, y.view(-1, 32)]))[:, 0], 128, 32)
        adam.zero_grad()
        loss.backward()
        adam.step()

    return step


def table():
    net = layers([6 + 8 * 5, 1024, 1024, 1024, 1])
    adam = torch.optim.Adam(net.parameters(), lr=0.0001)
    numbers, words = torch.randn(4096, 6), torch.randint(0, 5, (4096, 8))
    stay = torch.exp(torch.tensor(-5 * 0.1 / 5))

    def step():
        rows = torch.randint(0, 4096, (1024,))
        x, c = numbers[rows], words[rows]
        y = x[:, None] + 0.1**0.5 * torch.randn(1024, 32, 6)
        fresh = torch.randint(0, 5, (1024, 32, 8))
        d = torch.where(torch.rand(1024, 32, 8) < stay, c[:, None], fresh)
        numeric = torch.cat([x, y.view(-1, 6)])
        symbols = torch.cat([c, d.view(-1, 8)])
        inputs = torch.cat([numeric, nn.functional.one_hot(symbols, 5).view(-1, 40).float()], 1)
        loss = discrepancy(net(inputs)[:, 0], 1024, 32)
        adam.zero_grad()
        loss.backward()
        adam.step()

    return step


def image():
    first, second = nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
    out = torch.nn.Parameter(0.01 * torch.randn(8, 28, 28))
    parameters = [*first.parameters(), *second.parameters(), out]
    x = torch.randn(100, 1, 28, 28, requires_grad=True)

    def step():
        silu = nn.functional.silu
        energy = (out * silu(second(silu(first(x))))).sum((1, 2, 3))
        torch.autograd.grad(energy.sum(), [x, *parameters])

    return step


def machine():
    W = 0.05 * torch.randn(784, 500)
    a, b = 0.1 * torch.randn(784), 0.1 * torch.randn(500)
    state = [(torch.rand(100, 784) < 0.5).float()]

    @torch.no_grad()
    def step():
        h = torch.bernoulli(torch.sigmoid(state[0] @ W + b))
        state[0] = torch.bernoulli(torch.sigmoid(h @ W.T + a))

    return step


def lattice():
    x = torch.where(torch.rand(64, 256, 256) < 0.5, -1.0, 1.0)

    @torch.no_grad()
    def step():
        right, down = torch.roll(x, -1, 2), torch.roll(x, -1, 1)
        field = right + down
        energy = -0.44 * (x * field).sum((1, 2))
        grad = -0.44 * (field + torch.roll(x, 1, 2) + torch.roll(x, 1, 1))
        return energy, grad

    return step


makers = {
    "network-3": lambda: network([256, 256, 256]),
    "network-2": lambda: network([256, 256]),
    "table": table,
    "image": image,
    "machine": machine,
    "lattice": lattice,
}
made = {}

print(json.dumps({"version": torch.__version__}), flush=True)
for line in sys.stdin:
    order = json.loads(line)
    torch.set_num_threads(order["threads"])
    name = order["case"]
    if name not in made:
        made[name] = makers[name]()
    step = made[name]
    step()
    times, end = [], time.perf_counter() + order["seconds"]
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        step()
        times.append(1000 * (time.perf_counter() - start))
    print(json.dumps(times), flush=True)
