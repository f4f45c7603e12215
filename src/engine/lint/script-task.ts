// Scripts are code that nobody reviewed, in a language that escapes its box. What must be computed is a handler or FEEL.
import { isType, refuse, type Rule } from './support/diagram.js';

/** `script-task` */
export const scriptTask: Rule = ({ elements }) => elements.filter((element) => isType(element, 'ScriptTask')).map((element) => refuse('script-task', element, 'スクリプトタスクは使えません（サービスタスクか FEEL の式にしてください）'));
