import { fromSource } from "../support/program.ts";
import { configSuite } from "./config_suite.ts";

await configSuite(fromSource);
