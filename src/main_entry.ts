/** What the binary starts: the program, in a process that gave up writing before its code was there. */
import "./sandbox/no_writing.ts";
import "./main.ts";
