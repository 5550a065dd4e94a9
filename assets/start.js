// Starts the page's program. Trunk names its two files, which carry hashes, in this script's own tag.
const tag = document.querySelector("script[data-glue]");
try {
  const glue = await import(new URL(tag.dataset.glue, document.baseURI));
  await glue.default({ module_or_path: new URL(tag.dataset.wasm, document.baseURI) });
} catch (error) {
  const sentence = document.createElement("p");
  sentence.setAttribute("role", "alert");
  sentence.textContent = `Streamgauge did not start: ${error}. It needs a browser of 2024 or later with WebAssembly.`;
  document.body.append(sentence);
  throw error;
}
