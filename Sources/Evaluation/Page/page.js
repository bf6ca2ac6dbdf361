// The calculator, the tabs and the command line of the report. Texts enter the page through textContent alone.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  document.documentElement.classList.add("js");
  const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const numbers = (text, width) => {
    const raw = bytes(text);
    return width === 1 ? raw : width === 2 ? new Uint16Array(raw.buffer) : new Uint32Array(raw.buffer);
  };
  const unpack = grouping => ({ map: numbers(grouping.map, grouping.width), labels: grouping.labels });
  const columns = data.columns.map(c => ({ ...c, shown: unpack(c.shown), codes: numbers(c.rows, c.width) }));
  const pairs = data.pairs.map(p => ({ ...p, firstGroups: unpack(p.firstGroups), secondGroups: unpack(p.secondGroups) }));
  const find = (a, b) => pairs.find(p => p.first === Math.min(a, b) && p.second === Math.max(a, b));

  // A condition is a column and a flag for each of its codes: see ErrorCalculator.swift, which this follows line by line.
  const condition = (column, groups, value) =>
    ({ column, flags: Uint8Array.from(groups.map, group => group === value ? 1 : 0) });
  const single = (c, z) => {
    const { counts, deviations } = columns[c.column];
    if (!counts) return null;
    let count = 0, variance = 0;
    c.flags.forEach((flag, code) => { if (flag) { count += counts[code]; variance += deviations[code] ** 2; } });
    const half = z * Math.sqrt(variance);
    return { lower: count - half, upper: count + half, exact: true };
  };
  const touched = (groups, flags) => {
    const members = new Array(groups.labels.length).fill(0), hits = members.slice();
    groups.map.forEach((group, code) => { members[group]++; hits[group] += flags[code]; });
    const all = members.map((_, g) => g).filter(g => hits[g] > 0);
    return { all, inside: all.filter(g => hits[g] === members[g]) };
  };
  const table = (a, b, z) => {
    const pair = find(a.column, b.column);
    if (!pair) return null;
    const [x, y] = a.column === pair.first ? [a, b] : [b, a];
    const rows = touched(pair.firstGroups, x.flags), cols = touched(pair.secondGroups, y.flags);
    const sum = (rs, cs, side) => {
      let total = 0;
      for (const r of rs) for (const c of cs) total += pair.counts[r * pair.secondGroups.labels.length + c];
      return total + side * z * pair.deviation * Math.sqrt(rs.length * cs.length);
    };
    return {
      lower: sum(rows.inside, cols.inside, -1), upper: sum(rows.all, cols.all, 1),
      exact: rows.inside.length === rows.all.length && cols.inside.length === cols.all.length,
    };
  };
  const answer = conditions => {
    let hits = 0;
    for (let row = 0; row < data.rowCount; row++) {
      if (conditions.every(c => c.flags[columns[c.column].codes[row]])) hits++;
    }
    const synthetic = hits / data.rowCount * data.total;
    const direct = conditions.length === 1 ? single(conditions[0], data.quantile)
      : conditions.length === 2 ? table(conditions[0], conditions[1], data.quantile) : null;
    if (direct && direct.exact) {
      return { basis: "measured", synthetic, lower: Math.max(0, direct.lower), upper: Math.max(0, direct.upper) };
    }
    const singles = conditions.map(c => single(c, data.jointQuantile) || { lower: 0, upper: data.total });
    let upper = Math.min(data.total, ...singles.map(s => s.upper));
    let lower = singles.reduce((sum, s) => sum + s.lower, 0) - (singles.length - 1) * data.total;
    conditions.forEach((one, i) => conditions.forEach((other, j) => {
      const both = j > i ? table(one, other, data.jointQuantile) : null;
      if (!both) return;
      upper = Math.min(upper, both.upper);
      lower = Math.max(lower, both.lower + (conditions.length === 3 ? singles[3 - i - j].lower - data.total : 0));
    }));
    return { basis: direct ? "partly" : "assumed", synthetic, lower: Math.max(0, lower), upper: Math.max(0, upper) };
  };
  window.entrepotAnswer = (...parts) => answer(parts.map(([column, codes]) => ({
    column, flags: Uint8Array.from({ length: columns[column].size }, (_, code) => codes.includes(code) ? 1 : 0),
  })));

  const selects = [1, 2, 3].map(n => ({
    column: document.getElementById("column" + n), value: document.getElementById("value" + n), groups: null,
  }));
  const chosen = n => selects[n].column.value === "" ? null : Number(selects[n].column.value);
  const groupsOf = n => {
    const own = chosen(n);
    const partner = n < 2 ? chosen(1 - n) : null;
    const pair = partner !== null && partner !== own ? find(own, partner) : null;
    return pair ? (pair.first === own ? pair.firstGroups : pair.secondGroups) : columns[own].shown;
  };
  const fill = n => {
    const select = selects[n];
    const groups = chosen(n) === null ? null : groupsOf(n);
    if (groups === select.groups) return;
    const before = select.value.selectedIndex;
    select.groups = groups;
    select.value.replaceChildren();
    select.value.disabled = !groups;
    if (!groups) return;
    groups.labels.forEach((label, index) => {
      const option = document.createElement("option");
      option.value = String(index);
      option.textContent = label;
      select.value.append(option);
    });
    select.value.selectedIndex = Math.max(0, Math.min(before, groups.labels.length - 1));
  };
  const whole = value => Math.round(value).toLocaleString("en").replaceAll(",", "\u202f");
  const output = document.getElementById("answer");
  const update = () => {
    [0, 1, 2].forEach(fill);
    const used = [0, 1, 2].filter(n => chosen(n) !== null);
    if (new Set(used.map(chosen)).size < used.length) {
      output.className = "partly";
      output.textContent = "Choose different columns.";
      return;
    }
    const result = answer(used.map(n => condition(chosen(n), selects[n].groups, Number(selects[n].value.value))));
    const words = {
      measured: "These columns were measured together: the interval comes from the noise of that measurement.",
      partly: "These columns were measured together in coarser groups: the interval covers what the groups allow.",
      assumed: used.length === 3
        ? "These three columns were not measured together: the association you see is an assumption. The interval is what their parts allow."
        : "These columns were never measured together: the association you see is an assumption. The interval is what each column alone allows.",
    };
    const half = (result.upper - result.lower) / 2, middle = (result.upper + result.lower) / 2;
    const relative = middle > 0 ? ` (± ${(100 * half / middle).toFixed(half / middle < 0.1 ? 1 : 0)} %)` : "";
    output.className = result.basis;
    output.replaceChildren();
    const strong = document.createElement("strong");
    strong.textContent = `Synthetic: ${whole(result.synthetic)} of ${whole(data.total)} rows. `;
    output.append(strong, `True count, with 95 % confidence: ${whole(result.lower)} to ${whole(result.upper)}${relative}. ${words[result.basis]}`);
    if (result.synthetic < result.lower || result.synthetic > result.upper) {
      output.append(" The synthetic count lies outside: believe the interval.");
    }
  };
  if (columns.length > 1) selects[1].column.value = String(pairs[0] ? (pairs[0].first === 0 ? pairs[0].second : 1) : 1);
  for (const select of selects) {
    select.column.addEventListener("change", update);
    select.value.addEventListener("change", update);
  }
  document.getElementById("calculator-form").addEventListener("submit", event => event.preventDefault());
  update();

  const tabs = document.getElementById("tabs");
  const panels = [...tabs.querySelectorAll(".panel")];
  const list = document.createElement("div");
  list.className = "tablist";
  list.setAttribute("role", "tablist");
  const buttons = panels.map((panel, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.id = "tab" + index;
    button.textContent = panel.querySelector("h3").textContent;
    button.setAttribute("role", "tab");
    button.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", button.id);
    list.append(button);
    return button;
  });
  const show = chosenIndex => panels.forEach((panel, index) => {
    panel.hidden = index !== chosenIndex;
    buttons[index].setAttribute("aria-selected", String(index === chosenIndex));
    buttons[index].tabIndex = index === chosenIndex ? 0 : -1;
  });
  buttons.forEach((button, index) => {
    button.addEventListener("click", () => show(index));
    button.addEventListener("keydown", event => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = (index + step + buttons.length) % buttons.length;
      show(next);
      buttons[next].focus();
    });
  });
  tabs.prepend(list);
  show(0);

  // The proxy's own address, whatever --listen it was given.
  if (location.protocol === "http:") {
    panels.forEach(panel => {
      const code = panel.querySelector("code");
      code.textContent = code.textContent.replaceAll("http://127.0.0.1:3030", location.origin);
    });
  }

  const command = document.getElementById("command");
  if (command) {
    const field = id => document.getElementById(id);
    const write = () => {
      const format = field("format").value;
      command.textContent = `entrepot sample ${command.dataset.model} --rows ${field("num_samples").value || 1}`
        + ` --seed ${field("seed").value || 0} --format ${format} --output samples.${format}`;
    };
    ["num_samples", "seed", "format"].forEach(id => field(id).addEventListener("input", write));
    field("command-form").addEventListener("submit", event => event.preventDefault());
  }
})();
