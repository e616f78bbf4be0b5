import { fromSource } from "../support/program.ts";
import { jobsSuite } from "./jobs_suite.ts";

await jobsSuite(fromSource);
