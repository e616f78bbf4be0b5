/** What is left of the old values, and how it is cleared. */
import type { ResiduePlace } from "../api/documents.ts";
import { Badge, ResidueBadge } from "../parts/badges.tsx";
import { CopyButton } from "../parts/copy_button.tsx";
import { Names } from "../parts/names.tsx";

/** What needs attention first. */
const ORDER = ["remains", "not_checked", "cleared"];

/** The places, with the commands that clear them. */
export function ResidueCard({ residue }: { residue: readonly ResiduePlace[] }) {
  const places = residue.filter(({ state }) => state !== "none")
    .toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  const empty = residue.filter(({ state }) => state === "none").map(({ place }) => place);
  const left = places.filter(({ state }) => state === "remains").length;
  return (
    <section class="card">
      <h2>What is left of the old values</h2>
      <p class="fine">
        {left === 0
          ? "The columns have tokens. No place is known where the old values are left."
          : `The columns have tokens. The database keeps old values in ${left} other ${
            left === 1 ? "place" : "places"
          }, until somebody clears ${left === 1 ? "it" : "them"}.`}
      </p>
      <ul class="places">
        {places.map(({ place, state, command, detail }) => (
          <li key={place}>
            <div class="place">
              <code>{place}</code>
              <ResidueBadge state={state} />
            </div>
            {detail && <p class="fine">{detail}</p>}
            {command && state !== "cleared" && (
              <div class="command">
                <code>{command}</code>
                <CopyButton text={command} what={`the command for ${place}`} />
              </div>
            )}
          </li>
        ))}
      </ul>
      {empty.length > 0 && (
        <div class="checked">
          <Badge tone="good" icon="check">nothing left</Badge>
          <p class="fine">
            Checked: <Names names={empty} />
          </p>
        </div>
      )}
    </section>
  );
}
