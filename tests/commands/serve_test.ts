import { fromSource } from "../support/program.ts";
import { serveSuite } from "./serve_suite.ts";

await serveSuite(fromSource);
