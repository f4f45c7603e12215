#!/usr/bin/env node
// Adds the optional platform packages that a lagging package mirror leaves out of the lock, so that `npm ci`
// works on every machine. Run after each change of dependencies: node scripts/fix-lock.mjs
import { readFileSync, writeFileSync } from 'node:fs';

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const packages = lock.packages;
let added = 0;
for (const [path, meta] of Object.entries({ ...packages })) {
  for (const [name, range] of Object.entries(meta.optionalDependencies ?? {})) {
    if (packages[`${path}/node_modules/${name}`] || packages[`node_modules/${name}`] || !/^\d/.test(range)) continue;
    const os = name.match(/android|darwin|freebsd|openharmony|sunos|win32|linux/)?.[0];
    const cpu = name.match(/wasm32|arm64|arm|ia32|x64|ppc64|riscv64|s390x|loong64/)?.[0];
    packages[`node_modules/${name}`] = {
      version: range,
      ...(cpu && { cpu: [cpu] }),
      ...(meta.dev && { dev: true }),
      ...(os === 'linux' && { libc: [/musl/.test(name) ? 'musl' : 'glibc'] }),
      optional: true,
      ...(os && { os: [os] }),
    };
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
console.log(`added ${added} entries`);
