/** What makes a connection unusable. */

/** Thrown when a connection cannot be used, or not any more. Its message holds nothing of the server's. */
export class ConnectionFault extends Error {
  override readonly name: string = "ConnectionFault";
}

/** Thrown when who connects, or to whom, is not settled as it must be. */
export class AuthenticationFault extends ConnectionFault {
  override readonly name = "AuthenticationFault";
}

/** The server, or what passes for it, does not keep to the protocol. */
export function notTheProtocol(): ConnectionFault {
  return new ConnectionFault("the server does not speak its protocol");
}

/** The connection was closed, by either side or in between. */
export function closed(): ConnectionFault {
  return new ConnectionFault("the connection was closed");
}

/** It was closed before a session began. */
export function closedEarly(): ConnectionFault {
  return new ConnectionFault("the connection was closed before the server responded");
}
