import { fromSource } from "../support/program.ts";
import { loadSuite } from "./load_suite.ts";

await loadSuite(fromSource);
