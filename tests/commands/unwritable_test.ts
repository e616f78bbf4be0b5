import { fromSource } from "../support/program.ts";
import { unwritableSuite } from "./unwritable_suite.ts";

await unwritableSuite(fromSource);
