/*
 * The page of the what-if: controls, readout, picture, link and study.toml lines.
 *
 * The arithmetic is in what_if_model.js and the picture in what_if_picture.js, which stand before
 * this. Text from the study is only ever put in as text.
 */

const FRAGMENT = "what-if";
const QUANTILE_95 = 1.6449;
const STEPS = 100;
const SPOKEN_AFTER = 700;

function startWhatIf(section, data) {
  const { texts, limits } = data;
  const find = (name) => document.getElementById(`what-if-${name}`);
  const sliders = [...section.querySelectorAll("input[type=range]")].map((input) => ({
    input,
    output: document.getElementById(`${input.id}-value`),
    label: [input.closest("fieldset").querySelector("legend"), input.labels[0]]
      .map((part) => part.textContent.trim()).join(": "),
    id: input.dataset.control,
    kind: input.dataset.kind,
    source: input.dataset.source,
    isLog: input.dataset.log === "1",
    own: Number(input.dataset.value),
    low: Number(input.dataset.low),
    high: Number(input.dataset.high),
    tau: Number(input.dataset.tau),
  }));
  const byId = new Map(sliders.map((slider) => [slider.id, slider]));
  const switches = [...section.querySelectorAll("input[type=checkbox]")];
  const settings = { values: {}, off: new Set() };
  const model = makeModel(data);
  const picture = makePicture(find("picture"), data, number);

  // ---- numbers in words

  const fill = (text, fields) => text.replace(/\{(\w+)\}/g, (_, name) => String(fields[name]));
  function number(value, digits = 0) {
    const [whole, decimals] = Math.abs(value).toFixed(digits).split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, data.number.thousands);
    const sign = value < 0 && Number(value.toFixed(digits)) !== 0 ? "\u2212" : "";
    return sign + grouped + (decimals ? data.number.point + decimals : "");
  }
  const persons = (value) => number(Number(value.toPrecision(3)));
  function natural(value) {
    if (value === 0 || Math.abs(value) >= 100) return number(Number(value.toPrecision(4)));
    return number(value, Math.min(12, 2 - Math.floor(Math.log10(Math.abs(value)))));
  }
  function likely(share) {
    const percent = (text) => `${text}\u00a0%`;
    if (share < 0.01) return fill(data.number.less_than, { percent: percent(1) });
    if (share > 0.99) return fill(data.number.more_than, { percent: percent(99) });
    return percent(number(100 * share));
  }
  const interval = (lower, upper) => fill(data.number.interval, { lower, upper });

  // ---- settings

  const valueOf = (slider) => settings.values[slider.id] ?? slider.own;
  const medianOf = (source) => {
    const slider = byId.get(`source.${source}.ratio.median`);
    return valueOf(slider);
  };
  function bounds(slider, factor, median = medianOf(slider.source)) {
    const reach = Math.exp(QUANTILE_95 * slider.tau * factor);
    return [median / reach, median * reach];
  }
  function shown(slider, value, median) {
    if (slider.kind !== "width") return natural(value);
    return interval(...bounds(slider, value, median).map(natural));
  }

  /** Return the value at a slider's place: four digits, so that what is shown is what is used. */
  function atPlace(slider, place) {
    if (place === 0) return slider.own;
    const end = place > 0 ? slider.high : slider.low;
    const share = Math.abs(place) / STEPS;
    const value = slider.isLog
      ? slider.own * (end / slider.own) ** share
      : slider.own + (end - slider.own) * share;
    return Number(value.toPrecision(4));
  }
  function placeOf(slider, value) {
    const end = value > slider.own ? slider.high : slider.low;
    const share = slider.isLog
      ? Math.log(value / slider.own) / Math.log(end / slider.own)
      : (value - slider.own) / (end - slider.own);
    return Math.round((value > slider.own ? 1 : -1) * STEPS * share) || 0;
  }
  function set(slider, value) {
    if (value === slider.own) delete settings.values[slider.id];
    else settings.values[slider.id] = value;
  }
  function reset() {
    settings.values = {};
    settings.off.clear();
  }
  function showSettings() {
    for (const slider of sliders) {
      slider.input.value = placeOf(slider, valueOf(slider));
      slider.output.textContent = shown(slider, valueOf(slider));
      slider.input.setAttribute("aria-valuetext", slider.output.textContent);
    }
    for (const box of switches) {
      box.checked = !settings.off.has(box.dataset.source);
      // What a source that is left out assumes has no effect.
      for (const slider of sliders) {
        if (slider.source === box.dataset.source) slider.input.disabled = !box.checked;
      }
    }
  }

  // ---- the link

  function fragment() {
    const parts = Object.entries(settings.values).map(([id, value]) => `${id}=${value}`);
    if (settings.off.size) parts.push(`off=${[...settings.off].join(",")}`);
    return [FRAGMENT, ...parts].map(encodeURI).join("&");
  }

  /** Take the settings of the address; return whether it has any, and say what is no use. */
  function readFragment() {
    const [name, ...parts] = location.hash.slice(1).split("&");
    if (name !== FRAGMENT || !parts.length) return false;
    reset();
    const ignored = parts.filter((part) => !readPart(part)).length;
    find("message").textContent = ignored ? fill(texts.ignored, { number: number(ignored) }) : texts.taken;
    return true;
  }
  function readPart(part) {
    let [key, text] = part.split("=");
    try {
      [key, text] = [decodeURIComponent(key), decodeURIComponent(text ?? "")];
    } catch {
      return false;
    }
    if (key === "off") {
      const names = text.split(",");
      const known = names.filter((each) => switches.some((box) => box.dataset.source === each));
      known.forEach((each) => settings.off.add(each));
      return known.length === names.length;
    }
    const slider = byId.get(key), value = Number(text);
    // Rounding to four digits may carry a value a little beyond an end.
    const slack = slider ? 1e-3 * (slider.high - slider.low) : 0;
    if (!slider || text.trim() === "" || !(value >= slider.low - slack && value <= slider.high + slack)) {
      return false;
    }
    set(slider, value);
    return true;
  }
  async function copyLink() {
    history.replaceState(null, "", `#${fragment()}`);
    try {
      await navigator.clipboard.writeText(location.href);
      find("message").textContent = texts.copied;
    } catch {
      find("message").textContent = texts.in_address;
    }
  }

  // ---- study.toml

  function tomlLines() {
    const { name, set: own, without, use, ignore } = data.variant;
    const entries = new Map(own);
    const put = (path, value) => entries.set(path, value);
    const float = (value) => (Number.isInteger(value) ? value.toFixed(1) : String(value));
    for (const slider of sliders) {
      if (!(slider.id in settings.values) || settings.off.has(slider.source)) continue;
      const ratio = slider.id.replace(/\.(median|width)$/, "");
      const width = byId.get(`${ratio}.width`);
      if (!width) {
        put(slider.id, float(valueOf(slider)));
        continue;
      }
      const ends = bounds(width, valueOf(width)).map((end) => float(Number(end.toPrecision(9))));
      const numbers = { median: float(medianOf(slider.source)), interval90: `[${ends.join(", ")}]` };
      if (data.learned.includes(slider.source)) {
        // Numbers of its own beside what it is learned from would contradict that.
        for (const [key, value] of Object.entries(data.tails[slider.source] ?? {})) {
          numbers[key] = float(value);
        }
        numbers.because = JSON.stringify(texts.because);
        const table = Object.entries(numbers).map(([key, value]) => `${key} = ${value}`);
        put(ratio, `{ ${table.join(", ")} }`);
      } else {
        for (const [key, value] of Object.entries(numbers)) put(`${ratio}.${key}`, value);
      }
    }
    const list = (names) => `[${names.map((each) => JSON.stringify(each)).join(", ")}]`;
    const lines = [`[variant.${name}]`, `because = ${JSON.stringify(texts.because)}`];
    const left = [...new Set([...without, ...settings.off])];
    if (left.length) lines.push(`without = ${list(left)}`);
    if (use.length) lines.push(`use = ${list(use)}`);
    if (ignore.length) lines.push(`ignore = ${list(ignore)}`);
    if (entries.size) {
      lines.push("", `[variant.${name}.set]`);
      entries.forEach((value, path) => lines.push(`${JSON.stringify(path)} = ${value}`));
    }
    return lines.join("\n") + "\n";
  }

  // ---- the readout

  const copied = (found) => ({
    quantiles: found.quantiles.slice(), months: found.months.map((each) => each.slice()),
    logTotal: found.logTotal, probabilities: found.probabilities.slice() });
  const own = copied(model.weigh({ values: {}, off: new Set() }));
  let timer = 0;

  function update() {
    const begin = performance.now();
    const found = model.weigh(settings);
    const isSure = found.paretoK < limits.paretoK && found.effectiveSize >= limits.effectiveSize;
    const moved = Object.keys(settings.values).length + settings.off.size > 0;
    say(found, isSure, moved);
    picture.show(isSure);
    if (isSure) picture.draw(found.months, found.quantiles, own.months);
    // For tests and for those who look: what is shown, in full.
    Object.assign(section.dataset, {
      sure: isSure, lower: found.quantiles[LOW90], median: found.quantiles[MEDIAN],
      upper: found.quantiles[HIGH90], effectiveSize: found.effectiveSize, paretoK: found.paretoK,
      logEvidence: gained(found), milliseconds: performance.now() - begin });
    clearTimeout(timer);
    timer = setTimeout(() => settle(found, isSure), SPOKEN_AFTER);
  }
  const gained = (found) => found.inFull?.logEvidence ?? found.logTotal - own.logTotal;
  const sentence = (quantiles, text) => fill(text, {
    lower: persons(quantiles[LOW90]),
    upper: persons(quantiles[HIGH90]),
    median: persons(quantiles[MEDIAN]),
  });
  function say(found, isSure, moved) {
    find("answer").textContent = isSure ? sentence(found.quantiles, texts.answer) : texts.refused;
    find("default").textContent = moved ? sentence(own.quantiles, texts.own) : texts.unmoved;
    find("ranges").textContent = !isSure ? "" : data.ranges.map(([lower, upper], at) => fill(texts.range, {
      lower: number(lower), upper: number(upper), prob: likely(found.probabilities[at]) })).join(" ");
    const change = gained(found);
    const evidence = settings.off.size ? texts.evidence_other : texts.evidence;
    find("evidence").textContent = !moved || !isSure ? ""
      : fill(evidence, { change: (change > 0 ? "+" : "") + number(change, 1) });
    const { effectiveSize, paretoK } = found.inFull ?? found;
    find("computation").textContent = fill(found.inFull ? texts.in_full : texts.computation, {
      size: number(effectiveSize),
      k: Number.isFinite(paretoK) ? number(paretoK, 2) : paretoK === null || paretoK < 0 ? "\u2212\u221e" : "\u221e",
    });
  }

  /** Do what can wait until the controls rest: tables, lines, and what is read aloud. */
  function settle(found, isSure) {
    find("spoken").textContent = find("answer").textContent;
    const row = (body, cells) => {
      const line = body.insertRow();
      cells.forEach((text, column) => {
        const cell = document.createElement(column ? "td" : "th");
        if (!column) cell.scope = "row";
        cell.textContent = text;
        line.append(cell);
      });
    };
    const months = find("months");
    months.replaceChildren();
    data.months.forEach((day, month) => {
      const at = found.months[month];
      const now = isSure
        ? [persons(at[MEDIAN]), interval(persons(at[LOW90]), persons(at[HIGH90]))]
        : ["\u2013", "\u2013"];
      row(months, [day, persons(own.months[month][MEDIAN]), ...now]);
    });
    const table = find("settings");
    table.replaceChildren();
    for (const slider of sliders) {
      if (!(slider.id in settings.values)) continue;
      const median = byId.get(`source.${slider.source}.ratio.median`)?.own;
      row(table, [slider.label, shown(slider, slider.own, median), shown(slider, valueOf(slider))]);
    }
    for (const box of switches.filter((each) => !each.checked)) {
      const title = box.closest("fieldset").querySelector("legend").textContent.trim();
      row(table, [title, texts.on, texts.off]);
    }
    if (!table.rows.length) row(table, [texts.none, "", ""]);
    const changes = Object.keys(settings.values).length + settings.off.size;
    find("lines").textContent = changes ? tomlLines() : texts.no_lines;
    find("command").textContent = data.command;
  }

  // ---- events

  let isWaiting = false;
  function soon() {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => {
      isWaiting = false;
      update();
    });
  }
  for (const slider of sliders) {
    slider.input.addEventListener("input", () => {
      set(slider, atPlace(slider, Number(slider.input.value)));
      showSettings();
      soon();
    });
  }
  for (const box of switches) {
    box.addEventListener("change", () => {
      if (box.checked) settings.off.delete(box.dataset.source);
      else settings.off.add(box.dataset.source);
      showSettings();
      soon();
    });
  }
  find("reset").addEventListener("click", () => {
    reset();
    find("message").textContent = "";
    if (location.hash.startsWith(`#${FRAGMENT}&`)) history.replaceState(null, "", `#${FRAGMENT}`);
    showSettings();
    update();
  });
  find("copy").addEventListener("click", copyLink);
  window.addEventListener("hashchange", () => {
    if (!readFragment()) return;
    showSettings();
    update();
  });
  picture.draw(own.months, own.quantiles, own.months);
  const isLinked = readFragment();
  showSettings();
  update();
  find("needs-script").hidden = true;
  find("body").hidden = false;
  if (isLinked) section.scrollIntoView();
}

const whatIfData = document.getElementById("what-if-data");
if (whatIfData) startWhatIf(document.getElementById("what-if"), JSON.parse(whatIfData.textContent));
