import { fromSource } from "../support/program.ts";
import { codeOfOthersSuite } from "./code_of_others_suite.ts";
import { jobsSuite } from "./jobs_suite.ts";
import { rotateSuite } from "./rotate_suite.ts";

await codeOfOthersSuite(fromSource);
await jobsSuite(fromSource);
await rotateSuite(fromSource);
