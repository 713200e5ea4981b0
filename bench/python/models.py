"""The other side of `bench models`: the same work with numpy and with `lifetimes`.

The benchmark starts it with the file of customers and asks it line by line, so that it sleeps while
the Rust side works. A question is one JSON object on a line, and so is its answer:

    {"ask": "score_numpy", "parameters": {...}, "horizon": 39.0, "save": "FILE"}
    {"seconds": 0.05}

What a question names in "save" is written there as little-endian 64-bit floats, outside the time
that is taken, so that the benchmark can compare every customer.

The numpy implementations are as tight as we could make them: vectorised, in place, in chunks that
stay in the cache, analytic gradients, duplicates counted once where that pays.
"""

import gc
import json
import sys
import time

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, digamma, gammaln, hyp2f1

DAYS_PER_WEEK = 7.0
# So many numbers of eight bytes stay in the second-level cache, several arrays of them.
CHUNK = 8192
# Points of the quadrature: as many give lnL of such data to the last digits.
NODES = 16


class Customers:
    """What both sides read: repeat transactions, days to the last one, days observed."""

    def __init__(self, path):
        days = np.fromfile(path, dtype="<i4").reshape(-1, 3)
        self.frequency_count = np.ascontiguousarray(days[:, 0])
        self.age_days = np.ascontiguousarray(days[:, 2])
        self.recency_days = np.ascontiguousarray(days[:, 1])
        self.frequency = self.frequency_count.astype(float)
        self.recency = self.recency_days / DAYS_PER_WEEK
        self.age = self.age_days / DAYS_PER_WEEK


class Distinct:
    """Every distinct customer once, with the number of them, in the order of their times."""

    def __init__(self, customers):
        most = int(customers.frequency_count.max()) + 1
        longest = int(customers.age_days.max()) + 1
        key = customers.recency_days.astype(np.int64) * longest + customers.age_days
        key *= most
        key += customers.frequency_count
        key, count = np.unique(key, return_counts=True)
        pair, frequency = np.divmod(key, most)
        self.frequency = frequency.astype(float)
        self.recency = (pair // longest) / DAYS_PER_WEEK
        self.age = (pair % longest) / DAYS_PER_WEEK
        self.count = count.astype(float)
        first = np.flatnonzero(np.diff(pair, prepend=-1))
        self.pair_recency = self.recency[first]
        self.pair_age = self.age[first]
        self.pair_of_row = np.cumsum(np.diff(pair, prepend=pair[0]) != 0)
        frequencies, self.place_of_frequency = np.unique(self.frequency, return_inverse=True)
        self.frequencies = frequencies
        self.customers_of_frequency = np.bincount(self.place_of_frequency, weights=self.count)


# --- BG/NBD, scoring ---


def odds_of_leaving(parameters, frequency, recency, age, odds):
    """Fills `odds` with what a customer of these figures has of having left, to one."""
    r, alpha, a, b = parameters
    odds[:] = age
    odds += alpha
    odds /= recency + alpha
    np.log(odds, out=odds)
    odds *= frequency + r
    np.exp(odds, out=odds)
    odds *= a
    odds /= np.maximum(frequency, 1.0) + (b - 1.0)
    odds *= frequency > 0


def probability_alive(parameters, customers, alive):
    for start in range(0, len(alive), CHUNK):
        part = slice(start, start + CHUNK)
        odds = alive[part]
        odds_of_leaving(
            parameters, customers.frequency[part], customers.recency[part], customers.age[part], odds
        )
        odds += 1.0
        np.reciprocal(odds, out=odds)


def expected_if_alive(parameters, horizon, frequency, age):
    """What somebody alive will buy: Fader, Hardie & Lee (2005), equation 10, without its denominator."""
    r, alpha, a, b = parameters
    last = a + b + frequency - 1.0
    end = alpha + age + horizon
    series = hyp2f1(r + frequency, b + frequency, last, horizon / end)
    return last / (a - 1.0) * (1.0 - ((alpha + age) / end) ** (r + frequency) * series)


def score_every_row(parameters, horizon, customers, alive, expected):
    """Asks for the hypergeometric function once a customer."""
    probability_alive(parameters, customers, alive)
    for start in range(0, len(alive), CHUNK):
        part = slice(start, start + CHUNK)
        expected[part] = expected_if_alive(
            parameters, horizon, customers.frequency[part], customers.age[part]
        )
        expected[part] *= alive[part]


def score_by_table(parameters, horizon, customers, alive, expected):
    """Asks for the hypergeometric function once a pair of frequency and age, by a table."""
    probability_alive(parameters, customers, alive)
    longest = int(customers.age_days.max()) + 1
    most = int(customers.frequency_count.max()) + 1
    is_present = np.zeros(most * longest, dtype=bool)
    for start in range(0, len(alive), CHUNK):
        part = slice(start, start + CHUNK)
        is_present[customers.frequency_count[part] * longest + customers.age_days[part]] = True
    present = np.flatnonzero(is_present)
    table = np.zeros(most * longest)
    frequency, days = np.divmod(present, longest)
    table[present] = expected_if_alive(
        parameters, horizon, frequency.astype(float), days / DAYS_PER_WEEK
    )
    for start in range(0, len(alive), CHUNK):
        part = slice(start, start + CHUNK)
        place = customers.frequency_count[part] * longest + customers.age_days[part]
        np.multiply(table[place], alive[part], out=expected[part])


# --- BG/NBD, fitting ---


def bgnbd_slope(logs, distinct):
    """Returns minus the log-likelihood per customer, and its slope by the parameters' logarithms."""
    r, alpha, a, b = np.exp(logs)
    x, n = distinct.frequencies, distinct.customers_of_frequency
    value = n @ (gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b))
    all_of_them = n @ (digamma(a + b) - digamma(a + b + x))
    slope = np.array(
        [
            n @ (digamma(r + x) - digamma(r) + np.log(alpha)),
            n.sum() * r / alpha,
            all_of_them,
            all_of_them + n @ (digamma(b + x) - digamma(b)),
        ]
    )
    log_odds_of = np.where(x > 0, np.log(a) - np.log(np.maximum(x, 1.0) + b - 1.0), -np.inf)
    inverse_of = np.where(x > 0, 1.0 / (np.maximum(x, 1.0) + b - 1.0), 0.0)
    for start in range(0, len(distinct.count), CHUNK):
        part = slice(start, start + CHUNK)
        place, count = distinct.place_of_frequency[part], distinct.count[part]
        exponent = distinct.frequency[part] + r
        age, recency = distinct.age[part] + alpha, distinct.recency[part] + alpha
        log_age = np.log(age)
        difference = log_age - np.log(recency)
        log_odds = log_odds_of[place] + exponent * difference
        left = 1.0 / (1.0 + np.exp(-log_odds))
        value += count @ (np.logaddexp(0.0, log_odds) - exponent * log_age)
        slope[0] -= count @ (log_age - left * difference)
        slope[1] -= count @ (exponent * ((1.0 - left) / age + left / recency))
        slope[2] += count @ left / a
        slope[3] -= count @ (left * inverse_of[place])
    rows = distinct.count.sum()
    return -value / rows, -slope * np.exp(logs) / rows


# --- Pareto/NBD, fitting ---


def pareto_nbd_slope(logs, distinct):
    """As above; the integral over the time of death by Gauss and Legendre in u = ln(c + y)."""
    r, alpha, s, beta = np.exp(logs)
    x, n = distinct.frequencies, distinct.customers_of_frequency
    rows = n.sum()
    value = n @ (gammaln(r + x) - gammaln(r)) + rows * (r * np.log(alpha) + s * np.log(beta))
    slope = np.array(
        [
            n @ (digamma(r + x) - digamma(r)) + rows * np.log(alpha),
            rows * r / alpha,
            rows * np.log(beta),
            rows * s / beta,
        ]
    )
    points = DeathPoints(distinct, alpha, s, beta)
    for start in range(0, len(distinct.count), CHUNK // 4):
        part = slice(start, start + CHUNK // 4)
        pair = distinct.pair_of_row[part]
        mass = points.log_alpha[pair]
        mass *= -(distinct.frequency[part] + r)[:, None]
        np.exp(mass, out=mass)
        mass *= points.density[pair]
        integral = mass.sum(axis=1)
        by = [np.einsum("ij,ij->i", mass, of[pair]) for of in points.averaged]
        value += add_rows(distinct, part, (r, alpha, s, beta), integral, by, slope)
    return -value / rows, -slope * np.exp(logs) / rows


class DeathPoints:
    """The integrand at the points of each pair of times, but for what hangs on the frequency."""

    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    nodes, weights = (nodes + 1.0) / 2.0, weights / 2.0

    def __init__(self, distinct, alpha, s, beta):
        recency, age = distinct.pair_recency[:, None], distinct.pair_age[:, None]
        least = min(alpha, beta)
        width = np.log1p((age - recency) / (least + recency))
        gone = (least + recency) * np.expm1(width * self.nodes)
        self.log_alpha = np.log1p(gone / (alpha + recency))
        log_beta = np.log1p(gone / (beta + recency))
        self.density = (
            np.exp(-(s + 1.0) * log_beta) * (least + recency + gone) * (width * self.weights)
        )
        inverse_alpha = 1.0 / (alpha + recency + gone)
        inverse_beta = 1.0 / (beta + recency + gone)
        self.averaged = [self.log_alpha, log_beta, inverse_alpha, inverse_beta]


def add_rows(distinct, part, parameters, integral, by, slope):
    """Adds what some rows have to the slope, and returns what they have to the log-likelihood."""
    r, alpha, s, beta = parameters
    count, exponent = distinct.count[part], distinct.frequency[part] + r
    age, recency = distinct.age[part], distinct.recency[part]
    log_alpha_age, log_alpha_recency = np.log(alpha + age), np.log(alpha + recency)
    log_beta_age, log_beta_recency = np.log(beta + age), np.log(beta + recency)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_odds = (
            np.log(s * integral)
            + exponent * (log_alpha_age - log_alpha_recency)
            + s * (log_beta_age - log_beta_recency)
            - log_beta_recency
        )
        dead = 1.0 / (1.0 + np.exp(-log_odds))
        share = np.where(integral > 0.0, dead / integral, 0.0)
    alive = 1.0 - dead
    log_alpha, log_beta, inverse_alpha, inverse_beta = by
    slope[0] -= count @ (alive * log_alpha_age + dead * log_alpha_recency + share * log_alpha)
    slope[1] -= count @ (exponent * (alive / (alpha + age) + share * inverse_alpha))
    slope[2] += count @ (
        dead / s - alive * log_beta_age - dead * log_beta_recency - share * log_beta
    )
    slope[3] -= count @ (alive * s / (beta + age) + (s + 1.0) * share * inverse_beta)
    return count @ (np.logaddexp(0.0, log_odds) - exponent * log_alpha_age - s * log_beta_age)


def fit(slope, distinct, names):
    """Maximises a likelihood from ones and from the mean rate, by the parameters' logarithms."""
    mean_frequency = distinct.count @ distinct.frequency / distinct.count.sum()
    mean_age = distinct.count @ distinct.age / distinct.count.sum()
    log_scale = np.log(mean_age / (mean_frequency + 0.1))
    start = [log_scale if name in ("alpha", "beta") else 0.0 for name in names]
    bottom = minimize(
        slope,
        np.array(start),
        args=(distinct,),
        jac=True,
        method="L-BFGS-B",
        options={"ftol": 1e-14, "gtol": 1e-8},
    )
    return {
        "log_likelihood": float(-bottom.fun * distinct.count.sum()),
        "parameters": dict(zip(names, np.exp(bottom.x).tolist())),
        "evaluations": int(bottom.nfev),
    }


# --- what is asked ---


class Contest:
    """Answers the benchmark's questions about one file of customers."""

    def __init__(self, customers):
        self.customers = customers
        self.distinct = Distinct(customers)

    def versions(self, question):
        import lifetimes
        import scipy

        return {
            "python": sys.version.split()[0],
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "lifetimes": lifetimes.__version__,
            "distinct": len(self.distinct.count),
        }

    def alive_numpy(self, question):
        self.alive = np.zeros(len(self.customers.frequency))
        return timed(lambda: probability_alive(bgnbd_of(question), self.customers, self.alive))

    def score_numpy(self, question):
        return self.score(score_every_row, question)

    def score_table_numpy(self, question):
        return self.score(score_by_table, question)

    def score_distinct_numpy(self, question):
        distinct, horizon = self.distinct, question["horizon"]
        self.alive = np.empty(len(distinct.count))
        self.expected = np.empty(len(distinct.count))
        return timed(
            lambda: score_every_row(
                bgnbd_of(question), horizon, distinct, self.alive, self.expected
            )
        )

    def score(self, score, question):
        self.alive = np.zeros(len(self.customers.frequency))
        self.expected = np.zeros(len(self.customers.frequency))
        return timed(
            lambda: score(
                bgnbd_of(question), question["horizon"], self.customers, self.alive, self.expected
            )
        )

    def alive_lifetimes(self, question):
        fitter, customers = lifetimes_of(question), self.customers

        def work():
            self.alive = fitter.conditional_probability_alive(
                customers.frequency, customers.recency, customers.age
            )

        return timed(work)

    def expected_lifetimes(self, question):
        fitter, customers = lifetimes_of(question), self.customers

        def work():
            self.expected = fitter.conditional_expected_number_of_purchases_up_to_time(
                question["horizon"], customers.frequency, customers.recency, customers.age
            )

        return timed(work)

    def fit_bgnbd_lifetimes(self, question):
        from lifetimes import BetaGeoFitter

        customers = self.customers
        fitter = BetaGeoFitter(penalizer_coef=0.0)
        answer = timed(lambda: fitter.fit(customers.frequency, customers.recency, customers.age))
        return answer | self.likelihood_of(fitter)

    def fit_bgnbd_lifetimes_distinct(self, question):
        from lifetimes import BetaGeoFitter

        distinct = self.distinct
        fitter = BetaGeoFitter(penalizer_coef=0.0)
        answer = timed(
            lambda: fitter.fit(distinct.frequency, distinct.recency, distinct.age, distinct.count)
        )
        return answer | self.likelihood_of(fitter)

    def likelihood_of(self, fitter):
        names = ["r", "alpha", "a", "b"]
        parameters = [float(fitter.params_[name]) for name in names]
        value, _ = bgnbd_slope(np.log(parameters), self.distinct)
        return {
            "log_likelihood": float(-value * self.distinct.count.sum()),
            "parameters": dict(zip(names, parameters)),
        }

    def fit_bgnbd_numpy(self, question):
        found = {}

        def work():
            found.update(fit(bgnbd_slope, Distinct(self.customers), ["r", "alpha", "a", "b"]))

        return timed(work) | found

    def fit_pnbd_numpy(self, question):
        found = {}

        def work():
            found.update(fit(pareto_nbd_slope, self.distinct, ["r", "alpha", "s", "beta"]))

        return timed(work) | found


def bgnbd_of(question):
    parameters = question["parameters"]
    return parameters["r"], parameters["alpha"], parameters["a"], parameters["b"]


def lifetimes_of(question):
    import pandas
    from lifetimes import BetaGeoFitter

    fitter = BetaGeoFitter(penalizer_coef=0.0)
    fitter.params_ = pandas.Series(question["parameters"])
    return fitter


def timed(work):
    gc.collect()
    gc.disable()
    began = time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    gc.enable()
    return {"seconds": seconds}


def main():
    contest = Contest(Customers(sys.argv[1]))
    # Only what this script says reaches the benchmark, whatever the packages print.
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        question = json.loads(line)
        answer = getattr(contest, question["ask"])(question)
        for kind, path in question.get("save", {}).items():
            np.asarray(getattr(contest, kind), dtype="<f8").tofile(path)
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
