/** The console's entry: it draws the page, and draws it again as things change. */
import { render } from "preact";
import { App } from "./app.tsx";

const root = document.getElementById("app");
if (root !== null) render(<App />, root);
