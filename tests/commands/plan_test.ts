/** `tokenize plan` from source. */
import { fromSource } from "../support/program.ts";
import { planSuite } from "./plan_suite.ts";

await planSuite(fromSource);
