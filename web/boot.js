// Starts the WebAssembly module that Trunk built. A file of its own, because the Content-Security-Policy allows no
// inline script; the names, which change with every build, stand on the script tag (see pattern_script in Trunk.toml).
// Trusted Types: no text becomes a script here. Leptos fills its templates through innerHTML with what stands in the program;
// what people type it sets as text. So HTML passes that can run nothing, and nothing else does.
const runs = /<\s*\/?\s*(script|iframe|frame|object|embed|base|link|meta|form)\b|[\s/"']on\w+\s*=|javascript:|srcdoc/i;
globalThis.trustedTypes?.createPolicy("default", { createHTML: (html) => (runs.test(html) ? null : html) });

const names = document.querySelector("script[data-wasm]").dataset;
try {
  const { default: start } = await import(names.js);
  await start({ module_or_path: names.wasm });
  document.documentElement.dataset.boot = "done";
} catch (problem) {
  // The page's style sheet shows its "cannot start" sentence for this mark.
  document.documentElement.dataset.boot = "failed";
  throw problem;
}
