import { fromSource } from "../support/program.ts";
import { terminalSuite } from "./terminal_suite.ts";

await terminalSuite(fromSource);
