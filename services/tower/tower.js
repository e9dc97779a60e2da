"use strict";
// The control tower: JSON of the API in, the page out. Everything from outside becomes text, never markup.

const OUTCOMES = ["posted", "compared", "duplicate", "parked", "dead_letter"];
const REFRESH_SECONDS = 15;
const at = (id) => document.getElementById(id);

function made(name, attributes, ...children) {
  const svg = ["svg", "rect", "text", "title"].includes(name);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === "click") node.addEventListener("click", value); else node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const shown = (value) => typeof value === "number" ? value.toLocaleString("en") : value === null ? "" : String(value);
const link = (text, click) => made("button", {class: "link", type: "button", click}, shown(text));

function table(columns, rows, empty) {
  if (!rows.length) return made("p", {class: "good"}, empty || "nothing");
  const head = columns.map(([name, , kind]) => made("th", {class: kind || ""}, name));
  const body = rows.map((row) => made("tr", {}, ...columns.map(([, cell, kind]) => {
    const value = cell(row);
    return made("td", {class: kind || ""}, value instanceof Node ? value : shown(value));
  })));
  return made("table", {}, made("thead", {}, made("tr", {}, ...head)), made("tbody", {}, ...body));
}

async function ask(path) {
  const token = sessionStorage.getItem("token");
  const answer = await fetch(path, {headers: token ? {Authorization: `Bearer ${token}`} : {}});
  if (answer.status === 401) at("login").hidden = false;
  const document = await answer.json();
  if (!answer.ok) throw new Error(`${answer.status}: ${document.error}`);
  return document;
}

function figures(tower) {
  const {rates, run} = tower;
  const share = (part, whole) => whole ? `${(100 * part / whole).toFixed(1)} %` : "none";
  const parts = [
    ["messages", run.messages, ""],
    ["messages/s", run.messages_per_second, ""],
    ["everything ended", run.is_balanced ? "yes" : "NO", run.is_balanced ? "good" : "bad"],
    ["oversold items", rates.oversold, rates.oversold ? "bad" : "good"],
    ["oversell per order", share(rates.oversold, rates.claims), ""],
    ["requests refused", share(rates.refused_decisions, rates.decisions), ""],
    ["duplicates dropped", rates.duplicates, ""],
    ["discrepancies", rates.discrepancies, rates.discrepancies ? "warn" : "good"],
    ["open refusals", tower.open.length, tower.open.length ? "warn" : "good"],
  ];
  return parts.map(([name, value, tone]) => made("div", {}, made("b", {class: tone}, shown(value)), made("span", {class: "quiet"}, name)));
}

function endings(sources) {
  const width = 460, row = 20, left = 130;
  const totals = sources.map((one) => OUTCOMES.map((name) => (one.events[name] || 0) + (one.whole_messages[name] || 0)));
  const most = Math.max(1, ...totals.map((parts) => parts.reduce((sum, part) => sum + part, 0)));
  const chart = made("svg", {viewBox: `0 0 ${width + 50} ${row * sources.length + 4}`, role: "img", "aria-label": "endings by source"});
  sources.forEach((one, index) => {
    let x = left;
    chart.append(made("text", {x: left - 8, y: index * row + 14, "text-anchor": "end", class: one.is_balanced ? "" : "bad"}, one.source || "(none)"));
    OUTCOMES.forEach((name, number) => {
      const wide = (width - left) * totals[index][number] / most;
      if (!wide) return;
      chart.append(made("rect", {x, y: index * row + 3, width: wide, height: row - 6, class: name}, made("title", {}, `${name}: ${totals[index][number]}`)));
      x += wide;
    });
    chart.append(made("text", {x: x + 5, y: index * row + 14, class: "quiet"}, shown(totals[index].reduce((sum, part) => sum + part, 0))));
  });
  const key = made("p", {class: "key quiet"}, ...OUTCOMES.flatMap((name) => [made("span", {class: name}), name.replace("_", " ")]));
  return [chart, key];
}

function throughput(runs) {
  return table([
    ["run", (run) => run.run_id],
    ["messages", (run) => run.messages, "number"],
    ["seconds", (run) => run.finished_at ? ((Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000).toFixed(1) : "no end", "number"],
    ["per second", (run) => run.finished_at ? Math.round(run.messages / Math.max(.001, (Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000)) : "", "number"],
    ["policy", (run) => run.policy_version],
  ], runs, "no run yet");
}

function ages(seconds) {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function latency(tower) {
  const seconds = tower.delivery_seconds;
  const told = seconds
    ? `partners had a figure ${seconds.p50.toFixed(1)} s (p50), ${seconds.p95.toFixed(1)} s (p95), ${seconds.p99.toFixed(1)} s (p99) after it was offered; ${shown(seconds.count)} figures`
    : "no partner has confirmed a figure yet";
  return [made("p", {}, told), table([
    ["source", (row) => row.source],
    ["newest message that moved a figure", (row) => row.changed_at.slice(0, 19).replace("T", " ")],
    ["age", (row) => ages(row.age_seconds), "number"],
  ], tower.newest_by_source, "no figure yet")];
}

function show(tower) {
  const {run} = tower;
  at("run").textContent = `run ${run.run_id} · ${run.input} · policy ${run.policy_version} · master data ${run.master_version}`;
  at("figures").replaceChildren(...figures(tower));
  at("ended").replaceChildren(...endings(tower.sources));
  at("throughput").replaceChildren(throughput(tower.runs));
  at("alerts").replaceChildren(table([
    ["kind", (row) => made("span", {class: row.kind === "oversell" ? "bad" : "warn"}, row.kind)],
    ["item", (row) => link(row.item, () => follow(row.item))],
    ["location", (row) => row.location],
    ["quantity", (row) => row.quantity, "number"],
    ["what", (row) => row.message],
    ["message", (row) => link(row.correlation_id, () => follow(row.correlation_id))],
  ], tower.alerts));
  at("latency").replaceChildren(...latency(tower));
  at("reasons").replaceChildren(table([
    ["outcome", (row) => row.outcome.replace("_", " ")],
    ["reason", (row) => row.reason],
    ["source", (row) => row.source],
    ["count", (row) => row.total, "number"],
    ["means", (row) => row.meaning],
    ["what to do next", (row) => row.next_step],
  ], tower.reasons.filter((row) => row.outcome === "dead_letter" || row.outcome === "parked")));
  at("open").replaceChildren(table([
    ["", (row) => row.view.replace("_", " ")],
    ["source", (row) => row.source],
    ["reason", (row) => row.reason],
    ["what is wrong", (row) => row.message],
    ["what to do next", (row) => row.next_step],
    ["message", (row) => link(row.message_id, () => follow(row.correlation_id))],
  ], tower.open));
}

// From a channel's figure to the item, its warehouses, orders and the message behind it, and back.
function explained(found) {
  const parts = [made("h3", {}, `item ${found.item}`)];
  for (const offer of found.offers) {
    parts.push(made("h3", {}, `${offer.channel} may sell ${shown(offer.available_quantity)} as ${offer.listing}`));
    parts.push(table([
      ["step", (row) => row.step], ["change", (row) => row.quantity, "number"], ["left", (row) => row.left, "number"], ["rule", (row) => row.rule],
    ], offer.chain));
    parts.push(made("p", {class: "quiet"}, `changed by ${offer.changed_by} from ${offer.changed_source}, message `,
      link(offer.changed_message_id, () => follow(offer.changed_correlation_id))));
  }
  parts.push(made("h3", {}, "warehouses"), table([
    ["location", (row) => row.location], ["lot", (row) => row.lot], ["disposition", (row) => row.disposition], ["on hand", (row) => row.on_hand_quantity, "number"], ["changed by", (row) => row.changed_by],
  ], found.positions));
  parts.push(made("h3", {}, "orders"), table([
    ["order", (row) => row.order_reference], ["channel", (row) => row.channel], ["status", (row) => row.status], ["open", (row) => row.open_quantity, "number"],
  ], found.claims, "no open claim"));
  return parts;
}

function traced(found) {
  const parts = [made("h3", {}, `correlation id ${found.correlation_id}`)];
  for (const [collection, rows] of Object.entries(found.found)) {
    const columns = Object.keys(rows[0]).filter((name) => name !== "chain" && rows.some((row) => row[name] !== "" && row[name] !== null)).slice(0, 9);
    parts.push(made("h3", {}, collection), table(columns.map((name) => [name, (row) => name === "item" ? link(row.item, () => follow(row.item)) : row[name]]), rows));
  }
  return parts;
}

async function follow(asked) {
  const name = encodeURIComponent(asked);
  let parts;
  try {
    const found = await ask(`/v1/traces/${name}`);
    parts = Object.keys(found.found).length ? traced(found) : explained(await ask(`/v1/items/${name}/explanation`));
  } catch (error) {
    parts = [made("p", {class: "bad"}, error.message)];
  }
  at("traced").hidden = false;
  at("trace").replaceChildren(...parts);
  at("traced").scrollIntoView({behavior: "smooth"});
}

async function refresh() {
  try {
    show(await ask("/v1/tower"));
    at("trouble").hidden = true;
    at("login").hidden = true;
  } catch (error) {
    at("trouble").textContent = error.message;
    at("trouble").hidden = false;
  }
}

at("find").addEventListener("submit", (event) => { event.preventDefault(); follow(at("asked").value.trim()); });
at("login").addEventListener("submit", (event) => { event.preventDefault(); sessionStorage.setItem("token", at("token").value); refresh(); });
refresh().then(() => { if (location.hash.length > 1) follow(decodeURIComponent(location.hash.slice(1))); });
setInterval(refresh, 1000 * REFRESH_SECONDS);
