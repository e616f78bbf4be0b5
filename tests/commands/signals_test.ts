import { fromSource } from "../support/program.ts";
import { signalsSuite } from "./signals_suite.ts";

await signalsSuite(fromSource, true);
