/**
 * `make test-manifests`: the Helm chart, the Kustomize overlays and compose.yaml, judged by the programs
 * that read them. If these cannot be installed here, the tests are skipped with the reason.
 *
 *     deno task test-manifests [FILE…]      only the tests in those files
 */
import { fileURLToPath } from "node:url";
import { closeSuite, runDenoTests } from "../support/deno_tests.ts";

Deno.chdir(fileURLToPath(new URL("../..", import.meta.url)));
const paths = Deno.args.length > 0 ? Deno.args : ["tests/manifests"];
closeSuite(await runDenoTests({ paths, options: ["--no-check"] }));
