// Records errors from before the page's own code runs, and uses the page's controls one by one. crawl.rs has it served
// with the page, and calls `crawl.next`.
(() => {
  "use strict";
  // A control without an effect after this time is reported, ms. One that is known to have none is not waited for.
  const PATIENCE_MS = 5000;
  let patience_ms = PATIENCE_MS;
  // The page's timers up to this long run twenty times as fast, so that a crawl takes minutes, ms.
  const SHORT_TIMER_MS = 500;
  const CONTROLS = "button, summary, a[href], select, textarea, input, [role=button], [role=slider]";
  // Parts that change without being used while a run is in progress.
  const BY_ITSELF = "head, .staff, .counters, .live";

  // Errors since they were last read.
  const errors = [];
  // Downloads, copies and the like since the last action.
  const effects = [];

  addEventListener("error", (event) => {
    errors.push(`error: ${event.message || `${event.target?.outerHTML?.slice(0, 120)} could not be loaded`}`);
  }, true);
  addEventListener("unhandledrejection", (event) => errors.push(`rejection: ${event.reason?.stack ?? event.reason}`));
  addEventListener("securitypolicyviolation", (event) => {
    errors.push(`policy: ${event.effectiveDirective} does not allow ${event.blockedURI}`);
  });
  const log = console.error;
  console.error = (...words) => {
    errors.push(`console: ${words.join(" ")}`);
    log.apply(console, words);
  };

  // Downloads, file choosers, copies and links are recorded and not carried out.
  const clickLink = HTMLAnchorElement.prototype.click;
  const blobs = new Map();
  const createObjectURL = URL.createObjectURL;
  URL.createObjectURL = (blob) => {
    const url = createObjectURL.call(URL, blob);
    blobs.set(url, blob);
    return url;
  };
  HTMLAnchorElement.prototype.click = function () {
    if (!this.hasAttribute("download")) return clickLink.call(this);
    effects.push("download");
    if (!blobs.get(this.href)?.size) errors.push(`the file ${this.download} is empty`);
  };
  const clickInput = HTMLInputElement.prototype.click;
  HTMLInputElement.prototype.click = function () {
    if (this.type === "file") effects.push("file chooser");
    else clickInput.call(this);
  };
  const clipboard = { writeText: async () => void effects.push("clipboard") };
  Object.defineProperty(navigator, "clipboard", { value: clipboard });
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented) return;
    event.preventDefault();
    effects.push("link");
  });

  // The page's short timers that have not fired.
  const timers = new Set();
  const { setTimeout: start, clearTimeout: cancel } = window;
  window.setTimeout = (act, ms = 0, ...given) => {
    if (ms > SHORT_TIMER_MS) return start(act, ms, ...given);
    const id = start(() => { timers.delete(id); act(...given); }, ms / 20);
    timers.add(id);
    return id;
  };
  window.clearTimeout = (id) => {
    timers.delete(id);
    cancel(id);
  };

  // Changes of the document so far.
  let changes = 0;
  const count = (records) => {
    for (const { type, target, attributeName, oldValue } of records) {
      const same = type === "attributes" ? target.getAttribute(attributeName) === oldValue
        : type === "characterData" && target.data === oldValue;
      const element = target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement;
      if (!same && !element?.closest(BY_ITSELF)) changes += 1;
    }
  };
  const observer = new MutationObserver(count);
  observer.observe(document, {
    subtree: true, childList: true, attributes: true, attributeOldValue: true, characterData: true, characterDataOldValue: true,
  });

  const pause = (ms) => new Promise((done) => start(done, ms));
  // The next frame, or a tenth of a second where the page draws none.
  const frame = () => Promise.race([new Promise((done) => requestAnimationFrame(done)), pause(100)]).then(() => pause(0));

  // Waits until no timer is due and the document no longer changes, or for 30 frames.
  const settled = async () => {
    for (let frames = 0; frames < 30; frames += 1) {
      const before = changes;
      await frame();
      if (timers.size === 0 && changes === before) return;
    }
  };

  // What can change without a change of the document. The used control's own value does not count.
  const snapshot = (control) => {
    const own = (field) => field === control || (field.type === "radio" && field.name === control.name);
    const value = (field) => (field.type === "checkbox" || field.type === "radio" ? field.checked : field.value);
    const fields = [...document.querySelectorAll("input, select, textarea")].filter((field) => !own(field));
    return [location.href, document.activeElement, ...fields.map(value)];
  };
  const same = (one, other) => one.length === other.length && one.every((item, at) => item === other[at]);

  // Acts, and waits for an effect; false where there is none.
  const has_effect = async (control, act) => {
    count(observer.takeRecords());
    effects.length = 0;
    const [before, seen] = [changes, snapshot(control)];
    act();
    const end = performance.now() + patience_ms;
    do {
      await pause(4);
      if (effects.length > 0 || changes !== before || !same(snapshot(control), seen)) return true;
    } while (performance.now() < end);
    return false;
  };

  // How a control is used; null where it is disabled, or already in the state that using it would lead to.
  const kind = (control) => {
    if (control.matches("[role=slider]")) return "slide";
    if (control.matches("[aria-pressed=true], [readonly], :disabled, [aria-disabled=true], [type=hidden]")) return null;
    if (control.matches("select")) return "select";
    if (control.matches("summary")) return "fold";
    if (control.matches("[type=checkbox]")) return "tick";
    if (control.matches("[type=radio]")) return control.checked ? null : "choose";
    if (control.matches("[type=file]")) return "give";
    if (control.matches("textarea, input:not([type=button], [type=submit])")) return "type";
    return "press";
  };

  // Whether it is visible, or would be if the folds around it were open.
  const is_shown = (control) => {
    for (let element = control; element; element = element.parentElement) {
      const { display, visibility } = getComputedStyle(element);
      if (display === "none" || visibility === "hidden" || element.inert) return false;
    }
    return true;
  };

  const plain = (text) => text.trim().replace(/\s+/g, " ").replace(/\d[\d.,]*/g, "#");

  // A name that identifies a control across renders. Of the rows of a table or list, only the first, second and last are
  // used; null for the others.
  const name = (control) => {
    const label = () => control.getAttribute("aria-label") ?? control.labels?.[0]?.textContent ?? control.textContent;
    const row = control.closest("tbody tr, li");
    if (!row) return control.type === "radio" ? `${control.name} ${plain(label())}` : control.id || plain(label());
    const [first, second] = row.parentElement.children;
    const place = row === first ? "first" : row === second ? "second" : row === row.parentElement.lastElementChild ? "last" : null;
    const where = row.closest("[id], section, table")?.className ?? "";
    return place && `${plain(label()).split(" ", 2).join(" ")} in the ${place} row of ${where}`;
  };

  // Every control that can be used now, in document order.
  const controls = () => {
    const modal = [...document.querySelectorAll("dialog:modal")].at(-1);
    const [found, times] = [[], new Map()];
    for (const control of (modal ?? document.body).querySelectorAll(CONTROLS)) {
      const how = kind(control);
      const called = how && is_shown(control) && name(control);
      if (!called) continue;
      const time = (times.get(`${how} ${called}`) ?? 0) + 1;
      times.set(`${how} ${called}`, time);
      found.push({ control, how, key: `${how} ${called}${time > 1 ? ` (${time})` : ""}` });
    }
    return found;
  };

  // Opens the folds around a control.
  const reveal = async (control) => {
    for (;;) {
      const folds = [];
      for (let fold = control.closest("details"); fold; fold = fold.parentElement.closest("details")) folds.push(fold);
      const closed = folds.reverse().find((fold) => !fold.open && !fold.querySelector(":scope > summary").contains(control));
      if (!closed) return;
      closed.open = true;
      await settled();
    }
  };

  // Why a pointer cannot reach a control; null where it can.
  const covered_by = (control) => {
    const label = control.labels?.[0];
    const reached = label && (getComputedStyle(control).opacity === "0") ? label : control;
    reached.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    const [box] = reached.getClientRects();
    if (!box?.width || !box.height) return "it has no size";
    const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    if (reached.contains(hit) || (label && label.contains(hit))) return null;
    return `it lies under ${hit ? hit.cloneNode().outerHTML.slice(0, 120) : "the window's edge"}`;
  };

  // Moves focus and pointer to a control, as a person would before using it.
  const approach = (control) => {
    control.focus({ preventScroll: true });
    const where = control.labels?.[0] ?? control;
    for (const event of ["pointerdown", "pointerup"]) where.dispatchEvent(new PointerEvent(event, { bubbles: true, cancelable: true }));
  };

  const put = (field, text) => {
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set.call(field, text);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  };

  // The files for each file input.
  const FILES = {
    "pick-result": ["results/one.json", "results/two.json"],
    "pick-dataset-path": ["demo/sharegpt.json"],
    "pick-tokenizer": ["demo/tokenizer/tokenizer.json"],
  };

  // Uses a control and returns what is wrong with it. A control that holds a value is put back to what it held.
  const uses = {
    async press(control) {
      return (await has_effect(control, () => control.click())) ? [] : ["it does nothing"];
    },
    async fold(summary) {
      const fold = summary.parentElement;
      if (!(await has_effect(summary, () => summary.click()))) return ["it does nothing"];
      await settled();
      if (!fold.open && !(await has_effect(summary, () => summary.click()))) return ["it does not open again"];
      await settled();
      const shown = [...fold.children].some((part) => part !== summary && part.getBoundingClientRect().height > 0);
      return shown || !fold.isConnected ? [] : ["it opens on nothing"];
    },
    async tick(box) {
      const before = box.checked;
      const works = await has_effect(box, () => box.click());
      await settled();
      if (box.isConnected && box.checked !== before) box.click();
      return works ? [] : ["it does nothing"];
    },
    async choose(radio) {
      const before = [...document.getElementsByName(radio.name)].find((other) => other.checked);
      const works = await has_effect(radio, () => radio.click());
      await settled();
      if (before?.isConnected) before.click();
      return works ? [] : ["it does nothing"];
    },
    async select(select) {
      const [before, wrong] = [select.value, []];
      for (const { value } of [...select.options]) {
        if (value === select.value || wrong.length > 0) continue;
        if (!(await has_effect(select, () => put(select, value)))) wrong.push(`its option ${value} does nothing`);
        await settled();
      }
      put(select, before);
      return wrong;
    },
    async type(field) {
      const before = field.value;
      let works = false;
      // The first text may be what the field holds already.
      for (const text of ["7", "\u2603 <b>\"&"]) {
        if (works) put(field, text);
        else works = await has_effect(field, () => put(field, text));
        await settled();
      }
      put(field, "");
      await settled();
      put(field, before);
      return works ? [] : ["typing does nothing"];
    },
    async give(field) {
      const transfer = new DataTransfer();
      for (const place of FILES[field.id] ?? []) {
        transfer.items.add(new File([await (await fetch(place)).blob()], place.split("/").at(-1)));
      }
      const give = () => {
        field.files = transfer.files;
        field.dispatchEvent(new Event("change", { bubbles: true }));
      };
      return (await has_effect(field, give)) ? [] : ["its files do nothing"];
    },
    async slide(slider) {
      const press = (key) => () => slider.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      const works = await has_effect(slider, press("ArrowRight"));
      for (const key of ["ArrowLeft", "PageDown", "PageUp", "End", "Home", "Enter", "Escape"]) press(key)();
      const spot = slider.querySelector(".spots rect");
      for (const event of ["pointermove", "click"]) spot?.dispatchEvent(new PointerEvent(event, { bubbles: true }));
      return works ? [] : ["arrow keys do nothing"];
    },
  };

  window.crawl = {
    // Errors since they were last read, once the page is idle.
    async errors() {
      await settled();
      return errors.splice(0);
    },
    // Uses the first control that is not in `done`, and returns the outcome; null when all are. `silent` are parts of the
    // names of controls without a visible effect.
    async next(done, silent) {
      const known = new Set(done);
      const found = controls().find(({ key }) => !known.has(key));
      if (!found) return null;
      const { control, how, key } = found;
      patience_ms = silent.some((part) => key.includes(part)) ? 0 : PATIENCE_MS;
      await reveal(control);
      const wrong = [];
      if (how !== "give") {
        control.focus({ preventScroll: true });
        const cover = covered_by(control);
        if (cover) wrong.push(cover);
        approach(control);
      }
      wrong.push(...(await uses[how](control)));
      await settled();
      return { key, wrong, errors: errors.splice(0) };
    },
  };
})();
