// Two charts over /history.json, and a mark on the page when its server stops answering.
"use strict";

const WINDOW_SECONDS = 15 * 60;
const WINDOW_SECONDS_MIN = 2 * 60; // a young process has a short history; show it large
const REFRESH_MS = 2000;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0, notation: "standard" });
const short = new Intl.NumberFormat("en", { maximumFractionDigits: 1, notation: "compact" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });

function options(place, label, floor) {
  const axis = { stroke: colour("--quiet"), font: "11px system-ui, sans-serif", ticks: { show: false } };
  const grid = { stroke: colour("--line"), width: 1 };
  return {
    width: place.clientWidth,
    height: place.clientHeight,
    padding: [10, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: (plot) => span(plot.data[0]) },
      y: { range: (_, __, max) => [0, Math.max(floor, (max || 0) * 1.12)] },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 26, space: 80, incrs: [60, 180, 300], values: (_, at) => at.map((t) => clock.format(t * 1000)) },
      { ...axis, grid, size: 46, space: 36, values: (_, at) => at.map((v) => short.format(v)) },
    ],
    series: [
      {},
      { label, stroke: colour("--accent"), fill: colour("--accent-wash"), width: 1.6, points: { show: false }, spanGaps: false },
    ],
    hooks: { setCursor: [(plot) => read(plot, place)] },
  };
}

function span(at) {
  const now = Date.now() / 1000;
  const known = at.length ? now - at[0] : 0;
  return [now - Math.min(Math.max(known, WINDOW_SECONDS_MIN), WINDOW_SECONDS), now];
}

// The figure under the pointer replaces the newest one in the chart's title line.
function read(plot, place) {
  const at = plot.cursor.idx ?? plot.data[0].length - 1;
  const value = plot.data[1][at];
  const text = value === null || value === undefined ? "unknown" : whole.format(value) + " " + place.dataset.unit;
  const when = plot.cursor.idx === null || plot.cursor.idx === undefined ? "now" : clock.format(plot.data[0][at] * 1000) + " UTC";
  document.getElementById(place.dataset.readout).textContent = at < 0 ? "" : text + ", " + when;
}

function chart(id, column, floor) {
  const place = document.getElementById(id);
  let plot = null;
  const draw = (data) => {
    if (plot) plot.destroy();
    place.replaceChildren();
    plot = new uPlot(options(place, place.dataset.unit, floor), data, place);
    read(plot, place);
  };
  let last = [[], []];
  draw(last);
  new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: place.clientHeight })).observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw(last));
  return (history) => {
    last = [history.at, history[column]];
    plot.setData(last);
    read(plot, place);
  };
}

function mark(stale) {
  document.body.classList.toggle("stale", stale);
}

document.addEventListener("DOMContentLoaded", () => {
  const draw = [chart("chart-lag", "lag_blocks", 4), chart("chart-rate", "transactions_per_second", 4)];
  const refresh = async () => {
    try {
      const history = await (await fetch("history.json")).json();
      draw.forEach((each) => each(history));
    } catch {
      mark(true);
    }
  };
  refresh();
  setInterval(refresh, REFRESH_MS);
  document.body.addEventListener("htmx:sendError", () => mark(true));
  document.body.addEventListener("htmx:afterSwap", () => mark(false));
});
