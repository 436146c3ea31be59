"use strict";
/*
 * The arithmetic of the what-if: the draws that the page carries, weighed under any settings.
 *
 * It repeats carried.py in the same order; a draw's weight under settings is its base weight times
 * the density of the figures and of the levels of the population. How each source is weighed is in
 * what_if_weighings.js, which stands after this. Nothing here touches the page.
 */

/** Below which the quantiles shown lie: the bounds of the 90, 80 and 50 % intervals, and the median. */
const TAILS = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95];

/** How near the largest weight those of the whole tail must lie to count as equal. */
const BOUNDED = 0.999;

/** Return the draws of a document with what never changes worked out. */
function readDraws(data) {
  const n = data.draws;
  const text = atob(data.data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  // Written with the low byte first, as every machine that has a browser keeps its numbers.
  const base = new Float32Array(bytes.buffer, 0, n);
  const headline = new Float32Array(bytes.buffer, 4 * n, n);
  let row = 0;
  const codesOf = (at) => new Uint16Array(bytes.buffer, (8 + 2 * at) * n, n);
  const next = (change = (value) => value) => {
    const { low, step } = data.rows[row];
    const codes = codesOf(row++);
    // Code 0 is the logarithm of nothing.
    return Float64Array.from(codes, (code) => change(code ? low + (code - 1) * step : -Infinity));
  };
  const evidence = data.evidence.map((source) => weighingOf(source).read(source, next));
  const levels = data.levels.map((level) => ({ ...level, logValue: next() }));
  const first = row;
  const months = data.months.map((_, month) => {
    const codes = codesOf(first + month);
    return { codes, order: sorted(codes), ...data.rows[first + month] };
  });
  // A draw that is needed often is there more than once, side by side; it counts as one.
  const isCopy = new Uint8Array(n);
  for (let i = 1; i < n; i++) {
    const alike = base[i] === base[i - 1] && levels.every((l) => l.logValue[i] === l.logValue[i - 1]);
    isCopy[i] = alike && months.every(({ codes }) => codes[i] === codes[i - 1]) ? 1 : 0;
  }
  return { n, base, headline, evidence, levels, months, isCopy };
}

/** Return the places of codes in ascending order; code and place fit into one number. */
function sorted(codes) {
  const keys = Float64Array.from(codes, (code, i) => code * 65536 + i).sort();
  return Uint16Array.from(keys, (key) => key % 65536);
}

/** Return what weighs the draws of a document; all its memory is taken here, once. */
function makeModel(data) {
  const draws = readDraws(data);
  const n = draws.n;
  const logWeights = new Float64Array(n);
  const weights = new Float64Array(n);
  const byHeadline = Uint16Array.from([...draws.headline.keys()])
    .sort((a, b) => draws.headline[a] - draws.headline[b]);
  const addSources = sourcesAdder(draws.evidence, n);
  const result = {
    quantiles: new Float64Array(TAILS.length),
    months: draws.months.map(() => new Float64Array(TAILS.length)),
    probabilities: new Float64Array(data.ranges.length),
    effectiveSize: 0,
    paretoK: 0,
    logTotal: 0,
    inFull: null,
  };
  const tail = new Float64Array(n);

  function addLevels(values) {
    for (const { path, median, sigma, logValue } of draws.levels) {
      const logMedian = Math.log(values[path] ?? median);
      const constant = Math.log(sigma) + 0.5 * Math.log(2 * Math.PI);
      for (let i = 0; i < n; i++) {
        const z = (logValue[i] - logMedian) / sigma;
        logWeights[i] -= 0.5 * z * z + constant;
      }
    }
  }

  /**
   * Return what was computed in full for settings, or null: one source left out, and nothing moved
   * but what that source itself assumes, which then has no effect.
   */
  function computedInFull(values, off) {
    if (off.size !== 1) return null;
    const [source] = off;
    if (!Object.keys(values).every((id) => id.startsWith(`source.${source}.`))) return null;
    return data.inFull.find((each) => each.source === source) ?? null;
  }

  /** Bring the draws into line with it: between its quantiles each stratum gets its probability. */
  function addStrata({ quantiles: cuts, logFactors }) {
    for (let i = 0; i < n; i++) {
      let stratum = 0;
      while (stratum < cuts.length && cuts[stratum] < draws.headline[i]) stratum++;
      logWeights[i] += logFactors[stratum];
    }
  }

  /** Weigh all draws; the same object is filled and returned each time. */
  function weigh({ values, off }) {
    logWeights.set(draws.base);
    addSources(values, off, logWeights);
    addLevels(values);
    const inFull = computedInFull(values, off);
    if (inFull) addStrata(inFull);
    let largest = -Infinity;
    for (let i = 0; i < n; i++) if (logWeights[i] > largest) largest = logWeights[i];
    let total = 0, squares = 0, together = 0;
    for (let i = 0; i < n; i++) {
      const weight = Math.exp(logWeights[i] - largest);
      weights[i] = weight;
      total += weight;
      if (!draws.isCopy[i]) {
        squares += together * together;
        together = 0;
      }
      together += weight;
    }
    squares += together * together;
    result.effectiveSize = data.efficiency * total * total / squares;
    result.logTotal = largest + Math.log(total);
    result.paretoK = paretoK(logWeights, tail);
    quantiles(byHeadline, total, (i) => draws.headline[i], result.quantiles);
    draws.months.forEach(({ codes, order, low, step }, month) => {
      quantiles(order, total, (i) => Math.exp(low + (codes[i] - 1) * step), result.months[month]);
    });
    data.ranges.forEach(([lower, upper], number) => {
      let inside = 0;
      for (let i = 0; i < n; i++) {
        if (draws.headline[i] > lower && draws.headline[i] < upper) inside += weights[i];
      }
      result.probabilities[number] = inside / total;
    });
    result.inFull = inFull;
    if (inFull) {
      result.quantiles.set(inFull.quantiles);
      result.probabilities.set(inFull.probabilities);
      // The months are read from rounded rows; that of the answer says what the answer says.
      result.months[data.months.indexOf(data.headline)]?.set(inFull.quantiles);
    }
    return result;
  }

  /** Fill in the smallest values up to which at least each tail of the weight lies. */
  function quantiles(order, total, valueOf, found) {
    let below = 0, number = 0;
    for (let at = 0; at < n && number < TAILS.length; at++) {
      below += weights[order[at]];
      while (number < TAILS.length && below >= TAILS[number] * total) {
        found[number++] = valueOf(order[at]);
      }
    }
    // Rounding may leave the sum a little short of the total.
    while (number < TAILS.length) found[number++] = valueOf(order[n - 1]);
  }

  return { weigh };
}

/** Return the log of the standard normal distribution function, to nearly the last digit. */
function logNormalCdf(x) {
  const z = Math.abs(x) / Math.SQRT2;
  if (z < 2) {
    // erf as a series of positive terms, so nothing cancels.
    let term = z, sum = z;
    for (let k = 1; term > 1e-17 * sum; k++) {
      term *= 2 * z * z / (2 * k + 1);
      sum += term;
    }
    const erf = 2 / Math.sqrt(Math.PI) * Math.exp(-z * z) * sum;
    return Math.log(0.5 * (x < 0 ? 1 - erf : 1 + erf));
  }
  // The continued fraction of erfc, from its end; its logarithm never underflows.
  let fraction = z;
  for (let k = Math.ceil(12 + 260 / (z * z)); k > 0; k--) fraction = z + 0.5 * k / fraction;
  const logHalfErfc = -z * z - Math.log(2 * Math.sqrt(Math.PI) * fraction);
  return x < 0 ? logHalfErfc : Math.log1p(-Math.exp(logHalfErfc));
}

/**
 * Return the shape of the generalised Pareto tail of weights given by their logs.
 *
 * As engines/pareto.py, which is not given weights that end at a bound: Zhang and Stephens (2009),
 * shrunk as Vehtari et al. (2024) do.
 */
function paretoK(logWeights, room) {
  const n = logWeights.length;
  room.set(logWeights);
  room.sort();
  const largest = room[n - 1];
  const length = Math.ceil(Math.min(0.2 * n, 3 * Math.sqrt(n)));
  const threshold = Math.exp(room[n - length - 1] - largest);
  if (!(threshold > 0)) return Infinity;
  // Draws made for these very settings have weights that end at one bound: no tail to fit.
  if (threshold > BOUNDED) return -Infinity;
  let m = 0;
  for (let i = n - length; i < n; i++) {
    const excess = Math.exp(room[i] - largest) - threshold;
    if (excess > 0) room[m++] = excess;
  }
  if (m < 5) return Infinity;
  const shapeAt = (rate) => {
    let sum = 0;
    for (let i = 0; i < m; i++) sum += Math.log1p(-rate * room[i]);
    return sum / m;
  };
  const nPoints = 30 + Math.floor(Math.sqrt(m));
  const quartile = room[Math.floor(m / 4 + 0.5) - 1];
  let best = -Infinity, total = 0, weighted = 0;
  for (let j = 1; j <= nPoints; j++) {
    const rate = (1 - Math.sqrt(nPoints / (j - 0.5))) / (3 * quartile) + 1 / room[m - 1];
    const shape = shapeAt(rate);
    const profile = m * (Math.log(-rate / shape) - shape - 1);
    if (profile > best) {
      total *= Math.exp(best - profile);
      weighted *= Math.exp(best - profile);
      best = profile;
    }
    total += Math.exp(profile - best);
    weighted += Math.exp(profile - best) * rate;
  }
  return (m * shapeAt(weighted / total) + 5) / (m + 10);
}
