// A condition in a language that nobody runs is a literal text, and a literal text is true.
import { refuse, type Rule } from './support/diagram.js';
import { expressionsOf } from './support/expressions.js';
import { feelOf } from './support/diagram.js';

/** The schema's default for a formal expression, and how modelers name FEEL. */
const isFeelName = (language: string): boolean => /^(?:feel|https?:\/\/www\.omg\.org\/spec\/(?:DMN|FEEL)\/[\w./-]*|https?:\/\/www\.omg\.org\/spec\/DMN\/[\w./-]*FEEL\/?)$/i.test(language);

/** `script-language`: expressions in JavaScript, Groovy, JUEL…, and expressions kept in another file, and conditions that are no expression at all. */
export const scriptLanguage: Rule = ({ process }) =>
  (process ? expressionsOf(process) : []).flatMap(({ element, value, what, language, mustBeExpression, resource }) => {
    if (resource !== undefined) return [refuse('script-language', element, `${what}: 外のファイル ${resource.slice(0, 80)} のスクリプトは使えません（FEEL だけです）`)];
    if (language !== null && !isFeelName(language)) return [refuse('script-language', element, `${what}: 言語 ${language} は使えません（FEEL だけです）`)];
    if (mustBeExpression && language === null && feelOf(value) === null) return [refuse('script-language', element, `${what}: FEEL の式は = で始めてください: ${value.slice(0, 80)}`)];
    return [];
  });
