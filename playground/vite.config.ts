import { defineConfig } from 'vite';

/**
 * What the page may do: run its own scripts and WebAssembly, nothing made from text;
 * load nothing from elsewhere. Monaco and the charts write styles into the page.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

// biome-ignore lint/style/noDefaultExport: where Vite looks for its configuration
export default defineConfig({
  root: import.meta.dirname,
  // Served from any folder.
  base: './',
  worker: { format: 'es' },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // Files stay files: the policy lets nothing be fetched from `data:`.
    assetsInlineLimit: 0,
    // Monaco is one large chunk on purpose: it comes after the page.
    chunkSizeWarningLimit: 4096,
  },
  // Workers take their policy from the header, the page from its own element.
  preview: { headers: { 'Content-Security-Policy': policy } },
  server: { fs: { allow: ['..'] } },
  plugins: [
    {
      name: 'content-security-policy',
      apply: 'build',
      transformIndexHtml: () => [
        {
          tag: 'meta',
          attrs: { 'http-equiv': 'Content-Security-Policy', content: policy },
          injectTo: 'head-prepend',
        },
      ],
    },
  ],
});
