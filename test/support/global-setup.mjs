// Jest runs this file as it is (a .ts one would be compiled to CommonJS); the work is in servers.ts.
import { tsImport } from 'tsx/esm/api';

export default async function setUp() {
  const { startServers } = await tsImport('./servers.ts', import.meta.url);
  globalThis.testServers = await startServers();
}
