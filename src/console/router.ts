/** Which view is shown, by the part of the address after `#`, so that links and the back button work. */
import { Store } from "./store.ts";

/** A view, with what it shows. */
export type Route =
  | { readonly view: "runs"; readonly state: string; readonly dataset: string }
  | { readonly view: "run"; readonly runId: string }
  | { readonly view: "new"; readonly dataset: string; readonly columns: string }
  | { readonly view: "datahub" }
  | { readonly view: "connections" };

/** Reads an address; what is unknown is the list of runs. */
function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const parameters = new URLSearchParams(query);
  const text = (name: string) => parameters.get(name) ?? "";
  const [view, id] = path.split("/");
  if (view === "runs" && id) return { view: "run", runId: safeDecode(id) };
  if (view === "new") return { view: "new", dataset: text("dataset"), columns: text("columns") };
  if (view === "datahub" || view === "connections") return { view };
  return { view: "runs", state: text("state"), dataset: text("dataset") };
}

/** The address of a view. */
export function hrefOf(route: Route): string {
  if (route.view === "run") return `#/runs/${encodeURIComponent(route.runId)}`;
  const { view, ...parameters } = route;
  const given = Object.entries(parameters).filter(([, value]) => value !== "");
  const query = new URLSearchParams(given).toString();
  return `#/${view}${query === "" ? "" : `?${query}`}`;
}

/** The view that is shown. */
export const route = new Store<Route>(parseRoute(location.hash));

addEventListener("hashchange", () => route.set(parseRoute(location.hash)));

/** Goes to a view. */
export function goTo(to: Route): void {
  location.hash = hrefOf(to);
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
