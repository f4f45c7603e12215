// Pictures of diagrams, as a BPMN viewer shows them: node scripts/picture.mjs [processes/<name>/<name>.bpmn …] (all when none is
// named) → docs/pictures/<name>.png. Needs Debian's chromium and a Japanese font (fonts-noto-cjk). Tells what lies on what.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const processes = join(root, 'processes');
const all = () => readdirSync(processes).map((name) => join(processes, name, `${name}.bpmn`)).filter((path) => existsSync(path));
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
if (!executablePath) {
  process.stderr.write('chromium がありません: sudo apt-get install chromium fonts-noto-cjk\n');
  process.exit(1);
}

/** In the page: labels that lie on shapes or on each other, and lines that cross. */
function lookFor(elements) {
  const box = ({ x, y, width, height }) => ({ x1: x + 1, y1: y + 1, x2: x + width - 1, y2: y + height - 1 });
  const meet = (a, b) => a.x1 < b.x2 && b.x1 < a.x2 && a.y1 < b.y2 && b.y1 < a.y2;
  const shapes = elements.filter((e) => e.width && !/Lane|Participant|SubProcess/.test(e.type) && e.type !== 'label');
  const labels = elements.filter((e) => e.type === 'label' && e.width);
  const told = [];
  for (const label of labels) for (const shape of shapes) if (shape.id !== label.id.replace(/_label$/, '') && meet(box(label), box(shape))) told.push(`label of ${label.id} on ${shape.id}`);
  labels.forEach((a, i) => labels.slice(i + 1).forEach((b) => meet(box(a), box(b)) && told.push(`labels of ${a.id} and ${b.id}`)));
  const lines = elements.filter((e) => e.type === 'bpmn:SequenceFlow').flatMap((e) => e.waypoints.slice(1).map((to, i) => ({ id: e.id, from: e.waypoints[i], to })));
  const between = (v, a, b) => v > Math.min(a, b) + 1 && v < Math.max(a, b) - 1;
  const crossed = new Set();
  for (const a of lines) for (const b of lines) {
    if (a.id >= b.id || a.from.y !== a.to.y || b.from.x !== b.to.x) continue;
    if (between(b.from.x, a.from.x, a.to.x) && between(a.from.y, b.from.y, b.to.y)) crossed.add(`${a.id} × ${b.id}`);
  }
  for (const b of lines) for (const a of lines) {
    if (a.id >= b.id || b.from.y !== b.to.y || a.from.x !== a.to.x) continue;
    if (between(a.from.x, b.from.x, b.to.x) && between(b.from.y, a.from.y, a.to.y)) crossed.add(`${a.id} × ${b.id}`);
  }
  return [...told, ...crossed];
}

const viewer = readFileSync(join(root, 'node_modules/bpmn-js/dist/bpmn-viewer.production.min.js'), 'utf8');
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'] });
try {
  const page = await browser.newPage({ deviceScaleFactor: 1 });
  for (const path of process.argv.length > 2 ? process.argv.slice(2) : all()) {
    const name = basename(path, '.bpmn');
    await page.setContent('<body style="margin:0;background:#fff;font-family:\'Noto Sans CJK JP\'"><div id="canvas" style="width:800px;height:600px"></div></body>');
    await page.addScriptTag({ content: viewer });
    const { size, elements } = await page.evaluate(async (xml) => {
      const bpmn = new globalThis.BpmnJS({ container: '#canvas' });
      await bpmn.importXML(xml);
      const { inner } = bpmn.get('canvas').viewbox();
      const size = { width: Math.ceil(inner.width + 40), height: Math.ceil(inner.height + 40) };
      Object.assign(document.getElementById('canvas').style, { width: `${size.width}px`, height: `${size.height}px` });
      bpmn.get('canvas').resized();
      bpmn.get('canvas').viewbox({ x: inner.x - 20, y: inner.y - 20, ...size });
      for (const mark of document.querySelectorAll('.bjs-powered-by')) mark.remove();
      const elements = bpmn.get('elementRegistry').getAll().map(({ id, type, x, y, width, height, waypoints }) => ({ id, type, x, y, width, height, waypoints: waypoints?.map((p) => ({ x: p.x, y: p.y })) }));
      return { size, elements };
    }, readFileSync(path, 'utf8'));
    await page.setViewportSize(size);
    await page.screenshot({ path: join(root, 'docs/pictures', `${name}.png`) });
    process.stdout.write(`${name} ${size.width}×${size.height}\n${lookFor(elements).map((line) => `  ${line}\n`).join('')}`);
  }
} finally {
  await browser.close();
}
