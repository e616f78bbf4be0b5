/** What the supervisor starts: the worker, in a realm that was locked down before its code was there. */
import "./sandbox/lock_down.ts";
import "./sandbox/loaded.ts";
import "./worker.ts";
