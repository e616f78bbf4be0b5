/**
 * The sandbox from inside the binary: the product's own build, with nothing but its worker replaced by
 * the probe.
 */
import { probeProject, sandboxSuite } from "../sandbox/sandbox_suite.ts";

const project = await probeProject();
Deno.test.afterAll(async () => await project[Symbol.asyncDispose]());
sandboxSuite(await project.build(), ["cwd", "execPath"]);
