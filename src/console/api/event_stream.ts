/**
 * Reads server-sent events from a response. The browser's own `EventSource` cannot send a bearer token.
 *
 * Source of the format: the HTML standard, "9.2 Server-sent events".
 */

/** An event. */
export interface ServerEvent {
  /** `message` if the server named none. */
  readonly type: string;
  readonly data: string;
  /** The newest id that the server gave. */
  readonly lastEventId: string;
}

/** The events of a stream, until it ends. */
export async function* readEvents(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<ServerEvent, void> {
  const parser = new EventParser();
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    while (true) {
      const { value, done } = await reader.read();
      if (done) return;
      yield* parser.push(value);
    }
  } finally {
    reader.cancel().catch(() => {}); // it may have failed already
  }
}

/** Makes events of text that arrives in pieces. */
class EventParser {
  #rest = "";
  #data: string[] = [];
  #type = "";
  #id = "";

  /** The events that are complete with this piece. */
  *push(piece: string): Generator<ServerEvent, void> {
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line !== "") this.#field(line);
      else if (this.#data.length > 0) yield this.#event();
    }
  }

  #field(line: string): void {
    const [, name, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name === "data") this.#data.push(value);
    else if (name === "event") this.#type = value;
    else if (name === "id") this.#id = value;
  }

  #event(): ServerEvent {
    const event = {
      type: this.#type || "message",
      data: this.#data.join("\n"),
      lastEventId: this.#id,
    };
    this.#data = [];
    this.#type = "";
    return event;
  }
}
