import { defineConfig } from 'vite';
import { pageHeaders, pagePolicy } from '../src/cli/playground/policy.ts';
import { offlineFiles, serviceWorkerFile } from './offline-plugin.ts';

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
    rolldownOptions: {
      input: {
        index: `${import.meta.dirname}/index.html`,
        sw: `${import.meta.dirname}/src/sw.ts`,
      },
      output: {
        // The service worker's name stays: browsers look there for a newer one.
        entryFileNames: (chunk) => (chunk.name === 'sw' ? serviceWorkerFile : 'assets/[name]-[hash].js'),
      },
    },
  },
  // Workers take their policy from the header, the page from its own element.
  preview: { headers: pageHeaders },
  server: { fs: { allow: ['..'] } },
  plugins: [
    {
      name: 'content-security-policy',
      apply: 'build',
      transformIndexHtml: () => [
        {
          tag: 'meta',
          attrs: { 'http-equiv': 'Content-Security-Policy', content: pagePolicy },
          injectTo: 'head-prepend',
        },
      ],
    },
    offlineFiles(),
  ],
});
