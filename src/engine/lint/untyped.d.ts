// bpmnlint ships no types for what is used of it.
declare module 'bpmnlint' {
  export class Linter {
    constructor(options: { config: unknown; resolver: { resolveRule(pkg: string, name: string): unknown; resolveConfig(pkg: string, name: string): unknown } });
    lint(root: unknown): Promise<unknown>;
  }
  const bpmnlint: { Linter: typeof Linter };
  export default bpmnlint;
}
declare module 'bpmnlint/rules/*' {
  const rule: unknown;
  export default rule;
}
