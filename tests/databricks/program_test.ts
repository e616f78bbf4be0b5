import { fromSource } from "../support/program.ts";
import { programSuite } from "./program_suite.ts";

programSuite(fromSource);
