/**
 * Libraries look into `process.env`, which would be refused with an exception. It is empty instead, and
 * what they need is handed to them. To be imported before anything else.
 */
import process from "node:process";

Object.defineProperty(process, "env", { value: {}, writable: false });
