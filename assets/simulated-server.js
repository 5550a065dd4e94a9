// The server that is simulated inside the page: a Service Worker that answers, below the page's folder and for a load
// worker that was started from simulated/ (its scope),
//   GET  simulated/v1/models             one model, "simulated"
//   POST simulated/v1/completions        an SSE stream of tokens, as OpenAI-compatible servers send it
//   POST simulated/v1/chat/completions   the same, as chat
//   GET  simulated/log                   when each token of the requests that asked for it was given away; it is emptied
//   GET  simulated/load-worker.js        the script that starts such a load worker, with a policy of its own
// and lets every other request pass untouched. It is a known truth to measure against: real fetch, real streams.
//
// Each request brings the settings with it, in headers (src/settings/simulated.rs writes them):
//   x-simulated-ttft-ms   from the start of work on a request to its first token, ms
//   x-simulated-itl-ms    between tokens, ms
//   x-simulated-jitter    how far each of these times may be off, as a share: 0.2 is a fifth either way
//   x-simulated-slots     requests worked on at a time; the others wait, first come first served
// and, where the page measures itself against this server:
//   x-simulated-log       write this request down in the log
//
// A request's jitter comes from its prompt alone, so that the same run gives the same times. max_tokens tokens are
// sent, one word a token and one event a token; the demo's tokenizer counts each word as one token too.

const FOLDER = new URL(self.registration.scope);
const DEFAULTS = { "ttft-ms": 120, "itl-ms": 20, jitter: 0.2, slots: 32 };
const MODEL = "simulated";
const DEFAULT_MAX_TOKENS = 16;
const MOST_TOKENS = 100_000;

// Plain words without marks, so that each is one token.
const WORDS = `a small river comes down from the hills before the sun is up and it does not hurry it finds the low
stones and the deep places and it carries what the night has left there a leaf a little sand the smell of rain at the
old bridge someone has set a gauge into the bank a white board with black lines and every morning a woman walks out to
read it she writes the height of the water into a book and the time beside it and nothing else most days the number is
the same as the day before but she knows that one day it will rise and that people in the town below will ask her how
high and how fast and she will open the book and tell them and they will believe her because she never wrote down more
than she saw so the river goes on under the bridge and past the mill and the long fields and the book grows by one line
each day and in the end both of them reach the sea`.split(/\s+/);

// A new version takes over at once.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== FOLDER.origin || !url.pathname.startsWith(FOLDER.pathname)) return;
  const arrivedMs = performance.now();
  const path = url.pathname.slice(FOLDER.pathname.length);
  event.respondWith(path === "load-worker.js" ? loadWorker(url.search) : answer(event, path, arrivedMs));
});

// A worker that is loaded by address has no policy but that of its response: it may connect to the page's origin alone,
// and start no other worker. A page that is cross-origin isolated takes no worker that is not.
function loadWorker(build) {
  const headers = {
    "content-type": "text/javascript",
    "content-security-policy":
      "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'none'",
    "cross-origin-embedder-policy": "require-corp",
  };
  return new Response(`importScripts("../load-worker.js${build}", "../start-load-worker.js${build}");`, { headers });
}

async function answer(event, path, arrivedMs) {
  const { request } = event;
  if (path === "v1/models") {
    return json({ object: "list", data: [{ id: MODEL, object: "model", created: 0, owned_by: "streamgauge" }] });
  }
  if (path === "log") return json({ requests: log.splice(0) });
  const chat = path === "v1/chat/completions";
  if (!chat && path !== "v1/completions") return refuse(404, `The simulated server has no ${path}.`);
  if (request.method !== "POST") return refuse(405, "Send a POST request.");
  let body;
  try {
    body = await request.json();
  } catch {
    return refuse(400, "The body is not JSON.");
  }
  const job = plan(request.headers, body ?? {}, chat, arrivedMs);
  // The browser may end an idle Service Worker in the middle of a stream unless it is told to wait.
  event.waitUntil(job.done);
  request.signal.addEventListener("abort", () => finish(job));
  return new Response(stream(job), {
    headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" },
  });
}

// What one request is going to get, and when, relative to the start of work on it.
function plan(headers, body, chat, arrivedMs) {
  const setting = (name) => {
    const value = Number.parseFloat(headers.get(`x-simulated-${name}`));
    return value >= 0 ? value : DEFAULTS[name];
  };
  const prompt = chat ? (body.messages ?? []).map((m) => String(m?.content ?? "")).join("\n") : String(body.prompt ?? "");
  const asked = Number(body.max_completion_tokens ?? body.max_tokens ?? DEFAULT_MAX_TOKENS);
  const count = Math.min(Math.max(Math.floor(asked) || 1, 1), MOST_TOKENS);
  const random = generator(prompt);
  const firstWord = Math.floor(random() * WORDS.length);
  // The sum of two draws lies most often near its middle, and never beyond the jitter.
  const jitter = Math.min(setting("jitter"), 1);
  const vary = (ms) => ms * (1 + jitter * (random() + random() - 1));
  const job = {
    id: `simulated-${Math.floor(random() * 1e9)}`,
    chat,
    count,
    firstWord,
    promptTokens: (prompt.match(/[A-Za-z]+|[0-9]+|[^\sA-Za-z0-9]+/g) ?? []).length,
    usage: body.stream_options?.include_usage === true,
    slots: Math.max(Math.floor(setting("slots")), 1),
    arrivedMs,
    nextMs: vary(setting("ttft-ms")), // From the start of work; from then on, of the clock.
    gapMs: () => vary(setting("itl-ms")),
    sent: 0,
    log: headers.has("x-simulated-log") ? { prompt, sent_ms: [] } : null, // Times count from the arrival.
    state: "waiting", // Then "working", then "finished".
  };
  if (job.log) log.push(job.log);
  job.done = new Promise((resolve) => (job.resolve = resolve));
  return job;
}

function stream(job) {
  return new ReadableStream({
    start(controller) {
      job.controller = controller;
      waiting.push(job);
      admit(job.arrivedMs);
    },
    cancel: () => finish(job),
  });
}

// The queue. Work starts when a slot is free: at the arrival, or when another request gives its slot up.
const waiting = [];
let working = 0;

// The times of the requests that asked for it.
const log = [];

function admit(nowMs) {
  while (waiting.length > 0 && working < waiting[0].slots) {
    const job = waiting.shift();
    working += 1;
    job.state = "working";
    job.nextMs += Math.max(job.arrivedMs, nowMs);
    wait(job);
  }
}

function finish(job) {
  if (job.state === "finished") return;
  if (job.state === "working") working -= 1;
  else if (waiting.includes(job)) waiting.splice(waiting.indexOf(job), 1);
  job.state = "finished";
  clearTimeout(job.timer);
  job.resolve();
  admit(performance.now());
}

function wait(job) {
  const leftMs = job.nextMs - performance.now();
  if (leftMs <= 0) {
    due.push(job);
    hop.port2.postMessage(null);
  } else {
    // Whole milliseconds, rounded up: timers cut off the rest, and would fire early only to be set again.
    job.timer = setTimeout(() => work(job), Math.ceil(leftMs));
  }
}

// Tokens that are due already go one a turn of the event loop, so that none keeps another request's back and each is a
// piece of its stream by itself.
const due = [];
const hop = new MessageChannel();
hop.port1.onmessage = () => work(due.shift());

// Sends a token if it is due. Times are absolute: a late timer delays its own token, never those after it.
function work(job) {
  if (job.state !== "working") return;
  if (job.nextMs <= performance.now()) {
    job.log?.sent_ms.push(performance.now() - job.arrivedMs);
    send(job, chunk(job, job.sent));
    job.sent += 1;
    job.nextMs += job.gapMs();
  }
  if (job.sent < job.count) return wait(job);
  if (job.usage) {
    const usage = { prompt_tokens: job.promptTokens, completion_tokens: job.count };
    send(job, { ...envelope(job), choices: [], usage: { ...usage, total_tokens: job.promptTokens + job.count } });
  }
  send(job, "[DONE]");
  job.controller.close();
  finish(job);
}

function chunk(job, index) {
  const text = (index > 0 ? " " : "") + WORDS[(job.firstWord + index) % WORDS.length];
  const finish_reason = index === job.count - 1 ? "length" : null;
  const role = index === 0 ? { role: "assistant" } : {};
  const said = job.chat ? { delta: { ...role, content: text } } : { text, logprobs: null };
  return { ...envelope(job), choices: [{ index: 0, ...said, finish_reason }] };
}

function envelope(job) {
  return { id: job.id, object: job.chat ? "chat.completion.chunk" : "text_completion", created: 0, model: MODEL };
}

const encoder = new TextEncoder();

function send(job, data) {
  const text = typeof data === "string" ? data : JSON.stringify(data);
  job.controller.enqueue(encoder.encode(`data: ${text}\n\n`));
}

function json(value, status = 200) {
  return new Response(JSON.stringify(value), { status, headers: { "content-type": "application/json" } });
}

function refuse(status, message) {
  return json({ error: { message, type: "invalid_request_error", code: status } }, status);
}

// Numbers in [0, 1) that follow from a text: its FNV-1a hash is the state of a 32-bit generator (mulberry32).
function generator(text) {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
