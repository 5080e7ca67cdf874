// The stepper's page. It replaces the picture and the table in the first container that waits for
// it; where it can't run they stay. `packed` is JSON, deflated, in base64 (see stepper.py).
(async (key, packed) => {
  const host = document.querySelector(`.tapegrad-stepper[data-tape="${key}"]:not([data-live])`);
  if (!host || !("DecompressionStream" in window)) return;
  host.dataset.live = "";
  const bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const plain = new Blob([bytes(packed)]).stream().pipeThrough(new DecompressionStream("deflate"));
  const data = await new Response(plain).json();
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");

  // ---------------------------------------------------------------- elements

  // Names are text here, never markup.
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== false) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.filter(Boolean));
    return element;
  };
  const drawn = (tag, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };

  const heat = (text, scale) => {
    const number = Number(text);
    if (text === "True" || text === "False") return text === "True" ? "rgb(234 88 12 / .4)" : "";
    if (!Number.isFinite(number)) return "rgb(192 38 211 / .6)";
    const strength = scale ? (0.6 * Math.abs(number)) / scale : 0;
    return `rgb(${number > 0 ? "234 88 12" : "37 99 235"} / ${strength.toFixed(3)})`;
  };

  const array = (place) => {
    if (Array.isArray(place)) return make("div", {}, ...place.map(array));
    const item = data.pool[place];
    if (item === null) return make("p", { class: "tg-note" }, "not recorded");
    if (item.rows) {
      const scale = Math.max(0, ...item.rows.flat().map(Number).filter(Number.isFinite).map(Math.abs));
      const cells = (row) =>
        row.map((x) => make("td", { style: `background:${heat(x, scale)}` }, x));
      const rows = item.rows.map((row) => make("tr", {}, ...cells(row)));
      if (!rows.length) return make("p", { class: "tg-note" }, `empty, ${item.shape}`);
      return make("div", { class: "tg-wide" }, make("table", { class: "tg-heat" }, ...rows));
    }
    return histogram(item);
  };

  const histogram = (item) => {
    const names = ["min", "mean", "deviation", "max", "norm", "zeros", "not finite"];
    const stats = names.filter((name) => name in item).map((name) =>
      make("span", {}, make("i", {}, name), ` ${item[name]}`));
    const figure = make("div", { class: "tg-spread" });
    if (item.bins) {
      const top = Math.max(...item.bins);
      const step = (item.to - item.from) / item.bins.length;
      const bars = drawn("svg", {
        viewBox: "0 0 240 50", role: "img", preserveAspectRatio: "none",
        "aria-label": `histogram of an array ${item.shape}, from ${item.min} to ${item.max}`,
      });
      item.bins.forEach((count, k) => {
        const height = count && Math.max(1.5, (48 * count) / top);
        const sign = item.from + (k + 0.5) * step > 0 ? "more" : "less";
        bars.append(drawn("rect", { class: `tg-${sign}`, x: 10 * k, y: 50 - height, width: 9, height }));
      });
      if (item.from < 0 && item.to > 0) {
        const x = (-240 * item.from) / (item.to - item.from);
        bars.append(drawn("line", { class: "tg-zero", x1: x, x2: x, y1: 0, y2: 50 }));
      }
      figure.append(bars);
    }
    figure.append(make("p", {}, ...stats));
    return figure;
  };

  const formula = ({ mathml, text }) => {
    const element = make("div", { class: "tg-formula tg-wide", title: text });
    if (mathml.startsWith("<math")) element.innerHTML = mathml; // (escaped where it was written)
    else element.textContent = text;
    return element;
  };

  // ---------------------------------------------------------------- the graph

  const picture = host.querySelector("img");
  const source = picture ? new TextDecoder().decode(bytes(picture.src.split(",")[1])) : "<svg/>";
  const parsed = new DOMParser().parseFromString(source, "image/svg+xml").documentElement;
  const svg = document.importNode(parsed, true);
  svg.removeAttribute("style");
  const boxes = [...svg.querySelectorAll(".node")];
  const chips = [...svg.querySelectorAll(".chip[data-input]")];
  const ranges = boxes.filter((box) => box.dataset.entries).map((box) => {
    const [first, last] = box.dataset.entries.split("-").map(Number);
    return { box, first, last };
  });
  const boxOf = (index) =>
    boxes.find((box) => box.dataset.entry === String(index)) ||
    (ranges.find(({ first, last }) => first <= index && index <= last) || {}).box;
  // The element that shows a value; that of an entry in a folded module is the module's.
  const places = new Map();
  for (const [name, value] of Object.entries(data.values)) {
    const place = name.startsWith("e")
      ? boxOf(value.box)
      : [...boxes, ...chips].find((element) => `i${element.dataset.input}` === name);
    if (place) {
      places.set(name, place);
      place.dataset.name = name; // of several in a box the last, which is its result
    }
  }
  for (const element of svg.querySelectorAll("[data-name]")) {
    element.setAttribute("role", "button");
    element.setAttribute("tabindex", "0");
  }
  // Of two arrays in a box the right one is the gradient.
  for (const box of boxes) {
    const cells = box.querySelectorAll(":scope > .cells");
    if (cells.length > 1) cells[1].classList.add("gradient");
    else if (cells.length && cells[0].previousElementSibling.matches(".gradient")) cells[0].classList.add("gradient");
  }
  for (const chip of chips) chip.setAttribute("aria-label", chip.querySelector("title").textContent);

  // ---------------------------------------------------------------- steps

  // First the operations as they ran, then the steps back.
  const moments = (order) => [
    ...data.forward.map((entry) => ({ entry, forward: true })),
    ...(data.backward[order] || []),
  ];
  let order = data.order;
  let timeline = moments(order);
  let at = 0;
  let picked = null;
  let timer = 0;
  let scale = 1;

  const labelled = (name) => (data.values[name] ? data.values[name].label : name);

  // From each value the entries that gave it something, and the number of ways to the output.
  const outward = new Map();
  const ways = new Map(data.seeds.map((seed) => [seed, 1n]));
  for (const { entry, given } of data.backward.topological || []) {
    for (const { to } of given) {
      outward.set(to, [...(outward.get(to) || []), entry]);
      ways.set(to, (ways.get(to) || 0n) + (ways.get(entry) || 0n));
    }
  }
  const long = data.operations > data.forward.length;
  const cut = long || (data.backward.topological || []).some(({ more }) => more);
  const onPaths = (name) => {
    const on = new Set([name]);
    for (const value of on) for (const entry of outward.get(value) || []) on.add(entry);
    return on;
  };

  const edges = [...svg.querySelectorAll(".edge[data-from]")].map((element) => {
    const end = (key) => svg.getElementById(`${svg.id}-${key}`);
    const { from, to } = element.dataset;
    return { element, from: end(from), to: end(to), flows: false };
  });
  const edgesOf = (from, to) =>
    edges.filter((edge) => edge.from === places.get(from) && edge.to === places.get(to));
  for (const [to, entries] of outward) {
    for (const edge of entries.flatMap((entry) => edgesOf(to, entry))) {
      if (edge.flows) continue;
      edge.flows = true;
      const [x, y, nextX, nextY] = edge.element.querySelector("path").getAttribute("d").match(/-?[\d.]+/g).map(Number);
      const size = Math.hypot(nextX - x, nextY - y) || 1;
      const [dx, dy] = [(8 * (nextX - x)) / size, (8 * (nextY - y)) / size];
      const corners = [x, y, x + dx - 0.45 * dy, y + dy + 0.45 * dx, x + dx + 0.45 * dy, y + dy - 0.45 * dx];
      edge.element.append(drawn("polygon", { class: "tg-arrow", points: corners.join(" ") }));
    }
  }

  const mark = (element, name, on) => element.classList.toggle(`tg-${name}`, Boolean(on));
  const paint = () => {
    const { entry, forward } = timeline[at];
    const reached = new Set(); // what has its value, or a contribution to its cotangent
    const run = new Set(); // the operations that have run, forward or backward
    const lost = new Set(); // the edges of contributions that came too late
    const known = new Set(); // whose gradient is complete, and right
    for (const moment of timeline.slice(forward ? 0 : data.forward.length, at + 1)) {
      run.add(places.get(moment.entry));
      const touched = forward ? data.values[moment.entry].inputs : moment.given.map((c) => c.to);
      for (const name of [moment.entry, ...touched]) reached.add(places.get(name));
      if (forward) continue;
      moment.given.forEach(({ to, late }, k) => {
        if (!late) return;
        const several = edgesOf(to, moment.entry); // as of x to x * x
        const before = moment.given.slice(0, k).filter((c) => c.to === to).length;
        lost.add(several[Math.min(before, several.length - 1)]);
      });
      if (order === "eager") continue;
      const whole = moment.given.filter(({ place: [k, n] }) => k === n).map((c) => c.to);
      for (const name of [moment.entry, ...whole]) known.add(places.get(name));
    }
    const lit = picked && new Set([...onPaths(picked)].map((name) => places.get(name)));
    for (const element of [...boxes, ...chips]) {
      mark(element, "later", !lit && !reached.has(element));
      mark(element, "off", lit && !lit.has(element));
      mark(element, "ready", !forward && reached.has(element));
      mark(element, "known", known.has(element));
      mark(element, "now", element === places.get(entry));
      mark(element, "picked", picked && element === places.get(picked));
    }
    for (const edge of edges) {
      const { element, from, to, flows } = edge;
      const active = run.has(to) && (forward || flows);
      mark(element, "later", !lit && !active);
      mark(element, "off", lit && !(flows && lit.has(from) && lit.has(to)));
      mark(element, "back", active && !forward);
      mark(element, "lost", lost.has(edge));
      mark(element, "now", active && to === places.get(entry));
    }
  };

  // ---------------------------------------------------------------- the panel

  const section = (title, ...children) =>
    make("section", {}, make("h4", {}, title), ...children);

  const facts = (value) => {
    const rows = [["module", value.path], [value.place, value.code], ["keeps for its rules", value.saves]];
    const known = rows.filter(([name, text]) => name && text);
    return make("dl", {}, ...known.flatMap(([name, text]) => [make("dt", {}, name), make("dd", {}, text)]));
  };

  const head = (value, note) =>
    make("header", {},
      make("p", { class: "tg-note" }, note),
      make("h3", {}, make("b", {}, value.op), " ", make("i", {}, value.label), " ",
        make("span", { class: "tg-note" }, value.shape)));

  const going = (value) => {
    const used = [...new Set(value.inputs)].filter((name) => data.values[name]);
    return [
      formula(value.formula),
      ...used.map((name) => section(`${labelled(name)}   ${data.values[name].shape}`, array(data.values[name].value))),
      section(`${value.label}   ${value.shape}`, array(value.value)),
    ];
  };

  const bar = (label) => `cotangent of ${label}`;
  const gives = (value, given) => {
    const label = labelled(given.to);
    const [k, n] = given.place;
    const total = k < n ? `total so far, ${k} of ${n}` : n > 1 ? `total, all ${n} are in` : "the only contribution";
    return make("section", { class: given.late ? "tg-given tg-late" : "tg-given" },
      make("h4", {}, bar(label), make("span", { class: "tg-plus" }, " += ")),
      formula(value.rules[given.i]),
      given.summed && make("p", { class: "tg-note" }, given.summed),
      array(given.value),
      k > 1 ? make("p", { class: "tg-sum" }, `+= accumulates: ${total}`) : make("p", { class: "tg-note" }, total),
      k > 1 && array(given.total),
      given.late && make("p", { class: "tg-wrong" },
        `Too late: ${data.values[given.to].op} has run before, and passed on what it had then.`));
  };

  const verdict = () =>
    make("section", { class: "tg-verdict" },
      ...data.why.map((sentence) => make("p", {}, sentence)),
      ...data.wrong.map(([name, wrong, right]) =>
        make("div", { class: "tg-pair" },
          make("h4", {}, `Gradient of ${labelled(name)}`),
          make("div", {}, make("p", { class: "tg-wrong" }, "depth-first, eager"), array(wrong)),
          make("div", {}, make("p", { class: "tg-note" }, "right"), array(right)))));

  const paths = () => {
    const count = ways.get(picked) || 0n;
    const many = count === 1n ? "1 path leads" : `${count} paths lead`;
    const text = cut
      ? "There are too many steps here to follow the paths."
      : count
      ? `${many} from ${labelled(picked)} to ${data.title}.`
      : `No gradient flows from ${data.title} to ${labelled(picked)}.`;
    const parts = (data.paths[picked] || []).map(([way, value]) =>
      section(way, array(value)));
    return make("section", { class: "tg-paths" },
      make("button", { type: "button", class: "tg-close", "aria-label": "Show all of the graph", onclick: () => pick(null) }, "×"),
      make("p", {}, text), ...parts);
  };

  // ---------------------------------------------------------------- the controls

  const button = (text, act) => make("button", { type: "button", onclick: act }, text);
  const first = button("First", () => go(0));
  const previous = button("Previous", () => go(at - 1));
  const play = button("Play", () => (timer ? stop() : start()));
  const next = button("Next", () => go(at + 1));
  const slider = make("input", { type: "range", min: 1, value: 1, "aria-label": "step", oninput: () => go(slider.value - 1) });
  const counter = make("output", { class: "tg-counter" });
  const phase = make("span", { class: "tg-phase" });
  const eager = make("input", { type: "checkbox", onchange: () => reorder(eager.checked ? "eager" : "topological") });
  const live = make("div", { class: "tg-live", "aria-live": "polite" });
  const stage = make("div", { class: "tg-stage" }, svg);
  const panel = make("div", { class: "tg-panel" });
  const root = make("div", {
    class: "tg", role: "region", tabindex: 0, "aria-label": `The backward pass of ${data.title}, step by step`,
    "data-lm-suppress-shortcuts": "true", // JupyterLab's own keys rest here
  },
    make("style", {}, data.style),
    make("div", { class: "tg-bar" }, first, previous, play, next, slider, counter, phase,
      make("label", {}, eager, "depth-first, eager")),
    make("div", { class: "tg-main" }, stage, panel), live);
  eager.checked = order === "eager";
  eager.disabled = !("eager" in data.backward && "topological" in data.backward);
  if (eager.disabled) eager.parentElement.title = data.why.join(" ");

  const stop = () => {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Play";
  };
  const start = () => {
    if (at === timeline.length - 1) go(0);
    play.textContent = "Pause";
    timer = setInterval(() => (root.isConnected && at < timeline.length - 1 ? go(at + 1) : stop()), 1400);
  };
  const go = (step) => {
    at = Math.min(Math.max(step, 0), timeline.length - 1);
    show();
  };
  const reorder = (wanted) => {
    order = wanted;
    timeline = moments(order);
    go(at);
  };
  const pick = (name) => {
    picked = name === picked ? null : name;
    show();
  };

  // The nodes are centred by hand: scrollIntoView would move the page, too.
  const centre = () => {
    const element = places.get(picked || timeline[at].entry);
    if (!element) return;
    const node = element.getBoundingClientRect();
    const view = stage.getBoundingClientRect();
    stage.scrollBy({
      left: node.left + node.width / 2 - view.left - view.width / 2,
      top: node.top + node.height / 2 - view.top - view.height / 2,
      behavior: still.matches ? "auto" : "smooth",
    });
  };

  const show = () => {
    const moment = timeline[at];
    const value = data.values[moment.entry];
    const way = moment.forward ? "forward" : "backward";
    const done = moment.forward ? at : at - data.forward.length;
    const all = moment.forward ? data.operations : data.steps[order];
    slider.max = timeline.length;
    slider.value = at + 1;
    counter.textContent = `${at + 1} / ${timeline.length}`;
    slider.setAttribute("aria-valuetext", `${counter.textContent}, ${way}, ${value.op} ${value.label}`);
    phase.textContent = way;
    phase.classList.toggle("tg-backward", !moment.forward);
    first.disabled = previous.disabled = at === 0;
    next.disabled = at === timeline.length - 1;
    const note = `${way}, ${done + 1} of ${all}${moment.again ? ", back again" : ""}`;
    panel.replaceChildren(...[
      ...(picked ? [paths()] : []),
      ...(order === "eager" && at === timeline.length - 1 ? [verdict()] : []),
      head(value, note),
      ...(moment.forward
        ? going(value)
        : [
            make("p", { class: "tg-formula tg-wide" }, value.call),
            section(`comes in: ${bar(value.label)}`, array(moment.g)),
            ...moment.given.map((given) => gives(value, given)),
            moment.more && make("p", { class: "tg-note" }, moment.more),
          ]),
      facts(value),
      long && make("p", { class: "tg-note" }, `This page holds the first ${data.forward.length} steps each way.`),
    ].filter(Boolean));
    live.textContent = `Step ${counter.textContent}, ${way}: ${value.call}.` +
      (moment.forward ? "" : ` Gives to ${moment.given.map((c) => labelled(c.to)).join(", ") || "nothing"}.`);
    paint();
    centre();
  };

  // ---------------------------------------------------------------- events

  const keys = {
    ArrowLeft: () => go(at - 1), ArrowRight: () => go(at + 1), Home: () => go(0),
    End: () => go(timeline.length - 1), " ": () => (timer ? stop() : start()), Escape: () => pick(null),
  };
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const node = event.target.closest("[data-name]");
    const act = event.key === "Enter" && node ? () => pick(node.dataset.name) : keys[event.key];
    if (!act || (event.key === " " && event.target.closest("button, [type=checkbox]"))) return;
    event.preventDefault();
    event.stopPropagation(); // or JupyterLab moves to another cell
    act();
  });
  svg.addEventListener("click", (event) => {
    const node = event.target.closest("[data-name]");
    if (node) pick(node.dataset.name);
    else if (picked) pick(null);
  });
  stage.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return; // the page scrolls as always
    event.preventDefault();
    zoom(scale * (event.deltaY < 0 ? 1.15 : 1 / 1.15));
  }, { passive: false });
  const zoom = (wanted) => {
    scale = Math.min(Math.max(wanted, 0.2), 4);
    svg.style.width = `${scale * svg.viewBox.baseVal.width}px`;
    centre();
  };

  host.replaceChildren(root);
  svg.removeAttribute("width");
  svg.removeAttribute("height");
  const natural = svg.viewBox.baseVal;
  zoom(Math.min(1.3, Math.max(0.85, stage.clientWidth / (natural.width || 1))));
  root.style.setProperty("--tg-graph", `${scale * natural.height}px`);
  show();
})
