import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { settingNames } from '../../src/base/env.js';
import { root } from '../house/source.js';

const read = (name: string): string => readFileSync(join(root, name), 'utf8');

interface Service {
  image: string;
  command?: string[];
  environment?: Record<string, string>;
  ports?: string[];
}

const { services } = parse(read('docker-compose.yml'), { merge: true }) as { services: Record<string, Service> };
const ours = Object.entries(services).filter(([, service]) => service.image === 'tsunagi');

describe('docker-compose.yml', () => {
  test('has the database, Redis, mail, the job that migrates, API and workers', () => {
    expect(Object.keys(services).sort()).toEqual(['api', 'mail', 'migrate', 'postgres', 'redis', 'worker']);
  });

  test.each(ours)('%s is given settings that the system knows, and no other', (_name, { environment = {} }) => {
    const known = new Set([...settingNames, 'TZ']);
    expect(Object.keys(environment).filter((name) => !known.has(name))).toEqual([]);
  });

  test.each(ours)('%s starts a program that is there', (_name, { command = [] }) => {
    expect(read(command.at(-1)!)).not.toBe('');
  });

  test.each(['api', 'worker'])('%s does not know the owner of the database', (name) => {
    expect(JSON.stringify(services[name])).not.toContain('OWNER_PASSWORD');
  });

  test('the API is reached at one port of this machine, and people can be loaded with a first password', () => {
    expect(services['api']!.ports).toEqual(['127.0.0.1:${API_PORTS:-3000}:3000']);
    expect(services['migrate']!.environment).toHaveProperty('PEOPLE_PASSWORD');
  });

  test('every secret comes from .env, and .env.example names them all', () => {
    const wanted = [...read('docker-compose.yml').matchAll(/\$\{([A-Z_]+):[?-]/g)].map((found) => found[1]);
    const named = [...read('.env.example').matchAll(/^([A-Z_]+)=/gm)].map((found) => found[1]);
    expect(new Set(named)).toEqual(new Set(wanted));
  });
});

describe('docs/OPERATIONS.md', () => {
  test('has a line for every setting', () => {
    const text = read('docs/OPERATIONS.md');
    expect(settingNames.filter((name) => !text.includes(`| \`${name}\``))).toEqual([]);
  });
});
