/** A request that is not HTTP as it should be: there is no request to answer, only a connection to end. */

/** Throws nothing of what was sent. */
export class HttpFault extends Error {
  /** The status to end the connection with. */
  readonly status: number;

  constructor(status: 400 | 414 | 417 | 431 | 501 | 505, reason: string) {
    super(reason);
    this.name = "HttpFault";
    this.status = status;
  }
}
