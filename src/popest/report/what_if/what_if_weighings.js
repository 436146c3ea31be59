/*
 * How the draws are weighed by each source: one entry for each kind of weighing that a measure names.
 *
 * An entry reads a source's rows in the order of its statistic's fields, and gives a function that
 * adds the log density of all sources of the kind. It repeats the arithmetic of the statistic of
 * that name in popest's model. Nothing here touches the page.
 */

const WEIGHINGS = {
  ratio: {
    read: (source, next) => (
      { ...source, implied: next(), variance: next(Math.exp), rest: next(), ...scaleOf(source, next) }),
    adder: ratioAdder,
  },
  ratio_given_factor: {
    read: (source, next) => (
      {
        ...source,
        implied: next(),
        variance: next(Math.exp),
        rest: next(),
        factor: next(),
        ...scaleOf(source, next),
      }),
    adder: (sources, n) => eachOf(sources, (source, values, logWeights) => {
      addGivenFactor(source, values, logWeights, n);
    }),
  },
  drawn_ratio: {
    read: (source, next) => (
      { ...source, level: next(), factor: next(), rest: next(), ...scaleOf(source, next) }),
    adder: (sources, n) => eachOf(sources, (source, values, logWeights) => {
      addDrawnRatio(source, values, logWeights, n);
    }),
  },
  bias: {
    read: (source, next) => ({ ...source, centre: next(), scatter: next() }),
    adder: (sources, n) => eachOf(sources, (source, values, logWeights) => {
      addBias(source, values, logWeights, n);
    }),
  },
  fixed: {
    read: (source, next) => ({ ...source, density: next() }),
    adder: (sources, n) => eachOf(sources, ({ density }, values, logWeights) => {
      for (let i = 0; i < n; i++) logWeights[i] += density[i];
    }),
  },
  at_least: {
    read: (source, next) => ({
      ...source,
      exposures: source.log_counts.map(() => next()),
      noise: next((logSd) => Math.exp(2 * logSd)),
    }),
    adder: (sources, n) => eachOf(sources, (source, values, logWeights) => {
      addAtLeast(source, values, logWeights, n);
    }),
  },
};

/** Return what draws multiply the spread of a ratio by, which those with tails have. */
function scaleOf(source, next) {
  return { scale: source.has_tails ? next(Math.exp) : null };
}

/** Return how a source is weighed; what this page does not know must not pass in silence. */
function weighingOf({ name, weighing }) {
  if (!Object.hasOwn(WEIGHINGS, weighing)) throw new Error(`${name}: no weighing ${weighing}`);
  return WEIGHINGS[weighing];
}

/** Return what adds the log density of all sources that are on, kind by kind. */
function sourcesAdder(evidence, n) {
  const kinds = [...new Set(evidence.map(({ weighing }) => weighing))];
  const adders = kinds.map((kind) => {
    const sources = evidence.filter(({ weighing }) => weighing === kind);
    return weighingOf(sources[0]).adder(sources, n);
  });
  return (values, off, logWeights) => {
    for (const add of adders) add(values, off, logWeights);
  };
}

/** Return what adds sources one by one, those that are on. */
function eachOf(sources, add) {
  return (values, off, logWeights) => {
    for (const source of sources) if (!off.has(source.name)) add(source, values, logWeights);
  };
}

/** Return the log median and the tau of a source's ratio under settings. */
function ratioOf(source, values) {
  const path = `source.${source.name}.ratio`;
  const median = values[`${path}.median`] ?? source.median;
  return [Math.log(median), source.tau * (values[`${path}.width`] ?? 1)];
}

/** Return what adds counts, their ratios integrated out, and the factors that groups share. */
function ratioAdder(sources, n) {
  const groups = new Map(sources.filter(({ group }) => group !== null).map(({ group }) => (
    [group, { precision: new Float64Array(n), weighted: new Float64Array(n) }])));
  return (values, off, logWeights) => {
    for (const group of groups.values()) {
      group.precision.fill(1);
      group.weighted.fill(0);
    }
    for (const source of sources) {
      if (off.has(source.name)) continue;
      const [logMedian, tau] = ratioOf(source, values);
      const unit = Math.sqrt(source.correlation);
      const { implied, variance, rest, scale } = source;
      const group = groups.get(source.group);
      for (let i = 0; i < n; i++) {
        const distance = implied[i] - logMedian;
        const spread = scale ? tau * scale[i] : tau;
        const loading = spread * unit;
        const gain = 1 / (spread * spread * (1 - source.correlation) + variance[i]);
        logWeights[i] += rest[i] + 0.5 * (Math.log(variance[i] * gain) - gain * distance * distance);
        if (group) {
          group.precision[i] += loading * loading * gain;
          group.weighted[i] += loading * gain * distance;
        }
      }
    }
    for (const { precision, weighted } of groups.values()) {
      for (let i = 0; i < n; i++) {
        logWeights[i] += 0.5 * (weighted[i] * weighted[i] / precision[i] - Math.log(precision[i]));
      }
    }
  };
}

/** Add counts whose ratio is integrated out, given the factor of their group. */
function addGivenFactor(source, values, logWeights, n) {
  const [logMedian, tau] = ratioOf(source, values);
  const { implied, variance, rest, factor, scale } = source;
  for (let i = 0; i < n; i++) {
    const spread = scale ? tau * scale[i] : tau;
    const distance = implied[i] - logMedian - spread * Math.sqrt(source.correlation) * factor[i];
    const gain = 1 / (spread * spread * (1 - source.correlation) + variance[i]);
    logWeights[i] += rest[i] + 0.5 * (Math.log(variance[i] * gain) - gain * distance * distance);
  }
}

/** Add counts whose ratio each draw holds, and by how much the prior of that ratio changes. */
function addDrawnRatio(source, values, logWeights, n) {
  const { level, factor, rest, correlation, scale } = source;
  const prior = (logMedian, tau) => (i) => {
    const spread = scale ? tau * scale[i] : tau;
    const own = spread * Math.sqrt(1 - correlation);
    const loading = spread * Math.sqrt(correlation);
    return -0.5 * ((level[i] - logMedian - loading * factor[i]) / own) ** 2 - Math.log(own);
  };
  const [logMedian, tau] = ratioOf(source, values);
  const isMoved = source.is_movable
    && (logMedian !== Math.log(source.median) || tau !== source.tau);
  for (let i = 0; i < n; i++) logWeights[i] += rest[i];
  if (!isMoved) return;
  const [before, after] = [prior(Math.log(source.median), source.tau), prior(logMedian, tau)];
  for (let i = 0; i < n; i++) logWeights[i] += after(i) - before(i);
}

function addBias(source, values, logWeights, n) {
  const mean = values[`source.${source.name}.bias.mean`] ?? source.mean;
  const biasSd = values[`source.${source.name}.bias.sd`] ?? source.bias_sd;
  const variance = source.error_sd ** 2 + source.n_rows * biasSd ** 2;
  const constant = 2 * (source.n_rows - 1) * Math.log(source.error_sd)
    + Math.log(variance) + source.n_rows * Math.log(2 * Math.PI);
  const { centre, scatter, n_rows: rows } = source;
  for (let i = 0; i < n; i++) {
    logWeights[i] -= 0.5 * (scatter[i] + rows * (centre[i] - mean) ** 2 / variance + constant);
  }
}

function addAtLeast(source, values, logWeights, n) {
  const [logMedian, tau] = ratioOf(source, values);
  source.exposures.forEach((exposure, row) => {
    const fixed = tau * tau + source.printed_variance[row];
    const above = logMedian - source.log_counts[row];
    for (let i = 0; i < n; i++) {
      logWeights[i] += logNormalCdf((above + exposure[i]) / Math.sqrt(fixed + source.noise[i]));
    }
  });
}
