/**
 * Makes `process.env` empty. Libraries read it, and without permission that would throw; what they need
 * is passed to them instead. To be imported before anything else.
 */
import process from "node:process";

Object.defineProperty(process, "env", { value: {}, writable: false });
