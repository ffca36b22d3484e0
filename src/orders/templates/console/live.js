// Keeps an open page up to date: hears by server-sent events that it shows something old, fetches it again, and puts in
// what has changed. What has not stays as it is, with its focus, scroll position, open parts and frames.
(() => {
  "use strict";
  const main = document.getElementById("main");
  const state = document.getElementById("live");
  const shown = new Map(); // what the service sent of each part, which people may have opened or switched since
  let source = null;

  const note = (container) => {
    for (const part of container.children) {
      if ("parts" in part.dataset) note(part);
      else shown.set(part.id, part.outerHTML);
    }
  };

  const say = (words) => {
    if (state.textContent !== words) state.textContent = words;
  };

  const replace = (before, after) => {
    const focused = before.contains(document.activeElement) ? document.activeElement.id : "";
    before.replaceWith(after);
    after.classList.add("changed");
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  };

  const merge = (before, after) => {
    const wanted = [...after.children];
    const ids = new Set(wanted.map((part) => part.id));
    for (const part of [...before.children]) if (!ids.has(part.id)) part.remove();
    let previous = null;
    for (const fresh of wanted) {
      let part = [...before.children].find((each) => each.id === fresh.id);
      const next = previous ? previous.nextElementSibling : before.firstElementChild;
      if (part && "parts" in part.dataset && "parts" in fresh.dataset) {
        merge(part, fresh);
      } else if (!part || shown.get(fresh.id) !== fresh.outerHTML) {
        if ("parts" in fresh.dataset) note(fresh);
        else shown.set(fresh.id, fresh.outerHTML);
        if (part) replace(part, fresh);
        else before.insertBefore(fresh, next);
        part = fresh;
      }
      const place = previous ? previous.nextElementSibling : before.firstElementChild;
      if (part !== place) before.insertBefore(part, place);
      previous = part;
    }
  };

  const update = async () => {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const text = await answer.text();
    const page = new DOMParser().parseFromString(text, "text/html");
    const fresh = page.getElementById("main");
    if (!fresh) return;
    document.title = page.title;
    merge(main, document.adoptNode(fresh));
    if (fresh.dataset.live) {
      main.dataset.seen = fresh.dataset.seen;
    } else {
      rest();
      main.removeAttribute("data-live");
      say("Not live: reload the page");
    }
  };

  const listen = () => {
    if (source || document.hidden || !main.dataset.live) return;
    const address = new URL(main.dataset.live, location.href);
    address.searchParams.set("seen", main.dataset.seen);
    source = new EventSource(address);
    source.addEventListener("open", () => say("Live"));
    source.addEventListener("changed", () => update().catch(() => say("Not live: the service does not answer")));
    source.addEventListener("error", () => {
      say(source && source.readyState === EventSource.CLOSED ? "Not live: reload the page" : "Not live: waiting for the service");
    });
  };

  // A browser opens six connections to one host: a tab that nobody sees must not keep one.
  const rest = () => {
    if (source) source.close();
    source = null;
  };

  note(main);
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : listen()));
  addEventListener("pagehide", rest);
  addEventListener("pageshow", listen);
  listen();
})();
