/** The page around the views: its head, who is signed in, and whether the server responds. */
import { useEffect } from "preact/hooks";
import { ApiProblem, call, hasToken, reachable, session, signOut } from "./api/client.ts";
import { Icon, type IconName } from "./parts/icons.tsx";
import { hrefOf, type Route, route } from "./router.ts";
import { useStore } from "./store.ts";
import { ConnectionsView } from "./views/connections_view.tsx";
import { DatahubView } from "./views/datahub_view.tsx";
import { NewRunView } from "./views/new_run_view.tsx";
import { RunView } from "./views/run_view.tsx";
import { RunsView } from "./views/runs_view.tsx";
import { SignIn } from "./views/sign_in.tsx";

/** How soon to ask again while the server does not respond. */
const RETRY_MS = 1000;

const TITLES: Readonly<Record<Route["view"], string>> = {
  runs: "Runs",
  run: "Run",
  new: "New run",
  datahub: "DataHub",
  connections: "Connections",
};

/** Everything. */
export function App() {
  const shown = useStore(route);
  const isOpen = useStore(session);
  const mustSignIn = isOpen === "needed";
  const place = hrefOf(shown);
  useEffect(() => {
    document.title = `${mustSignIn ? "Sign in" : TITLES[shown.view]} · tokenize-action`;
  }, [mustSignIn, shown.view]);
  useFocusOnHeading(place);
  useEffect(askWhetherOpen, []);
  if (isOpen === "unknown") return <main id="main" aria-busy="true" />;
  return (
    <>
      <a class="skip" href="#main" onClick={skipToMain}>Skip to the content</a>
      {mustSignIn ? <SignIn /> : (
        <>
          <Head view={shown.view} />
          <main id="main" tabIndex={-1}>
            <View key={shown.view === "runs" ? "runs" : place} shown={shown} />
          </main>
        </>
      )}
      <Outage />
    </>
  );
}

function View({ shown }: { shown: Route }) {
  if (shown.view === "run") return <RunView runId={shown.runId} />;
  if (shown.view === "new") return <NewRunView dataset={shown.dataset} columns={shown.columns} />;
  if (shown.view === "datahub") return <DatahubView />;
  if (shown.view === "connections") return <ConnectionsView />;
  return <RunsView state={shown.state} dataset={shown.dataset} />;
}

const VIEWS: readonly (readonly [view: Route["view"], icon: IconName])[] = [
  ["runs", "runs"],
  ["new", "plus"],
  ["datahub", "datahub"],
  ["connections", "connections"],
];

function Head({ view }: { view: Route["view"] }) {
  const isSignedIn = useStore(hasToken);
  return (
    <header class="head">
      <a class="brand" href="#/runs" aria-label="tokenize-action, all runs">
        <img src="/console/icon.svg" alt="" width="28" height="28" />
        <span>tokenize-action</span>
      </a>
      <nav aria-label="Views">
        {VIEWS.map(([each, icon]) => (
          <a
            key={each}
            href={`#/${each}`}
            aria-current={each === view || (each === "runs" && view === "run") ? "page" : undefined}
          >
            <Icon name={icon} />
            <span>{TITLES[each]}</span>
          </a>
        ))}
      </nav>
      <div class="tools">
        <a href="/docs" title="The API's page">
          <Icon name="book" />
          <span>API</span>
        </a>
        {isSignedIn && (
          <button type="button" class="plain" onClick={signOut} title="Forget the token">
            <Icon name="leave" />
            <span>Sign out</span>
          </button>
        )}
      </div>
    </header>
  );
}

/** Says that the server is away; over the page, so that nothing moves. */
function Outage() {
  const isReachable = useStore(reachable);
  return (
    <div class="outage" role="status">
      {!isReachable && (
        <p>
          <Icon name="alert" />
          The server does not respond. What you see is from before; trying again…
        </p>
      )}
    </div>
  );
}

/** Finds out whether somebody has to sign in, before anything is shown. */
function askWhetherOpen(): void {
  call("/runs?limit=1").catch((error) => {
    if (session.value !== "unknown") return; // it has to be a token
    if (error instanceof ApiProblem) session.set("open"); // the views say what is wrong
    else setTimeout(askWhetherOpen, RETRY_MS);
  });
}

/** A new view begins at its heading, for the keyboard and for screen readers. Not the first one. */
function useFocusOnHeading(place: string): void {
  useEffect(() => {
    if (!hasMoved) {
      hasMoved = true;
      return;
    }
    if (document.activeElement?.closest(".filters")) return;
    scrollTo(0, 0);
    document.querySelector<HTMLElement>("h1[tabindex]")?.focus({ preventScroll: true });
  }, [place]);
}

let hasMoved = false;

/** The address after `#` is the view's, so the link may not change it. */
function skipToMain(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}
