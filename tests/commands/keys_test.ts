import { fromSource } from "../support/program.ts";
import { keysSuite } from "./keys_suite.ts";

keysSuite(fromSource);
