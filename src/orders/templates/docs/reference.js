// The reference's pages work without this file, but for the search and for sending requests.
// It writes texts only, never HTML: the pages' Content-Security-Policy has browsers hold it to that.
"use strict";

const byId = (id) => document.getElementById(id);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// What is kept in this tab until it is closed. A browser may refuse to keep anything.
const kept = {
  read(name) {
    try { return sessionStorage.getItem(`orders.reference.${name}`) ?? ""; } catch { return ""; }
  },
  write(name, value) {
    try {
      if (value) sessionStorage.setItem(`orders.reference.${name}`, value);
      else sessionStorage.removeItem(`orders.reference.${name}`);
    } catch { /* Then it has to be typed again on the next page. */ }
  },
};

// Commands name the host that the page came from.
for (const each of all("[data-origin]")) each.textContent = location.origin;

// ---- Copying -------------------------------------------------------------------------------------------------------

async function copy(button) {
  const code = button.parentElement.querySelector("code");
  const words = button.firstChild;
  try {
    await navigator.clipboard.writeText(code.textContent);
    words.data = "Copied";
  } catch {
    // Without https, or when the browser forbids it: select it, for Ctrl+C.
    getSelection().selectAllChildren(code);
    words.data = "Selected";
  }
  setTimeout(() => { words.data = "Copy"; }, 2000);
}

for (const button of all("button.copy")) {
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", () => copy(button));
}

// ---- Searching -----------------------------------------------------------------------------------------------------

const MOST = 20;

function score(entry, words) {
  const title = entry.title.toLowerCase();
  const rest = `${entry.where} ${entry.text} ${entry.kind}`.toLowerCase();
  let sum = 0;
  for (const word of words) {
    if (title === word) sum += 8;
    else if (title.startsWith(word)) sum += 4;
    else if (title.includes(word)) sum += 2;
    else if (rest.includes(word)) sum += 1;
    else return 0;
  }
  return sum;
}

function search() {
  const box = all(".find")[0];
  if (!box) return;
  const input = byId("find");
  const found = byId("found");
  const list = found.querySelector("ul");
  const count = byId("found-count");
  let index;

  async function load() {
    index ??= fetch(box.dataset.index).then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)));
    return (await index).entries;
  }

  async function show() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    found.hidden = words.length === 0;
    if (words.length === 0) return;
    let entries;
    try {
      entries = await load();
    } catch {
      index = undefined;
      count.textContent = "The index can't be loaded; please try again.";
      return;
    }
    const hits = entries
      .map((entry, at) => [score(entry, words), -at, entry])
      .filter(([points]) => points > 0)
      .sort((one, other) => other[0] - one[0] || other[1] - one[1]);
    count.textContent =
      hits.length === 0 ? "Nothing found." : hits.length > MOST ? `The first ${MOST} of ${hits.length}` : `${hits.length} found`;
    list.replaceChildren(
      ...hits.slice(0, MOST).map(([, , entry]) => {
        const link = element("a", undefined, { href: entry.href });
        link.append(element("strong", entry.title), ` ${entry.kind}`);
        if (entry.where) link.append(element("span", entry.where));
        const item = element("li");
        item.append(link);
        return item;
      }),
    );
  }

  box.hidden = false;
  input.addEventListener("input", show);
  input.addEventListener("focus", () => load().catch(() => { index = undefined; }), { once: true });
  box.addEventListener("keydown", (event) => {
    const links = [input, ...all("a", list)];
    const at = links.indexOf(document.activeElement);
    if (event.key === "ArrowDown" && at + 1 < links.length) links[at + 1].focus();
    else if (event.key === "ArrowUp" && at > 0) links[at - 1].focus();
    else if (event.key === "Enter" && at === 0 && links.length > 1) links[1].click();
    else if (event.key === "Escape") { input.value = ""; found.hidden = true; input.focus(); }
    else return;
    event.preventDefault();
  });
  box.addEventListener("focusout", (event) => {
    if (!box.contains(event.relatedTarget)) found.hidden = true;
  });
  input.addEventListener("focus", show);
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
      event.preventDefault();
      input.focus();
    }
  });
}

search();

// ---- Answers: JSON indented without reading its numbers, whose digits count, and with links -------------------------

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

function indented(json) {
  let text = "";
  let depth = 0;
  let before = "";
  const line = () => `\n${"  ".repeat(depth)}`;
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === "}" || token === "]") {
      depth -= 1;
      text += before === "{" || before === "[" ? token : line() + token;
    } else {
      if (before === "{" || before === "[" || before === ",") text += line();
      text += token === ":" ? ": " : token;
      if (token === "{" || token === "[") depth += 1;
    }
    before = token;
  }
  return text;
}

// Where the page about a path is, with the values of its parameters for the form there.
function pageOf(method, path) {
  const asked = path.replace(/[?#].*$/s, "");
  for (const link of all("nav.beside [data-call]")) {
    const [itsMethod, itsPath] = link.dataset.call.split(" ");
    const names = [...itsPath.matchAll(/{(\w+)}/g)].map(([, name]) => name);
    const match = itsMethod === method && new RegExp(`^${itsPath.replace(/{\w+}/g, "([^/]+)")}$`).exec(asked);
    // What a path without parameters says of itself counts before those with parameters.
    if (match && (names.length === 0 || !all("nav.beside [data-call]").some((each) => each.dataset.call === `${method} ${asked}`))) {
      const values = new URLSearchParams(names.map((name, at) => [name, decodeURIComponent(match[at + 1])]));
      return `${link.getAttribute("href")}#send${names.length ? `&${values}` : ""}`;
    }
  }
  return undefined;
}

function problemPage(type) {
  const match = /^https?:\/\/[^/]+\/problems\/([a-z-]+)$/.exec(type);
  return match ? `/problems/${match[1]}` : undefined;
}

// Paths in an answer's links lead to their operations, the type of a problem to its page.
function linked(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(/"(href|type)": "([^"\\]+)"(?:,\s*"method": "([A-Z]+)")?/g)) {
    const [, name, value, method] = match;
    const href = name === "href" ? pageOf(method ?? "GET", value) : problemPage(value);
    if (href) {
      const at = match.index + name.length + 4;
      parts.push(text.slice(end, at), element("a", `"${value}"`, { href }));
      end = at + value.length + 2;
    }
  }
  return [...parts, text.slice(end)];
}

// ---- Sending -------------------------------------------------------------------------------------------------------

const SHOWN_CHARACTERS = 200_000;

function values(form) {
  const found = { path: {}, query: [], headers: [] };
  for (const each of all("[data-name]", form)) {
    const { name } = each.dataset;
    const given = each.matches("fieldset")
      ? all("input:checked", each).map((box) => box.value)
      : [each.value.trim()].filter(Boolean);
    for (const value of given) {
      if (each.dataset.in === "path") found.path[name] = value;
      else if (each.dataset.in === "query") found.query.push([name, value]);
      else found.headers.push([name, value]);
    }
  }
  return found;
}

function address(form, given) {
  const path = form.dataset.path.replace(/{(\w+)}/g, (whole, name) =>
    name in given.path ? encodeURIComponent(given.path[name]) : whole);
  return path + (given.query.length ? `?${new URLSearchParams(given.query)}` : "");
}

function bodyOf(form) {
  const body = byId("send-body");
  return body && body.value.trim() ? body.value : undefined;
}

function headersOf(given, body) {
  const headers = new Headers(given.headers);
  if (body !== undefined) headers.set("Content-Type", byId("send-type").value);
  const token = byId("send-token")?.value.trim();
  if (token) headers.set("Authorization", `Bearer ${token}`);
  const key = byId("send-key")?.value.trim();
  if (key) headers.set("X-Api-Key", key);
  return headers;
}

function showAnswer(answer, text, milliseconds) {
  const badge = byId("answer-status");
  const redirect = answer.type === "opaqueredirect";
  badge.textContent = redirect ? "3xx" : answer.status;
  badge.className = `status s${redirect ? 3 : String(answer.status)[0]}`;
  byId("answer-words").textContent = redirect
    ? "A redirect, of which browsers tell pages no more. Where the operation takes it, `Accept: application/json` brings the address."
    : `${answer.statusText} in ${milliseconds} ms`;
  const headers = byId("answer-headers");
  headers.replaceChildren();
  for (const [name, value] of answer.headers) {
    const said = element("dd");
    const href = name === "location" && value.startsWith("/") ? pageOf("GET", value) : undefined;
    said.append(href ? element("a", value, { href }) : value);
    headers.append(element("dt", name), said);
  }
  const json = /json/.test(answer.headers.get("content-type") ?? "");
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : json ? indented(text) : text;
  byId("answer-body").hidden = text === "";
  byId("answer-body").querySelector("code").replaceChildren(...(json ? linked(shown) : [shown]));
  byId("answer").hidden = false;
}

async function send(form) {
  if (!all("input", form).every((field) => field.reportValidity())) return;
  const status = byId("send-status");
  const button = byId("send-now");
  const given = values(form);
  const body = bodyOf(form);
  status.textContent = "Sending …";
  button.disabled = true;
  try {
    const began = performance.now();
    const answer = await fetch(address(form, given), {
      method: form.dataset.method,
      headers: headersOf(given, body),
      body,
      cache: "no-store",
      credentials: "omit",
      redirect: "manual",
      referrerPolicy: "no-referrer",
    });
    const text = await answer.text();
    showAnswer(answer, text, Math.round(performance.now() - began));
    for (const [name, value] of Object.entries(given.path)) kept.write(name, value);
    const made = answer.ok && /"order_id":"(ord_\w{26})"/.exec(text);
    if (made && form.dataset.path === "/v1.0/orders" && form.dataset.method === "POST") kept.write("order_id", made[1]);
    status.textContent = answer.type === "opaqueredirect" ? "Answered by a redirect" : `Answered ${answer.status}`;
    byId("answer").focus();
  } catch (error) {
    byId("answer").hidden = true;
    status.textContent = `Nothing was answered: ${error.message}`;
  } finally {
    button.disabled = false;
  }
}

async function localToken() {
  const status = byId("send-status");
  const asked = new URLSearchParams({
    tenant: byId("local-tenant").value, customer: byId("local-customer").value, role: byId("local-role").value,
  });
  try {
    const answer = await fetch(`/local/token?${asked}`, { cache: "no-store" });
    const text = await answer.text();
    if (!answer.ok) throw new Error(JSON.parse(text).detail);
    byId("send-token").value = text;
    kept.write("token", text);
    status.textContent = "There is a token now.";
  } catch (error) {
    status.textContent = `There is no token: ${error.message}`;
  }
}

function sending() {
  const form = byId("send-form");
  if (!form) return;
  form.hidden = false;
  const body = byId("send-body");
  const examples = all("#body-examples code").map((code) => code.textContent);
  if (body) {
    body.value = examples[0] ?? "";
    byId("send-example")?.addEventListener("change", (event) => { body.value = examples[event.target.value]; });
  }
  for (const [id, name] of [["send-token", "token"], ["send-key", "key"]]) {
    const field = byId(id);
    if (!field) continue;
    field.value = kept.read(name);
    field.addEventListener("input", () => kept.write(name, field.value.trim()));
  }
  byId("forget")?.addEventListener("click", () => {
    for (const [id, name] of [["send-token", "token"], ["send-key", "key"]]) {
      kept.write(name, "");
      if (byId(id)) byId(id).value = "";
    }
    byId("send-status").textContent = "Forgotten.";
  });
  byId("local-token")?.addEventListener("click", localToken);

  const target = byId("send-target");
  const tell = () => { target.textContent = location.origin + address(form, values(form)); };
  // Values come from the link that led here, or from what was sent before.
  function fill() {
    const linkedTo = new URLSearchParams(location.hash.slice(1));
    for (const field of all("[data-in=path]", form)) {
      const { name } = field.dataset;
      field.value = linkedTo.get(name) ?? (field.value || kept.read(name));
    }
    if (linkedTo.has("send") && [...linkedTo].length > 1) byId("send").scrollIntoView();
    tell();
  }
  fill();
  window.addEventListener("hashchange", fill);
  form.addEventListener("input", tell);
  // No form element: browsers would send it as one where this script fails, and keep what was typed.
  byId("send-now").addEventListener("click", () => send(form));
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("[data-name]:not(fieldset)") && !byId("send-now").disabled) send(form);
  });
}

sending();
