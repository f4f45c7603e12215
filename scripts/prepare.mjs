// What bin/start and bin/test need before anything else runs: the packages of package-lock.json and Prisma's client.
// Does nothing when both are there already. Uses nothing but Node itself.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const say = (text) => process.stderr.write(`${text}\n`);

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  say(`Node.js 20.19 以上が必要です(いまは ${process.versions.node})。`);
  process.exit(1);
}

/** Whether node_modules holds what the lock file says (npm writes down there what it installed). */
function isInstalled() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const there = JSON.parse(readFileSync(installed, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || entry.optional || there[path]?.version === entry.version,
  );
}

function install() {
  say('パッケージをインストールしています(初回のみ、1分ほど)…');
  const options = { cwd: root, stdio: ['ignore', 2, 2] };
  try {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], options);
  } catch {
    say('npm ci に失敗しました。上の npm のメッセージを確かめて、もう一度実行してください。');
    process.exit(1);
  }
}

function generate() {
  const folder = join(root, 'prisma', 'schema');
  const schema = readdirSync(folder).sort().map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/prisma/package.json'), 'utf8'));
  const wanted = createHash('sha256').update(schema).update(version).digest('hex');
  const stamp = join(root, 'src', 'generated', 'prisma', '.made-from');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  say('データベースのクライアントを生成しています…');
  const command = [join(root, 'node_modules/prisma/build/index.js'), 'generate'];
  try {
    execFileSync(process.execPath, command, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    say(`${error.stdout ?? ''}${error.stderr ?? ''}`);
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}

if (!isInstalled()) install();
generate();
