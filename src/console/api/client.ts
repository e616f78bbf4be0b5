/**
 * Requests to the API, with the token, which is kept in the memory of the page alone: a reload forgets it,
 * and no other page and no disk ever has it.
 */
import { Store } from "../store.ts";
import type { Problem } from "./documents.ts";

/** Whether the API responds. */
export const reachable = new Store(true);

/** Whether somebody has to sign in: not yet known, not needed or done, needed. */
export const session = new Store<"unknown" | "open" | "needed">("unknown");

/** Whether a token was given that may be forgotten by signing out. */
export const hasToken = new Store(false);

let token: string | undefined;
/** Who sends the requests, as they say; kept with the token. */
let actor: string | undefined;

/** A response that is a problem document. */
export class ApiProblem extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** There was no response. */
export class Unreachable extends Error {}

/** What a request has besides its path. */
export interface CallOptions {
  readonly method?: "GET" | "POST" | "PATCH";
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Sends a request and gives the JSON of the response. Throws `ApiProblem`, `Unreachable`, or the abort. */
export async function call<T>(path: string, options: CallOptions = {}): Promise<T> {
  const response = await send(path, options);
  return await response.json() as T;
}

/** The same, for a response of any status that is sent as JSON. */
export async function callAnyStatus<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await exchange(path, { signal });
  return await response.json() as T;
}

/** Sends a request and gives a response of the status 2xx. */
export async function send(path: string, options: CallOptions = {}): Promise<Response> {
  const response = await exchange(path, options);
  if (response.ok) {
    if (session.value === "unknown") session.set("open");
    return response;
  }
  const problem = await readProblem(response);
  if (response.status === 401) session.set("needed");
  throw new ApiProblem(problem);
}

/**
 * Tries a token, and keeps it if the API takes it, with the name of who signs in; it stands with the runs that
 * they ask for. Throws as `call`.
 */
export async function signIn(given: string, name: string): Promise<void> {
  const before = token;
  token = given;
  actor = name === "" ? undefined : name;
  try {
    await call("/runs?limit=1");
    hasToken.set(true);
    session.set("open");
  } catch (error) {
    token = before;
    throw error;
  }
}

/** Forgets the token. */
export function signOut(): void {
  token = undefined;
  actor = undefined;
  hasToken.set(false);
  session.set("needed");
}

async function exchange(path: string, options: CallOptions): Promise<Response> {
  const { method = "GET", body, headers = {}, signal } = options;
  const sent = new Headers({ accept: "application/json", ...headers });
  if (token !== undefined) sent.set("authorization", `Bearer ${token}`);
  if (actor !== undefined) sent.set("from", actor);
  if (body !== undefined) sent.set("content-type", "application/json");
  const init: RequestInit = { method, headers: sent, cache: "no-store", credentials: "omit" };
  if (body !== undefined) init.body = JSON.stringify(body);
  if (signal !== undefined) init.signal = signal;
  try {
    const response = await fetch(path, init);
    reachable.set(true);
    return response;
  } catch (error) {
    if (signal?.aborted) throw error;
    reachable.set(false);
    throw new Unreachable("The server does not respond");
  }
}

async function readProblem(response: Response): Promise<Problem> {
  const { status } = response;
  const body = await response.json().catch(() => undefined) as Partial<Problem> | undefined;
  return {
    status,
    title: body?.title ?? `HTTP status ${status}`,
    detail: body?.detail ?? "The response is not one of this program's: is there a proxy between?",
    code: body?.code ?? "unknown",
  };
}
