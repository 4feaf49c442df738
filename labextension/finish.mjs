// Completes the built extension: how to uninstall it, and which source it was built from.

import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

const BUILT = '../share/jupyter/labextensions/cppmagic/';

const sources = [
  'build.config.js',
  'finish.mjs',
  'install.json',
  'package-lock.json',
  'package.json',
  ...readdirSync('src').sort().map(name => `src/${name}`),
  'tsconfig.json'
];
const digest = createHash('sha256');
for (const name of sources) {
  digest.update(`${name}\n`).update(readFileSync(name));
}
copyFileSync('install.json', `${BUILT}install.json`);
writeFileSync(`${BUILT}source.sha256`, `${digest.digest('hex')}\n`);
