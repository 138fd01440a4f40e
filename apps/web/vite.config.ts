import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { compressed } from './build/compressed.js';
import { entryBudget } from './build/entry-budget.js';

const KB = 1024;

export default defineConfig({
  plugins: [
    react(),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src',
      filename: 'service-worker.ts',
      registerType: 'prompt',
      injectRegister: false, // an inline script would break the content policy; src/shell/updates.ts registers it
      injectManifest: { globPatterns: ['**/*.{js,css,html,svg,png,woff2}'], globIgnores: ['**/inter-latin-ext-*', '**/icon-512*'] },
      manifest: {
        id: '/',
        name: 'Countersign',
        short_name: 'Countersign',
        description: 'Approve what your teams of agents want to do, from your phone.',
        start_url: '/',
        scope: '/',
        lang: 'en',
        display: 'standalone',
        // a link to a request opens in the app, in the window that is there
        handle_links: 'preferred',
        launch_handler: { client_mode: ['navigate-existing', 'auto'] },
        categories: ['business', 'productivity'],
        shortcuts: [
          { name: 'Inbox', description: 'What waits for you', url: '/', icons: [{ src: '/icon-192.png', sizes: '192x192' }] },
          { name: 'Teams', description: 'What your teams do', url: '/teams', icons: [{ src: '/icon-192.png', sizes: '192x192' }] },
          { name: 'Devices', description: 'Your devices, and how you are reached', url: '/me', icons: [{ src: '/icon-192.png', sizes: '192x192' }] },
        ],
        background_color: '#f4f5f8',
        theme_color: '#f4f5f8',
        icons: [
          { src: '/icon.svg', sizes: 'any', type: 'image/svg+xml' },
          { src: '/icon-192.png', sizes: '192x192', type: 'image/png' },
          { src: '/icon-512.png', sizes: '512x512', type: 'image/png' },
          { src: '/icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
      },
    }),
    // What a phone loads before *Approve* can be pressed: the first file, what changes, and what looks at the record.
    entryBudget({ routes: ['src/approval/file-change.tsx', 'src/witness/watch.ts', 'src/outbox/start.ts'], maxJs: 180 * KB, maxCss: 15 * KB }),
    compressed(),
  ],
  build: {
    target: ['chrome123', 'safari17.5', 'firefox128'],
    modulePreload: { polyfill: false },
    sourcemap: true,
    chunkSizeWarningLimit: 600,
    // One file for all that stands at once: forty small ones cost more in requests and headers than they keep apart.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'first', tags: ['$initial'] }] } } },
  },
});
