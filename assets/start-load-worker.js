// Follows the script that wasm-bindgen made, in every load worker: the page's first message is the compiled program, and
// it starts that. A worker that runs this has no need to load anything itself.
self.importModule = (address) => import(address);
self.onmessage = ({ data: module }) => {
  self.onmessage = null;
  wasm_bindgen({ module_or_path: module }).catch((error) => setTimeout(() => { throw error; }));
};
