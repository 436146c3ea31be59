/*
 * The picture of the what-if: the trajectory under the settings, with that of the study dashed.
 *
 * It has the same shapes and classes as the pictures of svg.py.
 */

const SVG = "http://www.w3.org/2000/svg";
const [LOW90, LOW80, LOW50, MEDIAN, HIGH50, HIGH80, HIGH90] = [0, 1, 2, 3, 4, 5, 6];

/** Append an element of SVG and return it. */
function drawn(parent, name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

/** Return what draws the trajectory in a holder; `number` writes a number of persons. */
function makePicture(holder, data, number) {
  const height = 320, top = 14, axis = 40, inside = height - top - axis;
  const days = data.months.map(Date.parse);
  const start = Date.parse(data.before);
  const share = (day) => (day - start) / Math.max(1, days[days.length - 1] - start);
  const svg = drawn(holder, "svg", {
    class: "picture", width: "100%", height, role: "img", "aria-label": data.texts.picture });
  const grid = drawn(svg, "g", {});
  const plot = drawn(svg, "svg", {
    x: 0, y: top, width: "100%", height: inside, viewBox: "0 0 1000 1000", preserveAspectRatio: "none" });
  const bands = ["band-90", "band-80", "band-50", "trajectory-median", "what-if-own"]
    .map((name) => drawn(plot, "path", { class: name }));
  if (data.lastCount !== null) {
    const from = 100 * Math.min(1, share(Date.parse(data.lastCount)));
    drawn(svg, "rect", { class: "scenario", fill: "url(#scenario-hatching)",
      x: `${from}%`, y: top, width: `${100 - from}%`, height: inside });
  }
  const bar = ["answer", "answer", "answer"].map((name) => drawn(svg, "line", { class: name }));
  const labels = drawn(svg, "g", {});
  let ceiling = 0;
  const y = (value) => 1000 * (1 - Math.min(1, value / ceiling));
  const pixel = (value) => top + inside * y(value) / 1000;
  const places = (months, tail) => {
    const points = months.map((found, month) => [1000 * share(days[month]), y(found[tail])]);
    // Nobody is there before the first day, unless the size never changes.
    return [[0, data.isStatic ? points[0][1] : 1000], ...points];
  };
  const path = (points) => points.map(([a, b]) => `${a.toFixed(1)},${b.toFixed(1)}`).join("L");
  const band = (months, low, high) =>
    `M${path([...places(months, low), ...places(months, high).reverse()])}z`;
  for (const [at, day] of monthTicks(start, days[days.length - 1])) {
    const x = `${(100 * share(day)).toFixed(2)}%`;
    const anchor = share(day) < 0.08 ? "start" : share(day) > 0.92 ? "end" : "middle";
    drawn(labels, "line", { class: "axis", x1: x, x2: x, y1: top + inside, y2: top + inside + 5 });
    drawn(labels, "text", { class: "tick", x, y: top + inside + 19, "text-anchor": anchor },
      data.shortMonths[at % 12]);
    drawn(labels, "text", { class: "tick", x, y: top + inside + 34, "text-anchor": anchor },
      String(Math.floor(at / 12)));
  }
  function rule(highest) {
    if (highest <= ceiling && highest > ceiling / 2.5) return;
    ceiling = highest * 1.3;
    const power = 10 ** Math.floor(Math.log10(ceiling / 5));
    const step = power * [1, 2, 2.5, 5, 10].find((each) => each * power >= ceiling / 5);
    grid.replaceChildren();
    for (let tick = 0; tick <= ceiling; tick += step) {
      const height = pixel(tick).toFixed(1);
      drawn(grid, "line", { class: tick ? "grid" : "axis", x1: 0, x2: "100%", y1: height, y2: height });
      if (tick) drawn(grid, "text", { class: "tick halo", x: 0, y: height - 4 }, number(tick));
    }
  }
  function draw(months, answer, own) {
    const tops = months.map((found) => found[HIGH90]);
    rule(Math.max(...tops, data.headline === null ? 0 : answer[HIGH90]));
    bands[0].setAttribute("d", band(months, LOW90, HIGH90));
    bands[1].setAttribute("d", band(months, LOW80, HIGH80));
    bands[2].setAttribute("d", band(months, LOW50, HIGH50));
    bands[3].setAttribute("d", `M${path(places(months, MEDIAN))}`);
    bands[4].setAttribute("d", `M${path(places(own, MEDIAN))}`);
    if (data.headline === null) return;
    const x = 100 * share(Date.parse(data.headline)), cap = 0.8;
    [[x, x, LOW90, HIGH90], [x - cap, x + cap, LOW90, LOW90], [x - cap, x + cap, HIGH90, HIGH90]]
      .forEach(([x1, x2, from, to], piece) => {
        const ends = { x1: `${x1}%`, x2: `${x2}%`, y1: pixel(answer[from]), y2: pixel(answer[to]) };
        for (const [key, value] of Object.entries(ends)) bar[piece].setAttribute(key, value);
      });
  }
  function show(isShown) {
    const hidden = isShown ? "" : "hidden";
    [...bands.slice(0, 4), ...bar].forEach((each) => each.setAttribute("visibility", hidden || "visible"));
  }
  return { draw, show };
}

/** Return at most six months, evenly spaced, as numbers since year 0 and as times. */
function monthTicks(start, end) {
  const months = [];
  const at = new Date(start + 864e5);
  for (let month = 12 * at.getUTCFullYear() + at.getUTCMonth(); ; month++) {
    const time = Date.UTC(Math.floor(month / 12), month % 12, 1);
    if (time > end) break;
    if (time >= start) months.push([month, time]);
  }
  const step = [1, 2, 3, 6, 12, 24, 60, 120].find((each) => months.length / each <= 6) ?? 240;
  return months.filter(([month]) => month % step === 0);
}
