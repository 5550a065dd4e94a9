// What a browser tells of itself, measured in a dedicated worker as the load worker is one. The body of an async function
// (e2e/src/driver.rs, `Place::ask`); `servers` is set before it: addresses of mock servers, by what they are for.

const inWorker = async ({ servers }) => {
  const now = () => performance.now();
  const sorted = (values) => values.toSorted((a, b) => a - b);
  const at = (values, share) => sorted(values)[Math.min(Math.floor(values.length * share), values.length - 1)];
  const timer = (ms) => new Promise((wake) => setTimeout(wake, ms));

  // The smallest step between two readings that differ.
  const clockStep = () => {
    const [end, steps] = [now() + 100, []];
    for (let last = now(); last < end; ) {
      const next = now();
      if (next > last) steps.push(next - last);
      last = next;
    }
    return Math.min(...steps);
  };

  const timerLateness = async (ms, times) => {
    const late = [];
    for (let i = 0; i < times; i += 1) {
      const start = now();
      await timer(ms);
      late.push(now() - start - ms);
    }
    return { p50: at(late, 0.5), p99: at(late, 0.99) };
  };

  // A message to ourselves, in chains of a hundred, for the clock may be too coarse for one.
  const hop = async () => {
    const { port1, port2 } = new MessageChannel();
    const times = [];
    for (let chain = 0; chain < 20; chain += 1) {
      const start = now();
      for (let i = 0; i < 100; i += 1) {
        await new Promise((wake) => {
          port1.onmessage = wake;
          port2.postMessage(null);
        });
      }
      times.push((now() - start) / 100);
    }
    port1.close();
    return at(times, 0.5);
  };

  const send = (server, tokens) => fetch(`${server}/v1/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    credentials: "omit",
    cache: "no-store",
    body: JSON.stringify({ model: "mock", prompt: "How deep is the river?", max_tokens: tokens, stream: true }),
  });
  const burst = async (addresses) => {
    const answers = addresses.map((server) => send(server, 1).then((answer) => answer.text()).then(() => true, () => false));
    return (await Promise.all(answers)).filter(Boolean).length;
  };
  const names = (server, count) => Array.from({ length: count }, (_, i) => server.replace("127.0.0.1", `n${i}.localhost`));

  // When fetch resolves, when the first bytes can be read, and what the browser's own timing of it says, ms from the call.
  const timing = async (server) => {
    const entries = [];
    const observer = new PerformanceObserver((list) => entries.push(...list.getEntries()));
    observer.observe({ entryTypes: ["resource"] });
    const runs = [];
    for (let i = 0; i < 15; i += 1) {
      const start = now();
      const answer = await send(server, 5);
      const resolved = now() - start;
      const reader = answer.body.getReader();
      await reader.read();
      const first = now() - start;
      while (!(await reader.read()).done);
      const end = now() - start;
      await timer(150);
      const entry = entries.filter((entry) => entry.startTime >= start - 1).at(-1);
      const told = (ms) => (ms > 0 ? ms - start : null);
      runs.push({ resolved, first, end, responseStart: told(entry?.responseStart), responseEnd: told(entry?.responseEnd) });
    }
    observer.disconnect();
    const median = (key) => (runs.every((run) => run[key] === null) ? null : at(runs.map((run) => run[key]), 0.5));
    return Object.fromEntries(Object.keys(runs[0]).map((key) => [key, median(key)]));
  };

  const tryTo = (thing) => thing().then(() => true, () => false);
  const byob = () => {
    try {
      return !!new Response(new Uint8Array(1)).body.getReader({ mode: "byob" });
    } catch {
      return false;
    }
  };
  const opfs = async () => {
    const folder = await navigator.storage.getDirectory();
    const file = await folder.getFileHandle("probe", { create: true });
    (await file.createSyncAccessHandle()).close();
  };

  const found = {
    isolated: self.crossOriginIsolated,
    clockStep: clockStep(),
    timer: await timerLateness(20, 50),
    longTimer: await timerLateness(200, 10),
    hop: await hop(),
    opfs: await tryTo(opfs),
    byob: byob(),
    early: await timing(servers.early),
    late: await timing(servers.late),
    untold: await timing(servers.untold),
    oneName: await burst(Array(40).fill(servers.oneName)),
    fiveNames: await burst(Array(8).fill(names(servers.fiveNames, 5)).flat()),
    manyNames: await burst(Array(6).fill(names(servers.manyNames, 100)).flat()),
  };
  return found;
};

const source = `onmessage = ({ data }) => (${inWorker})(data).then((found) => postMessage({ found }), (error) => postMessage({ error: String(error) }));`;
const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
const answer = new Promise((resolve, reject) => {
  worker.onmessage = ({ data }) => (data.error ? reject(data.error) : resolve(data.found));
  worker.onerror = ({ message }) => reject(message);
});
worker.postMessage({ servers });

const database = () => new Promise((resolve, reject) => {
  const open = indexedDB.open("probe");
  open.onsuccess = resolve;
  open.onerror = reject;
});
const tryTo = (thing) => thing().then(() => true, () => false);
return {
  ...(await answer),
  agent: navigator.userAgent,
  secure: isSecureContext,
  serviceWorker: "serviceWorker" in navigator
    && (await tryTo(() => navigator.serviceWorker.register("simulated-server.js", { scope: "simulated/" }))),
  indexedDb: await tryTo(database),
  caches: await tryTo(() => caches.open("probe")),
  locks: "locks" in navigator,
  wakeLock: "wakeLock" in navigator,
  memory: navigator.deviceMemory ?? null,
};
