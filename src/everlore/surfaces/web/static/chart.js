// Tokens over the days, drawn by uPlot; the table beside it has the same figures.

let place = null;
let chart = null;

function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

function draw() {
  const [days, told, saved] = JSON.parse(place.dataset.series);
  const at = days.map((day) => Date.parse(`${day}T00:00:00Z`) / 1000);
  chart?.destroy();
  const axis = { stroke: colour("--faint"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") }, font: "12px system-ui" };
  const short = (_, values) => values.map((value) => Math.abs(value) >= 1000 ? `${value / 1000}k` : value);
  chart = new uPlot({
    width: place.clientWidth, height: 220, tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
    series: [
      { value: (_, seconds) => seconds == null ? "–" : new Date(seconds * 1000).toISOString().slice(0, 10), label: "Day" },
      { label: "Told", stroke: colour("--accent"), width: 2, points: { show: days.length < 40 } },
      { label: "Saved", stroke: colour("--good"), width: 2, dash: [6, 4], points: { show: days.length < 40 } },
    ],
    axes: [axis, { ...axis, values: short, size: 60 }],
    scales: { x: { range: days.length === 1 ? [at[0] - 86400, at[0] + 86400] : undefined } },
  }, [at, told, saved], place);
}

function begin() {
  place = document.getElementById("chart");
  if (!place || place.dataset.ready) return;
  place.dataset.ready = "true";
  draw();
  new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height: 220 })).observe(place);
}

begin();
document.body.addEventListener("htmx:after:swap", begin);
document.addEventListener("lore:theme", () => chart && draw());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => chart && draw());
