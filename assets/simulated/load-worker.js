// Starts the load worker from within the simulated server's scope, so that the Service Worker answers its requests. A run
// against a real server starts the worker from elsewhere, and no request of it passes through a Service Worker.
const build = self.location.search;
const fail = (error) => setTimeout(() => { throw error; });
self.importModule = (address) => import(address);
importScripts(`../load-worker.js${build}`);
wasm_bindgen({ module_or_path: new URL(`../load-worker_bg.wasm${build}`, self.location) }).catch(fail);
