// The graph: the id of the link to cytoscape in the head keeps it from adding a style sheet, which the pages' policy forbids. Fetched once, laid out here, drawn by cytoscape on a canvas. The table below it says the same in words.
import cytoscape from "./vendor/cytoscape-3.35.0.min.mjs";

const place = document.getElementById("graph");
const said = document.getElementById("graph-said");
const panel = document.getElementById("chosen-node");
const slider = document.getElementById("when");
const DAY = 86400000;
let view = null;

if (place) start();

async function start() {
  for (const hidden of document.querySelectorAll(".graph-frame, .graph-tools")) hidden.hidden = false;
  said.textContent = "Loading…";
  const url = new URL(place.dataset.url, location.href);
  url.searchParams.set("include_ended", "true");
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  const drawn = answer.ok && answer.headers.get("content-type").startsWith("application/json") ? await answer.json() : null;
  if (!drawn || !drawn.nodes.length) { nothing(drawn, drawn ? "" : await answer.text()); return; }
  performance.mark("graph-start");
  const at = arrange(drawn.nodes, drawn.edges);
  performance.mark("graph-arranged");
  draw(drawn, at);
  performance.mark("graph-laid-out");
  performance.measure("graph-layout", "graph-start", "graph-laid-out");
  const total = drawn.total === null ? "" : ` of ${drawn.total.toLocaleString()}`;
  said.textContent = `${drawn.nodes.length.toLocaleString()}${total} things, ${drawn.edges.length.toLocaleString()} links${drawn.truncated ? "; what is linked least was left out" : ""}`;
  setUpTime(drawn);
  setUpTools();
}

// Nothing to draw: say why, in the words of the server's own page where it refused.
function nothing(drawn, page) {
  place.dataset.ready = "true";
  const told = new DOMParser().parseFromString(page, "text/html").querySelector(".alert, [role=alert]")?.textContent.trim().replace(/\s+/g, " ");
  panel.replaceChildren(element("p", "", told ?? "Nothing is linked here. Links come from [[names]] in texts, from what memories mention, and from lore graph-link."));
  said.textContent = "";
}

// Layout: a few rounds of forces. Linked things attract each other; near ones, found by a grid, repel; all are drawn to the
// middle a little. It starts from a spiral, the best linked first, so that the same graph always looks the same.
function arrange(nodes, edges) {
  const count = nodes.length;
  const order = nodes.map((_, i) => i).sort((a, b) => nodes[b].degree - nodes[a].degree || a - b);
  const x = new Float64Array(count), y = new Float64Array(count), dx = new Float64Array(count), dy = new Float64Array(count);
  const ideal = count < 150 ? 70 : 42;
  order.forEach((i, rank) => {
    const angle = rank * 2.399963, far = ideal * 0.75 * Math.sqrt(rank + 0.5);
    x[i] = far * Math.cos(angle); y[i] = far * Math.sin(angle);
  });
  const from = [], to = [];
  for (const [a, b] of edges) if (a !== b) { from.push(a); to.push(b); }
  const linked = new Float64Array(count);
  for (let e = 0; e < from.length; e += 1) { linked[from[e]] += 1; linked[to[e]] += 1; }
  const pull = from.map((a, e) => 1 / (ideal * Math.sqrt(Math.max(linked[a], linked[to[e]]))));
  const rounds = count > 3000 ? 24 : count > 1000 ? 36 : 120;
  const reach = ideal * 2, square = reach * reach, strength = ideal * ideal;
  // Cells as linked lists in two arrays: the first node of each cell, and the next of each node.
  const next = new Int32Array(count);
  for (let round = 0; round < rounds; round += 1) {
    const heat = ideal * 0.6 * (1 - round / rounds) + 0.5;
    dx.fill(0); dy.fill(0);
    let left = Infinity, top = Infinity, right = -Infinity, low = -Infinity;
    for (let i = 0; i < count; i += 1) {
      if (x[i] < left) left = x[i];
      if (x[i] > right) right = x[i];
      if (y[i] < top) top = y[i];
      if (y[i] > low) low = y[i];
    }
    const wide = Math.floor((right - left) / reach) + 3, high = Math.floor((low - top) / reach) + 3;
    const first = new Int32Array(wide * high).fill(-1);
    const cell = (i) => (Math.floor((y[i] - top) / reach) + 1) * wide + Math.floor((x[i] - left) / reach) + 1;
    for (let i = 0; i < count; i += 1) { const at = cell(i); next[i] = first[at]; first[at] = i; }
    for (let i = 0; i < count; i += 1) {
      const at = cell(i);
      for (let k = 0; k < 5; k += 1) {
        let j = k === 0 ? next[i] : first[at + (k === 1 ? 1 : wide + k - 3)];
        for (; j >= 0; j = next[j]) {
          let ax = x[i] - x[j], ay = y[i] - y[j], apart = ax * ax + ay * ay;
          if (apart > square) continue;
          if (apart < 1) { ax += (i % 7) - 3.5; ay += (j % 5) - 2.5; apart = ax * ax + ay * ay; }
          const force = strength / apart;
          dx[i] += ax * force; dy[i] += ay * force; dx[j] -= ax * force; dy[j] -= ay * force;
        }
      }
    }
    for (let e = 0; e < from.length; e += 1) {
      const a = from[e], b = to[e], ax = x[a] - x[b], ay = y[a] - y[b], by = Math.sqrt(ax * ax + ay * ay) * pull[e];
      dx[a] -= ax * by; dy[a] -= ay * by; dx[b] += ax * by; dy[b] += ay * by;
    }
    for (let i = 0; i < count; i += 1) {
      dx[i] -= x[i] * 0.02; dy[i] -= y[i] * 0.02;
      const far = Math.sqrt(dx[i] * dx[i] + dy[i] * dy[i]) || 1, step = Math.min(far, heat) / far;
      x[i] += dx[i] * step; y[i] += dy[i] * step;
    }
  }
  return nodes.map((_, i) => ({ x: x[i], y: y[i] }));
}

function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

function styles() {
  const [text, line, accent, good, bad, paper, faint] = ["--text", "--line", "--accent", "--good", "--bad", "--paper", "--faint"].map(colour);
  return [
    { selector: "node", style: {
      width: "data(size)", height: "data(size)", "background-color": accent, color: text, "font-size": 11,
      "min-zoomed-font-size": 8, "text-valign": "bottom", "text-margin-y": 3, "text-max-width": 120, "text-wrap": "ellipsis",
    } },
    { selector: ".named, node:selected", style: { label: "data(label)" } },
    { selector: "node[what = 'entity']", style: { shape: "round-rectangle", "background-color": good } },
    { selector: "node[?ended]", style: { "background-color": paper, "border-width": 2, "border-color": faint } },
    { selector: "edge", style: { "curve-style": "haystack", "haystack-radius": 0, width: 1.2, "line-color": faint, "line-opacity": 0.55 } },
    { selector: "edge[kind = 'contradicts']", style: { width: 3, "line-color": bad, "line-opacity": 0.9 } },
    { selector: "edge[?ended]", style: { "line-style": "dashed", "line-color": line } },
    { selector: ".gone", style: { display: "none" } },
    { selector: ".dim", style: { opacity: 0.15 } },
    { selector: "node:selected", style: { "border-width": 4, "border-color": text } },
    { selector: ".beside", style: { "line-color": accent, "line-opacity": 1, width: 2.4 } },
  ];
}

function draw(drawn, at) {
  const now = drawn.at ?? Date.now();
  const large = drawn.nodes.length > 600;
  view = cytoscape({
    container: place,
    elements: {
      nodes: drawn.nodes.map((node, i) => ({
        data: {
          id: node.id, what: node.what, kind: node.kind, name: node.name, label: cut(node.name), namespace: node.namespace, state: node.state,
          degree: node.degree, size: 10 + Math.min(26, 4 * Math.sqrt(node.degree)), from: node.valid_from && Date.parse(node.valid_from),
          until: node.valid_until && Date.parse(node.valid_until), ended: node.state !== "active" || (node.valid_until && Date.parse(node.valid_until) < now),
        },
        position: at[i],
      })),
      edges: drawn.edges.map(([source, target, kind, from, until], i) => ({
        data: {
          id: `link-${i}`, source: drawn.nodes[source].id, target: drawn.nodes[target].id, kind, from: from * 1000,
          until: until && until * 1000, ended: until && until * 1000 < now,
        },
      })),
    },
    layout: { name: "preset", fit: false },
    ...whole(at),
    style: styles(),
    minZoom: 0.03, maxZoom: 4, boxSelectionEnabled: false,
    textureOnViewport: large, hideEdgesOnViewport: large, hideLabelsOnViewport: large, pixelRatio: large ? 1 : "auto",
  });
  name(drawn.nodes.length);
  place.dataset.ready = "true";
  view.on("select", "node", (event) => show(event.target));
  view.on("unselect", "node", clear);
  view.on("dbltap", "node", (event) => open(event.target));
  document.addEventListener("lore:theme", () => view.style(styles()));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => view.style(styles()));
  place.addEventListener("keydown", key);
  const asked = new URL(location.href).searchParams.get("id")?.toLowerCase();
  const middle = asked ? view.nodes().filter((node) => node.id() === asked || node.data("name").toLowerCase() === asked).first() : view.collection();
  if (middle.nonempty()) middle.select();
}

// Zoom and pan that show all of it: cytoscape's own way measures every label first, which takes seconds.
function whole(at) {
  const xs = at.map((one) => one.x), ys = at.map((one) => one.y), margin = 60;
  const left = Math.min(...xs), right = Math.max(...xs), top = Math.min(...ys), low = Math.max(...ys);
  const zoom = Math.min(1.4, (place.clientWidth - margin) / Math.max(1, right - left), (place.clientHeight - margin) / Math.max(1, low - top));
  return { zoom, pan: { x: place.clientWidth / 2 - (zoom * (left + right)) / 2, y: place.clientHeight / 2 - (zoom * (top + low)) / 2 } };
}

// Of many things only the best linked are named, and those that are looked at closely.
const MOST_NAMES = 160;

function name(count) {
  if (count <= MOST_NAMES) { view.nodes().addClass("named"); return; }
  view.nodes().sort((a, b) => b.data("degree") - a.data("degree")).slice(0, 40).addClass("named");
  let waiting = 0;
  view.on("viewport", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if (view.zoom() < 0.9) return;
      const { x1, x2, y1, y2 } = view.extent();
      const near = view.nodes(":visible").filter((node) => { const { x, y } = node.position(); return x > x1 && x < x2 && y > y1 && y < y2; });
      near.slice(0, MOST_NAMES).addClass("named");
    }, 200);
  });
}

function cut(name) { const line = name.replace(/[\u202a-\u202e\u2066-\u2069]/g, "").replace(/\s+/g, " "); return line.length > 34 ? `${line.slice(0, 33)}…` : line; }

function address(node) {
  const base = place.dataset.base;
  return node.data("what") === "memory" ? `${base}/m/${encodeURIComponent(node.id())}` : `${base}/graph?id=${encodeURIComponent(node.id())}`;
}

function open(node) { location.href = address(node); }

function choose(node) {
  view.$(":selected").unselect();
  node.select();
  view.animate({ center: { eles: node } }, { duration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120 });
}

function clear() { view.edges(".beside").removeClass("beside"); panel.replaceChildren(element("p", "soft", "Choose a thing to see what it is.")); }

function element(tag, name, text) { const made = document.createElement(tag); if (name) made.className = name; if (text) made.textContent = text; return made; }

function link(to, text, name) { const made = element("a", name, text); made.href = to; return made; }

function show(node) {
  view.edges(".beside").removeClass("beside");
  const edges = node.connectedEdges(":visible");
  edges.addClass("beside");
  const title = element("h2", "");
  const name = element("bdi", "", node.data("name").slice(0, 300));
  title.append(name);
  const list = element("ul", "list small");
  for (const edge of edges.slice(0, 12)) {
    const out = edge.source().id() === node.id(), other = out ? edge.target() : edge.source();
    const row = element("li", "", `${edge.data("kind").replace("_", " ")} ${out ? "→" : "←"} `);
    const button = element("button", "small quiet", cut(other.data("name")));
    button.type = "button";
    button.addEventListener("click", () => choose(other));
    row.append(button);
    list.append(row);
  }
  const actions = element("p", "row");
  if (node.data("what") === "memory") actions.append(link(address(node), "Open", "button first"));
  actions.append(link(`${place.dataset.base}/graph?id=${encodeURIComponent(node.id())}`, "What lies around it", "button"));
  panel.replaceChildren(
    title, element("p", "small soft", `${node.data("kind")} in ${node.data("namespace")}, ${node.data("degree")} links${node.data("ended") ? ", no longer true" : ""}`), list, actions,
  );
}

// The arrow keys go to the linked thing that lies nearest to where the arrow points.
function key(event) {
  const toward = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  const chosen = view.$("node:selected").first();
  if (toward) {
    event.preventDefault();
    if (chosen.empty()) { choose(view.nodes(":visible").max((node) => node.data("degree")).ele); return; }
    const here = chosen.position();
    let best = null, least = Infinity;
    for (const other of chosen.neighborhood("node:visible")) {
      const ax = other.position("x") - here.x, ay = other.position("y") - here.y, far = Math.hypot(ax, ay) || 1;
      const off = 1 - (ax * toward[0] + ay * toward[1]) / far;
      if (off < 1 && off * 100 + far / 50 < least) { least = off * 100 + far / 50; best = other; }
    }
    if (best) choose(best);
  } else if (event.key === "Enter" && chosen.nonempty()) { open(chosen); }
  else if (event.key === "+" || event.key === "=") zoom(1.3);
  else if (event.key === "-") zoom(1 / 1.3);
  else if (event.key === "Escape") { view.$(":selected").unselect(); place.blur(); }
}

function zoom(by) { view.zoom({ level: view.zoom() * by, renderedPosition: { x: place.clientWidth / 2, y: place.clientHeight / 2 } }); }

// The slider ends at the day that was asked for, else today; there links that are over show only if they were asked for.
function setUpTime({ span, at: asked }) {
  const earliest = Date.parse(span?.earliest ?? ""), now = asked ?? Date.now();
  const last = asked ? new Date(asked).toISOString().slice(0, 10) : "today";
  if (!(earliest < now - DAY)) { slider.closest(".field").hidden = true; return; }
  let waiting = false;
  const apply = () => {
    waiting = false;
    const end = slider.value === "100";
    const at = end ? now : earliest + ((now - earliest) * Number(slider.value)) / 100;
    const ended = end && new URL(location.href).searchParams.has("include_ended");
    document.getElementById("when-said").textContent = end ? last : new Date(at).toISOString().slice(0, 10);
    view.batch(() => {
      view.elements().removeClass("gone");
      for (const edge of view.edges()) if (edge.data("from") > at || (edge.data("until") && edge.data("until") <= at && !ended)) edge.addClass("gone");
      if (!end) for (const node of view.nodes()) if (node.data("from") > at || node.connectedEdges().not(".gone").empty()) node.addClass("gone");
    });
    slider.setAttribute("aria-valuetext", document.getElementById("when-said").textContent);
  };
  slider.addEventListener("input", () => { if (!waiting) { waiting = true; requestAnimationFrame(apply); } });
  apply();
}

function setUpTools() {
  document.getElementById("zoom-in").addEventListener("click", () => zoom(1.3));
  document.getElementById("zoom-out").addEventListener("click", () => zoom(1 / 1.3));
  document.getElementById("fit").addEventListener("click", () => view.viewport(whole(view.nodes().map((node) => node.position()))));
  const look = document.getElementById("look");
  look.addEventListener("input", () => {
    const wanted = look.value.trim().toLowerCase();
    view.batch(() => {
      view.elements().removeClass("dim");
      if (wanted) view.nodes().filter((node) => !node.data("name").toLowerCase().includes(wanted)).addClass("dim");
    });
  });
  look.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const found = view.nodes().filter((node) => node.data("name").toLowerCase().includes(look.value.trim().toLowerCase()));
    if (found.nonempty()) choose(found.first());
  });
}
