// Makes src/client/generated of the schemas beside this file; with --check, only says whether it is
// as it would be made now.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';
import { compile } from 'json-schema-to-typescript';

const head = '// Made by `npm run types` of what the server says of itself.\n\n';
const here = (name) => new URL(name, import.meta.url);
const folder = new URL('../src/client/generated/', import.meta.url);
const read = async (name) => JSON.parse(await readFile(here(name), 'utf8'));

const made = {
  'rest.ts': astToString(await openapiTS(await read('openapi.json'), { alphabetize: true })),
  'messages.ts': await compile(await read('messages.json'), 'Messages', {
    bannerComment: '',
    additionalProperties: false,
    format: false,
    unreachableDefinitions: true,
  }),
};

const check = process.argv.includes('--check');
await mkdir(folder, { recursive: true });
for (const [name, text] of Object.entries(made)) {
  const file = new URL(name, folder);
  if (!check) await writeFile(file, head + text);
  else if ((await readFile(file, 'utf8').catch(() => '')) !== head + text) {
    console.error(`src/client/generated/${name} is not as the schemas say: npm run types`);
    process.exitCode = 1;
  }
}
