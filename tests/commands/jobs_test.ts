import { fromSource } from "../support/program.ts";
import { jobsSuite } from "./jobs_suite.ts";
import { rotateSuite } from "./rotate_suite.ts";

await jobsSuite(fromSource);
await rotateSuite(fromSource);
