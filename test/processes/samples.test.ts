// The sample answers that lie beside the forms: README's walk, the invented town and the tests fill in forms with them.
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { validateAnswers } from '../../src/engine/forms.js';
import type { Json } from '../../src/engine/model.js';
import { root } from '../house/source.js';
import { sampleOf } from '../support/answers.js';
import { inTown } from '../support/options.js';

const processes = join(root, 'processes');
const jsonIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')).map((name) => name.replace(/\.json$/, '')) : []);
const folders = readdirSync(processes, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
const samples = folders.flatMap((folder) => jsonIn(join(processes, folder, 'examples')).map((formKey) => ({ folder, formKey })));
const formOf = (folder: string, formKey: string): Json => inTown(JSON.parse(readFileSync(join(processes, folder, 'forms', `${formKey}.json`), 'utf8')) as Json);

describe('sample answers', () => {
  test('each may be sent as it is', () => {
    const wrong = samples.map(({ folder, formKey }) => ({ form: `${folder}/${formKey}`, errors: validateAnswers(formOf(folder, formKey), sampleOf(folder, formKey)).errors }));
    expect(wrong.filter(({ errors }) => errors.length > 0)).toEqual([]);
  });

  test('a form that cannot be sent empty has a sample', () => {
    const without = folders.flatMap((folder) => jsonIn(join(processes, folder, 'forms')).filter((formKey) => {
      const record = (formOf(folder, formKey) as { record?: string }).record;
      return record !== undefined && !existsSync(join(processes, folder, 'examples', `${formKey}.json`)) && validateAnswers(formOf(folder, formKey), {}).errors.length > 0;
    }).map((formKey) => `${folder}/${formKey}`));
    expect(without).toEqual([]);
  });

  test('a name stands for one form: README finds a sample by the name of the step alone', () => {
    const names = samples.map(({ formKey }) => formKey);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });
});
