// How the app is built into the folder that the server serves, and how it reaches a server while it is made.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = "http://127.0.0.1:8000";
const path = (relative: string): string => new URL(relative, import.meta.url).pathname;

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": path("./src") } },
  build: {
    outDir: path("../src/tallybook/delivery/web/static"),
    emptyOutDir: true,
    chunkSizeWarningLimit: 600, // kB before compression; `npm run budget` is the real limit
    manifest: true, // the script budget reads it
    assetsInlineLimit: 0, // data: addresses would need an exception in the content security policy
    modulePreload: { polyfill: false }, // every browser that runs ES2022 has it
  },
  server: {
    proxy: {
      "/api": server,
      "/socket": { target: server, ws: true },
    },
  },
  test: { environment: "jsdom", setupFiles: "./src/test-setup.ts" },
});
