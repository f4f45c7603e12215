// form-js itself, as in the browser, answering over stdin and stdout: one JSON line {schema, answers} in, one {data, errors} out.
// A process of its own, because form-js wants the browser's globals.
const { JSDOM } = require('jsdom');
const { createInterface } = require('node:readline');

const dom = new JSDOM('<!doctype html><body></body>', { pretendToBeVisual: true });
const names = ['window', 'document', 'HTMLElement', 'Element', 'Node', 'DOMParser', 'MutationObserver', 'Event', 'CustomEvent', 'KeyboardEvent', 'MouseEvent', 'getComputedStyle', 'requestAnimationFrame', 'cancelAnimationFrame', 'SVGElement', 'DocumentFragment', 'File', 'FileList', 'Blob'];
for (const name of names) Object.defineProperty(globalThis, name, { value: name === 'window' ? dom.window : dom.window[name], configurable: true, writable: true });
globalThis.ResizeObserver = class { observe() {} unobserve() {} disconnect() {} };

const { Form } = require('@bpmn-io/form-js-viewer');

async function submit({ schema, answers }) {
  const form = new Form({ container: document.body });
  await form.importSchema(schema, answers);
  const { data, errors } = form.submit();
  form.destroy();
  return { data, errors };
}

void (async () => {
  for await (const line of createInterface({ input: process.stdin })) process.stdout.write(`${JSON.stringify(await submit(JSON.parse(line)))}\n`);
})();
