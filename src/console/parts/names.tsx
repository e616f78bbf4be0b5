/** Names of columns in a sentence. */

/** `email, phone` */
export function Names({ names }: { names: readonly string[] }) {
  return (
    <>
      {names.map((each, i) => (
        <span key={each}>
          {i > 0 && ", "}
          <code>{each}</code>
        </span>
      ))}
    </>
  );
}
