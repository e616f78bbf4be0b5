/** The compiled program, dist/tokenize, passes the same suites as the program run from source. */
import { codeOfOthersSuite } from "../commands/code_of_others_suite.ts";
import { commandLineSuite } from "../commands/command_line_suite.ts";
import { configSuite } from "../commands/config_suite.ts";
import { jobsSuite } from "../commands/jobs_suite.ts";
import { keysSuite } from "../commands/keys_suite.ts";
import { loadSuite } from "../commands/load_suite.ts";
import { logSuite } from "../commands/log_suite.ts";
import { planSuite } from "../commands/plan_suite.ts";
import { rotateSuite } from "../commands/rotate_suite.ts";
import { serveSuite } from "../commands/serve_suite.ts";
import { signalsSuite } from "../commands/signals_suite.ts";
import { terminalSuite } from "../commands/terminal_suite.ts";
import { unwritableSuite } from "../commands/unwritable_suite.ts";
import { compiled } from "../support/program.ts";

await codeOfOthersSuite(compiled);
commandLineSuite(compiled);
await configSuite(compiled);
await jobsSuite(compiled);
keysSuite(compiled);
await loadSuite(compiled);
await logSuite(compiled);
await planSuite(compiled);
await rotateSuite(compiled);
await serveSuite(compiled);
await signalsSuite(compiled, false);
await terminalSuite(compiled);
await unwritableSuite(compiled);
