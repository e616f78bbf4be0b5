/** The socket that the driver receives. */
import assert from "node:assert/strict";
import net from "node:net";
import { alwaysHeard } from "../../../src/platforms/postgres/connection/driver_client.ts";

Deno.test("a socket error after the driver has removed its listeners does not end the program", () => {
  const late = new Error("a write that was under way");
  const plain = new net.Socket();
  plain.removeAllListeners();
  assert.throws(() => plain.emit("error", late), late);

  for (const events of [[], ["error"]]) {
    const socket = alwaysHeard(new net.Socket());
    let heard = 0;
    socket.on("error", () => heard++);
    socket.emit("error", late);
    socket.removeAllListeners(...events);
    socket.emit("error", late);
    assert.equal(heard, 1);
  }
});
