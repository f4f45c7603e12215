// What a person is told will come after a step.
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { whatFollows } from '../../src/engine/ahead.js';
import { compile } from '../../src/engine/executor/compile.js';

test('every answer that leads to a step is named, not only the first one', async () => {
  const compiled = await compile(readFileSync('processes/coordination_main/coordination_main.bpmn', 'utf8'));
  const follows = whatFollows(compiled, 'check_consent');
  const waysTo = (elementId: string): string[][] => follows.find((one) => one.elementId === elementId)?.ways ?? [];
  expect(waysTo('run_confidential_route').flat().join(' ')).toMatch(/不同意.*緊急|緊急.*不同意/);
  expect(waysTo('request_information').length).toBeGreaterThan(1);
});

test('a step may follow itself, and gateways that lead back to each other end', async () => {
  const flow = (id: string, from: string, to: string): string => `<sequenceFlow id="${id}" name="${id}" sourceRef="${from}" targetRef="${to}"/>`;
  const xml = `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="x"><process id="p" isExecutable="true">
    <startEvent id="s"/><userTask id="a"/><exclusiveGateway id="g" default="again"/><exclusiveGateway id="h" default="back"/><userTask id="b"/><endEvent id="e"/>
    ${flow('begin', 's', 'a')}${flow('on', 'a', 'g')}${flow('again', 'g', 'a')}${flow('further', 'g', 'h')}${flow('back', 'h', 'g')}${flow('out', 'h', 'b')}${flow('end', 'b', 'e')}</process></definitions>`;
  const follows = whatFollows(await compile(xml), 'a');
  expect(follows.map(({ elementId, ways }) => [elementId, ways])).toEqual([['a', [['on', 'again']]], ['b', [['on', 'further', 'out']]]]);
});
