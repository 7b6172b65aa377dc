import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  base: './',
  server: {
    proxy: { '/api': 'http://localhost:8426', '/ws': { target: 'ws://localhost:8426', ws: true } },
  },
  build: {
    outDir: 'dist',
    // The server's policy allows no script and no style within a page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
    rolldownOptions: {
      output: {
        // Names by which the server knows that browsers may keep these files for ever.
        hashCharacters: 'hex',
        entryFileNames: 'assets/[name].[hash:12].js',
        chunkFileNames: 'assets/[name].[hash:12].js',
        assetFileNames: 'assets/[name].[hash:12][extname]',
      },
    },
  },
});
