"""ε of compositions by PyPI's dp-accounting: what PrivacyAccounting is compared with.

    python3 -m pip install dp-accounting==0.6.0      # or newer
    python3 Tests/PrivacyAccountingTests/dp-accounting.py > Tests/PrivacyAccountingTests/dp-accounting.txt

One setting a line: δ, optimistic ε, pessimistic ε, then mechanisms kind:parameter:shift:count.
"""

import math
import sys

from dp_accounting.pld import privacy_loss_distribution as pld


def settings():
    """(δ, [(kind, parameter, shift, count)])."""
    for epsilon, mu, rho in [(0.1, 0.019916, 0.000177138), (1, 0.181975, 0.0149731), (3, 0.516, 0.1194), (10, 1.53788, 1.09079)]:
        for count in [1, 4, 10, 40, 150]:
            yield 1e-9, [("dg", round(count / mu**2 + 2, 6), 1, count)]
            yield 1e-9, [("dg", round(count / (2 * rho), 6), 1, count)]
    for delta in [1e-4, 1e-6, 1e-12]:
        for sigma_squared, shift, count in [(0.5, 1, 1), (3, 1, 6), (30, 2, 20), (400, 10, 5), (9000, 7, 30)]:
            yield delta, [("dg", sigma_squared, shift, count)]
    for delta in [1e-5, 1e-9]:
        for decay, shift, count in [(0.5, 1, 1), (0.1, 1, 10), (0.02, 1, 200), (0.01, 10, 8), (1.0, 1, 3)]:
            yield delta, [("dl", decay, shift, count)]
        for mu, count in [(0.2, 1), (1.5, 1), (0.05, 64)]:
            yield delta, [("g", mu, 0, count)]
        yield delta, [("pure", 0.2, 0, 30)]
        yield delta, [("dg", 12.5, 1, 8), ("dg", 100, 1, 28), ("dg", 40, 1, 7)]
        yield delta, [("dg", 5, 1, 3), ("g", 0.3, 0, 1), ("dg", 777, 3, 2)]
        yield delta, [("dg", 60, 1, 9), ("pure", 0.3, 0, 5)]


def distribution(kind, parameter, shift, interval, pessimistic):
    options = dict(value_discretization_interval=interval, pessimistic_estimate=pessimistic)
    if kind == "dg":
        return pld.from_discrete_gaussian_mechanism(math.sqrt(parameter), sensitivity=shift, **options)
    if kind == "dl":
        return pld.from_discrete_laplace_mechanism(parameter, sensitivity=shift, **options)
    if kind == "g":
        return pld.from_gaussian_mechanism(1 / parameter, **options)
    # Pure ε at its worst is randomised response.
    return pld.from_randomized_response(2 / (1 + math.exp(parameter)), 2, **options)


def epsilon(mechanisms, delta, pessimistic):
    # Its grid must be far below ε even after all losses were rounded to it.
    releases = sum(count for _, _, _, count in mechanisms)
    interval = 1e-4 if releases < 20 else 1e-5 if mechanisms[0][1] < 50_000 else 1e-6
    whole = None
    for kind, parameter, shift, count in mechanisms:
        one = distribution(kind, parameter, shift, interval, pessimistic).self_compose(count)
        whole = one if whole is None else whole.compose(one)
    return whole.get_epsilon_for_delta(delta)


for delta, mechanisms in settings():
    words = " ".join(":".join(str(part) for part in mechanism) for mechanism in mechanisms)
    print(delta, f"{epsilon(mechanisms, delta, False):.9g}", f"{epsilon(mechanisms, delta, True):.9g}", words)
    sys.stdout.flush()
