// The local page of a party. Texts enter the page through textContent alone; whatever changes something carries the token
// of this page, which pages of other origins cannot read.
"use strict";
(() => {
  const find = id => document.getElementById(id);
  const token = document.querySelector("meta[name=entrepot-token]").content;
  // What nobody sees is written out: controls, marks of direction, whatever has no width. Lines stay lines.
  const hidden = /(?![\n\t])[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
  const shown = text => String(text).replace(hidden, found =>
    [...Array(found.length).keys()].map(i => "\\u" + found.charCodeAt(i).toString(16).padStart(4, "0")).join(""));
  const make = (tag, text, name) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = shown(text);
    if (name) element.className = name;
    return element;
  };
  const count = number => number.toLocaleString("en").replaceAll(",", "\u202f");
  const show = (id, isShown) => { find(id).hidden = !isShown; };
  const say = (id, text, kind = "") => {
    const place = find(id);
    if (place.textContent !== shown(text)) place.textContent = shown(text);
    place.className = `outcome ${kind}`;
  };

  // One call of the proxy: an answer with its status and its JSON; status 0 where the proxy is gone.
  const call = (method, path, body, progress, headers = {}) => new Promise(resolve => {
    const request = new XMLHttpRequest();
    request.open(method, "/entrepot/" + path);
    if (method === "POST") request.setRequestHeader("Entrepot-Page", token);
    Object.entries(headers).forEach(([name, value]) => request.setRequestHeader(name, value));
    if (progress) request.upload.addEventListener("progress", event => progress(event.loaded, event.total));
    const end = () => {
      let json = {};
      try { json = JSON.parse(request.responseText); } catch { /* no JSON: the status tells */ }
      resolve({ status: request.status, json });
    };
    ["load", "error", "abort"].forEach(name => request.addEventListener(name, end));
    request.send(body ?? null);
  });
  const words = answer => answer.status === 0
    ? "The proxy does not answer: is entrepot connect still running?"
    : [answer.json.detail ?? `Status ${answer.status}.`, answer.json.hint].filter(Boolean).join(" ");

  let state = null;
  let file = null;
  let verdict = null;
  let isBusy = false;
  let uploaded = null;
  const may = action => state.may.includes(action);

  // MARK: what is shown

  const list = (id, elements) => find(id).replaceChildren(...elements);
  const showFixed = () => {
    document.title = `${state.task.name}: your part of the task`;
    find("who").textContent = shown(state.you ? ` · ${state.you}, ${state.role}` : "");
    find("name").textContent = shown(state.task.name);
    find("purpose").textContent = shown(state.task.purpose);
    show("simulated", state.isSimulated);
    find("epsilon").textContent = shown(`ε = ${state.task.epsilon}: ${state.task.protection} that a given record is in the joined table.`);
    find("digest").textContent = shown(state.task.digest);
    find("key").textContent = shown(state.task.key.join(" | "));
    find("columns").textContent = shown(state.task.columns.join(", "));
    document.querySelectorAll(".task-name").forEach(place => { place.textContent = shown(state.task.name); });
    find("deadlines").textContent = state.task.deadlines.length
      ? "Deadlines: " + state.task.deadlines.map(d => `${d.what} ${d.time}`).join("; ") + "."
      : "There are no deadlines.";
    list("words", state.task.words.trim().split(/\n\n+/).map(block => {
      const [title, ...lines] = block.split("\n");
      const part = make("div");
      part.append(make("h3", title));
      for (const line of lines) {
        const split = /^ {2}(\S.*?) {2,}(\S+ %)$/.exec(line);
        if (split) {
          const row = make("p", undefined, "split");
          row.append(make("span", split[1]), make("span", split[2]));
          part.append(row);
        } else {
          part.append(make("p", line.trim(), line.startsWith("    ") ? "inner" : ""));
        }
      }
      return part;
    }));
  };

  const showChecks = () => list("checks", state.checks.map(check => {
    const item = make("li", undefined, check.isSimulated ? "grave" : check.isCaution ? "care" : "");
    const mark = check.isSimulated ? "✗" : check.isCaution ? "△" : "✓";
    item.append(make("h3", `${mark} ${check.title}`), make("p", check.words));
    if (check.facts.length) {
      const facts = make("ul", undefined, "facts");
      facts.append(...check.facts.map(fact => make("li", fact)));
      const folded = make("details");
      folded.append(make("summary", "Compare"), facts);
      item.append(folded);
    }
    return item;
  }));

  const names = parties => new Intl.ListFormat("en").format(parties.map(p => p.isYou ? "you" : p.name));
  const providers = () => state.parties.filter(p => p.role === "provider");
  const missing = what => providers().filter(p => !p[what]);
  const elapsed = () => {
    const seconds = Math.max(0, Math.round(Date.now() / 1000 - state.since));
    return seconds < 90 ? `${seconds} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
  };
  const stageWords = () => {
    switch (state.stage) {
      case "unsigned": return `Waiting for ${names(missing("signed"))} to sign.`;
      case "collecting": return missing("uploaded").length
        ? `Collecting tables: waiting for ${names(missing("uploaded"))} to upload.`
        : `Collecting tables: waiting for ${names(missing("confirmed"))} to confirm.`;
      case "training": return `Fitting the model, for ${elapsed()}. ε is set aside, and the tables are destroyed at the end.`;
      case "trained": return "The model is there. The tables are destroyed; rows can be fetched.";
      default: return `The task is ${state.stage}. ${state.reason ?? ""}`;
    }
  };

  // One sentence: what this person can do now, and where on the page.
  const nextWords = () => {
    const isProvider = state.role === "provider";
    if (may("sign")) return ["Read the task, compare the keys by telephone, and sign it.", "agree"];
    if (may("confirm")) return ["Confirm your table, or replace it, or take it back.", "table"];
    if (may("upload")) return ["Choose your file: it is checked on this machine before anything is sent.", "table"];
    if (may("samples")) return ["Read how far to trust the rows, and fetch as many as you like.", "rows"];
    if (isProvider && state.stage === "unsigned") return ["You have signed. Check your file meanwhile; the others must sign.", "table"];
    if (["unsigned", "collecting", "training"].includes(state.stage)) return ["Nothing: wait. This page follows by itself.", "status"];
    return ["Nothing more. Keep the receipts.", "receipts"];
  };
  const showNext = () => {
    const [text, place] = nextWords();
    const words = find("next-words");
    if (words.dataset.text === text) return;
    words.dataset.text = text;
    const link = make("a", "Go there");
    link.href = "#" + place;
    words.replaceChildren(shown(text) + " ", link);
  };

  // What is signed, field by field: nothing of it is left to a summary.
  const range = field => {
    const bounds = field.constraints ?? {};
    const edges = [bounds.minimum, bounds.maximum].map(value => value ?? "…");
    return bounds.minimum === undefined && bounds.maximum === undefined ? "" : `${edges[0]} to ${edges[1]}`;
  };
  const binWords = bins => !bins ? "" : bins.edges ? `edges ${bins.edges.join(", ")}`
    : `${bins.count ?? 32} bins, ${bins.scale ?? "linear"}`;
  const valueWords = field => {
    const values = (field.categories ?? field.constraints?.enum ?? []).map(value =>
      typeof value === "object" ? `${value.value}${value.label ? ` (${value.label})` : ""}` : String(value));
    if (field.codeList) values.unshift(`the list ${field.codeList}`);
    if (field.derivedFrom) values.unshift(`the first ${field.derivedFrom.prefix} of ${field.derivedFrom.field}`);
    if (field.other !== undefined) values.push(`others as ${field.other}`);
    return values.join(", ");
  };
  find("full").addEventListener("toggle", async () => {
    if (!find("full").open || find("full-tables").children.length) return;
    const { status, json } = await call("GET", "task");
    if (status !== 200) return find("full-tables").replaceChildren(make("p", words({ status, json })));
    const parts = json.parties.filter(party => party.table).flatMap(party => {
      const heads = ["Column", "Type", "Values", "Bounds", "Bins"];
      const head = make("tr");
      head.append(...heads.map(text => { const cell = make("th", text); cell.scope = "col"; return cell; }));
      const body = make("tbody");
      body.append(...party.table.fields.map(field => {
        const row = make("tr");
        const name = make("th", field.name);
        name.scope = "row";
        row.append(name, ...[field.type, valueWords(field), range(field), binWords(field.bins)].map(text => make("td", text)));
        return row;
      }));
      const top = make("thead");
      top.append(head);
      const table = make("table");
      table.append(top, body);
      const scroll = make("div", undefined, "scroll");
      scroll.tabIndex = 0;
      scroll.setAttribute("role", "region");
      scroll.setAttribute("aria-label", shown(`Columns of ${party.name}`));
      scroll.append(table);
      return [make("h3", `${party.name} brings`), scroll];
    });
    const rest = Object.fromEntries(Object.entries(json).filter(([key]) => key !== "parties"));
    const terms = make("pre");
    terms.tabIndex = 0;
    terms.append(make("code", JSON.stringify(rest, null, 2)));
    find("full-tables").replaceChildren(...parts, make("h3", "Everything else"), terms);
  });

  const showSteps = () => {
    const steps = [
      ["Verify", true], ["Agree", missing("signed").length === 0], ["Tables", missing("uploaded").length === 0],
      ["Confirm", missing("confirmed").length === 0], ["Fit", ["trained", "closed"].includes(state.stage)],
      ["Rows", state.stage === "closed"],
    ];
    const hasEnded = ["failed", "halted", "expired"].includes(state.stage);
    const now = hasEnded ? -1 : steps.findIndex(([, isDone]) => !isDone);
    list("steps", steps.map(([name, isDone], index) => {
      const item = make("li", name, index === now ? "now" : isDone ? "done" : hasEnded ? "ended" : "");
      if (index === now) item.setAttribute("aria-current", "step");
      return item;
    }));
  };

  const showStatus = () => {
    const kind = state.stage === "trained" ? "good" : ["failed", "halted", "expired"].includes(state.stage) ? "bad" : "";
    const text = stageWords();
    if (find("stage").textContent !== text) find("stage").textContent = shown(text);
    find("stage").className = `stage ${kind}`;
    list("parties", state.parties.map(party => {
      const row = make("tr");
      const name = make("th", party.isYou ? `${party.name} (you)` : party.name, party.isYou ? "you" : "");
      name.scope = "row";
      row.append(name, make("td", party.role));
      for (const what of ["signed", "uploaded", "confirmed"]) {
        const isOwed = party.role === "provider";
        row.append(make("td", !isOwed ? "" : party[what] ? "✓ yes" : "not yet", party[what] ? "yes" : "no"));
      }
      return row;
    }));
    show("halt", may("halt"));
    find("warning").textContent = state.warning ?? "";
    show("warning", Boolean(state.warning));
  };

  const showOwn = () => {
    const isProvider = state.role === "provider";
    show("agree", isProvider && (state.stage === "unsigned" || missing("signed").length === 0));
    const signed = providers().filter(p => p.signed);
    find("signatures").textContent = (signed.length ? `Signed: ${names(signed)}. ` : "Nobody has signed yet. ")
      + (missing("signed").length ? `Missing: ${names(missing("signed"))}.` : "Everybody has signed: the task is fixed.");
    show("sign", may("sign"));
    show("table", isProvider && ["unsigned", "collecting"].includes(state.stage));
    show("choose", may("check"));
    const canUpload = may("upload") && verdict?.accepted && !isBusy && uploaded !== verdict.sha256;
    show("upload", canUpload);
    show("confirm", may("confirm"));
    show("withdraw", may("withdraw"));
    find("held").textContent = shown(state.held ?? state.commitment ?? "");
    show("rows", may("samples"));
    if (verdict?.accepted && state.stage === "unsigned") {
      say("upload-outcome", "It can be uploaded as soon as everybody has signed.", "busy");
    } else if (find("upload-outcome").classList.contains("busy") && !isBusy) {
      say("upload-outcome", "");
    }
  };

  const showReceipts = () => {
    const papers = find("papers");
    if (papers.children.length === state.receipts.length) return;
    list("papers", state.receipts.map(paper => {
      const item = make("li");
      const link = make("a", `${paper.sequence}. ${paper.words}`);
      link.href = "/entrepot/receipts/" + encodeURIComponent(paper.file);
      link.setAttribute("download", paper.file);
      item.append(link, " ", make("small", [paper.party, paper.time].filter(Boolean).join(" · ")));
      return item;
    }));
  };

  let isFirst = true;
  const refresh = async () => {
    const answer = await call("GET", "state");
    const isLost = answer.status !== 200;
    show("lost", isLost);
    if (isLost) {
      find("lost").textContent = shown(words(answer));
      if (isFirst) find("name").textContent = shown("Not connected");
      return;
    }
    state = answer.json;
    if (isFirst) {
      showFixed();
      showChecks();
      find("task-words").open = state.stage === "unsigned";
      isFirst = false;
    }
    showSteps();
    showNext();
    showStatus();
    showOwn();
    showReceipts();
  };

  // MARK: what is done

  const after = async (answer, place, text) => {
    say(place, answer.status === 200 ? text : words(answer), answer.status === 200 ? "good" : "bad");
    await refresh();
  };

  find("sign").addEventListener("submit", async event => {
    event.preventDefault();
    find("sign-button").disabled = true;
    const answer = await call("POST", "sign", JSON.stringify({ task: find("digest").textContent }));
    find("sign-button").disabled = false;
    await after(answer, "sign-outcome", "You have signed. Nothing in the task can change any more.");
  });

  const bar = (name, verb) => {
    let told = -1;
    show(`${name}-progress`, true);
    find(`${name}-bar`).value = 0;
    return (done, size) => {
      const percent = size ? Math.floor(100 * done / size) : 100;
      find(`${name}-bar`).value = percent;
      // Spoken now and then only.
      if (Math.floor(percent / 10) === told) return;
      told = Math.floor(percent / 10);
      say(`${name}-outcome`, `${verb} ${percent} % of ${count(Math.ceil(size / 1000))} kB`, "busy");
    };
  };

  const showVerdict = () => {
    show("problems", verdict?.accepted === false && verdict.problems.length > 0);
    show("warnings", Boolean(verdict?.accepted && verdict.warnings?.length));
    if (verdict?.accepted) list("warnings", (verdict.warnings ?? []).map(text => make("li", text)));
    show("prepare", Boolean(verdict && !verdict.accepted) && !isBusy);
    if (!verdict || verdict.accepted) return;
    list("kinds", verdict.kinds.map(kind => make("li", `${count(kind.count)} × ${kind.code.replaceAll("_", " ")}`)));
    const labels = ["Row", "Column", "Value", "Expected", "What to do"];
    // A cell that begins like a formula must stay text in a spreadsheet.
    const cell = text => `"${String(text ?? "").replace(/^[=+@\t\r-]/, "'$&").replaceAll('"', '""')}"`;
    const lines = [labels].concat(verdict.problems.map(p => [p.row, p.column, p.value, p.expected, p.hint]))
      .concat(verdict.kinds.map(kind => ["", "", "", `${kind.count} in all`, kind.code]));
    find("problems-csv").href = "data:text/csv;charset=utf-8,"
      + encodeURIComponent(lines.map(line => line.map(cell).join(",")).join("\r\n") + "\r\n");
    list("problem-rows", verdict.problems.map(problem => {
      const row = make("tr");
      [problem.row, problem.column, problem.value, problem.expected, problem.hint].forEach((text, index) => {
        const cell = make("td", text === undefined ? "" : index === 0 ? count(text) : text);
        cell.dataset.label = labels[index];
        row.append(cell);
      });
      return row;
    }));
  };

  // Mends the file on this machine, says what it changed, and checks what it made.
  find("prepare").addEventListener("click", async () => {
    if (!file || isBusy || !may("check")) return;
    isBusy = true;
    show("prepare", false);
    const answer = await call("POST", "prepare", file, bar("check", `Preparing ${file.name}:`));
    isBusy = false;
    show("check-progress", false);
    const made = answer.json;
    if (answer.status !== 200 || !made.text) {
      const why = made?.problems?.[0];
      say("prepare-outcome", answer.status !== 200 ? words(answer)
        : `The file cannot be mended here: ${[why?.column, why?.expected, why?.hint].filter(Boolean).join(" · ")}`, "bad");
      return;
    }
    const changes = made.notes.concat(made.changes.map(change =>
      `${change.column ? change.column + ": " : ""}${count(change.count)} × ${change.what}${change.example ? ` (${change.example})` : ""}`));
    await check(new File([made.text], file.name.replace(/(\.csv)?(\.gz)?$/i, "") + "-prepared.csv", { type: "text/csv" }));
    say("prepare-outcome", `Prepared on this machine: ${count(made.rows)} rows. ${changes.length ? "What was changed:" : "Nothing had to be changed."}`, "good");
    show("changes", changes.length > 0);
    list("changes", changes.map(text => make("li", text)));
  });

  const check = async chosen => {
    if (!chosen || isBusy || !may("check")) return;
    file = chosen;
    say("prepare-outcome", "");
    show("changes", false);
    verdict = null;
    isBusy = true;
    say("upload-outcome", "");
    showVerdict();
    showOwn();
    const answer = await call("POST", "check", file, bar("check", `Reading ${file.name}:`));
    isBusy = false;
    show("check-progress", false);
    if (answer.status !== 200) {
      say("check-outcome", answer.status === 0 ? "The file could not be read. Has it changed since you chose it?" : words(answer), "bad");
      return showOwn();
    }
    verdict = answer.json;
    const total = verdict.kinds.reduce((sum, kind) => sum + kind.count, 0);
    const shown = verdict.problems.length;
    say("check-outcome", verdict.accepted
      ? `${file.name}: ${count(verdict.rows)} rows, no problem; the service would take it. SHA-256 ${verdict.sha256}`
      : verdict.detail ?? `${file.name}: ${count(total)} ${total === 1 ? "problem" : "problems"}; the service would refuse it. `
        + (total > shown ? `The first ${shown}:` : "Here they are:"), verdict.accepted ? "good" : "bad");
    showVerdict();
    showOwn();
  };
  find("file").addEventListener("change", event => check(event.target.files[0]));
  const drop = find("drop");
  drop.addEventListener("dragover", event => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", event => {
    event.preventDefault();
    drop.classList.remove("over");
    check(event.dataTransfer.files[0]);
  });
  // A file that misses the field must not replace the page.
  ["dragover", "drop"].forEach(name => document.addEventListener(name, event => event.preventDefault()));

  // Where the connection to the service broke, the next attempt goes on where it stood: the proxy asks the service how much it
  // has, and compares.
  const sendPatiently = async () => {
    const pauses = [1, 2, 5, 10, 20, 30];
    let headers = {};
    for (let turn = 0; ; turn += 1) {
      const answer = await call("POST", "upload", file, bar("upload", `Sending ${file.name}:`), headers);
      const mayPass = answer.status === 502 && answer.json.exit_code === 1
        || ["busy", "incomplete", "too_slow", "wrong_offset", "another_file"].includes(answer.json.code);
      if (answer.status === 200 || !mayPass || turn === pauses.length) return answer;
      headers = answer.json.code === "another_file" ? { "Entrepot-Anew": "1" } : {};
      say("upload-outcome", `The connection broke. It goes on where it stood in ${pauses[turn]} s.`, "busy");
      await new Promise(resolve => setTimeout(resolve, 1000 * pauses[turn]));
    }
  };

  find("upload").addEventListener("click", async () => {
    isBusy = true;
    showOwn();
    const checked = verdict.sha256;
    const answer = await sendPatiently();
    isBusy = false;
    show("upload-progress", false);
    const receipt = answer.json;
    if (answer.status === 200 && receipt.sha256 === checked) {
      uploaded = checked;
      await after(answer, "upload-outcome",
        `The service holds ${count(receipt.rows)} rows, and its ledger commits to them. Your file: SHA-256 ${receipt.sha256}`);
    } else if (answer.status === 200) {
      await after({ status: 409, json: { detail: "The file changed after it was checked. The service holds the changed one: check and upload again." } }, "upload-outcome", "");
    } else {
      await after(answer, "upload-outcome", "");
    }
    if (may("confirm")) find("confirm-name").focus({ preventScroll: true });
  });

  const named = (form, field, place, send) => find(form).addEventListener("submit", async event => {
    event.preventDefault();
    if (find(field).value.trim() !== state.task.name) {
      say(place, `That is not the task's name: ${state.task.name}`, "bad");
      return find(field).focus();
    }
    find(field).value = "";
    await send();
  });
  named("confirm", "confirm-name", "confirm-outcome", async () => {
    const answer = await call("POST", "confirm", JSON.stringify({ digest: state.held, commitment: state.commitment }));
    await after(answer, "confirm-outcome", "Confirmed.");
  });
  named("halt-form", "halt-name", "halt-outcome", async () => {
    await after(await call("POST", "halt"), "halt-outcome", "The task is stopped, and every table destroyed.");
  });
  find("withdraw-button").addEventListener("click", async () => {
    uploaded = null;
    find("withdraw").open = false;
    await after(await call("POST", "withdraw"), "confirm-outcome", "The service has destroyed your table.");
  });

  const showFetch = () => {
    const query = `format=${find("format").value}&num_samples=${find("size").value || 1}&seed=${find("seed").value || 0}`;
    find("fetch").href = "/samples?" + query;
    find("fetch").setAttribute("download", `samples.${find("format").value}`);
    find("provenance").href = "/samples/provenance?" + query;
    find("curl").textContent = shown(`curl -o samples.${find("format").value} '${location.origin}/samples?${query}'`);
  };
  for (const format of ["csv", "json", "ndjson", "arrow"]) find("format").append(make("option", format));
  ["size", "seed", "format"].forEach(id => find(id).addEventListener("input", showFetch));
  find("download").addEventListener("submit", event => event.preventDefault());
  showFetch();

  // The next question follows the answer to the last one; a page that nobody sees asks less.
  const watch = async () => {
    if (!isBusy) await refresh();
    setTimeout(watch, document.hidden ? 15_000 : 2_000);
  };
  watch();
})();
