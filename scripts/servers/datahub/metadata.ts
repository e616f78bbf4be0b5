/** What the stand-in knows: aspects of entities, and the events that changes of them made. */
import { failure } from "./failure.ts";

/** An aspect's content. */
export type Aspect = Record<string, unknown>;

/** A label (a tag or a glossary term) on a column. */
export interface ColumnLabel {
  /** URN of the dataset. */
  readonly dataset: string;
  /** The column's path as DataHub has it. */
  readonly column: string;
  /** URN of the tag or term. */
  readonly label: string;
  /** Where it is put: as ingested, as edited (as the UI does), or on the column's own entity. */
  readonly place?: "schemaMetadata" | "editableSchemaMetadata" | "schemaField";
  /** URN of who did it. */
  readonly actor?: string;
  /** What the association says of where it came from. */
  readonly context?: string;
  readonly attribution?: Readonly<Record<string, unknown>>;
}

/** Something that labels are on: an entity's aspects, or a column's entry in one. */
type Labelled = Record<string, unknown>;
type Association = Record<string, unknown>;

const TAG = "urn:li:tag:";
const ACTOR = "urn:li:corpuser:jdoe";

/** The privileges that the program's reports need. */
const PRIVILEGES = [
  "CREATE_TAGS",
  "MANAGE_STRUCTURED_PROPERTIES",
  "GET_PLATFORM_EVENTS",
  "VIEW_ENTITY_PAGE",
  "EDIT_DATASET_COL_TAGS",
  "EDIT_ENTITY_OPERATIONS",
  "EDIT_ENTITY_INCIDENTS",
  "EDIT_ENTITY_ASSERTIONS",
  "EDIT_ENTITY_PROPERTIES",
  "EDIT_ENTITY",
  "DELETE_ENTITY",
];

/** An entry of an aspect that has one for each moment. */
export interface TimeseriesEntry {
  readonly urn: string;
  readonly aspect: string;
  readonly value: Aspect;
}

/** Entities with their aspects, and a log of events. */
export class Metadata {
  /** By URN and then by the aspect's name. */
  readonly entities = new Map<string, Record<string, Aspect>>();
  /** The payloads of platform events as JSON, in one partition. */
  readonly events: string[] = [];
  /** Lineage: the URNs of what is derived from a dataset or a column, one step away. */
  readonly downstream = new Map<string, string[]>();
  /** URNs of the incidents on each dataset. */
  readonly incidents = new Map<string, string[]>();
  /** By what identifies an entry: one that is sent again replaces itself. */
  readonly timeseries = new Map<string, TimeseriesEntry>();
  /** What the caller may do, on everything. */
  readonly privileges = new Set<string>(PRIVILEGES);
  /** Whether the server does not tell callers their privileges. */
  hidesPrivileges = false;
  /** Events before this offset are gone. */
  firstOffset = 0;

  /** Throws, as a resolver does, unless the caller has the privilege. */
  require(privilege: string): void {
    if (!this.privileges.has(privilege)) throw failure(403);
  }

  /** The values of an aspect that has one for each moment. */
  valuesOf(urn: string, aspect: string): Aspect[] {
    return [...this.timeseries.values()]
      .flatMap((each) => each.urn === urn && each.aspect === aspect ? [each.value] : []);
  }

  /** Adds a dataset with those columns. */
  addDataset(urn: string, columns: readonly string[], aspects: Record<string, Aspect> = {}): void {
    const fields = columns.map((fieldPath) => ({ fieldPath, nativeDataType: "text" }));
    this.entities.set(urn, { schemaMetadata: { fields }, ...aspects });
  }

  /** All aspects of an entity, which is made if it is not there. */
  entityOf(urn: string): Record<string, Aspect> {
    const entity = this.entities.get(urn) ?? {};
    this.entities.set(urn, entity);
    return entity;
  }

  /** Puts a label on a column. The entity of a column makes no event, as in DataHub. */
  label(change: ColumnLabel): void {
    const { label, context, attribution } = change;
    const owner = this.#ownerOf(change);
    const association = label.startsWith(TAG) ? { tag: label } : { urn: label };
    associationsOf(owner, label).push({
      ...association,
      ...(context !== undefined && { context }),
      ...(attribution !== undefined && { attribution }),
    });
    if (change.place !== "schemaField") this.emit(changeEvent("ADD", change));
  }

  /** Whether a label is on a column, in the place that is named. */
  hasLabel(change: ColumnLabel): boolean {
    return associationsOf(this.#ownerOf(change), change.label)
      .some(({ tag, urn }) => [tag, urn].includes(change.label));
  }

  /** Takes a label off a column, if it is there. */
  unlabel(change: ColumnLabel): void {
    const associations = associationsOf(this.#ownerOf(change), change.label);
    const left = associations.filter(({ tag, urn }) => ![tag, urn].includes(change.label));
    associations.splice(0, associations.length, ...left);
    if (change.place !== "schemaField") this.emit(changeEvent("REMOVE", change));
  }

  /** Puts a tag on a dataset as a whole. */
  labelDataset(dataset: string, label: string): void {
    associationsOf(this.entityOf(dataset), label).push({ tag: label });
    this.emit({
      entityUrn: dataset,
      entityType: "dataset",
      category: "TAG",
      operation: "ADD",
      modifier: label,
      parameters: { tagUrn: label },
      auditStamp: { actor: ACTOR, time: Date.now() },
      version: 0,
    });
  }

  /** Appends an event. A text goes as it is, so that it can be none. */
  emit(payload: unknown): void {
    this.events.push(typeof payload === "string" ? payload : JSON.stringify(payload));
  }

  #ownerOf({ dataset, column, place = "editableSchemaMetadata" }: ColumnLabel): Labelled {
    if (place === "schemaField") return this.entityOf(schemaFieldUrn(dataset, column));
    const list = place === "schemaMetadata" ? "fields" : "editableSchemaFieldInfo";
    const aspect = this.entityOf(dataset)[place] ??= { [list]: [] };
    const fields = aspect[list] as Labelled[];
    const known = fields.find(({ fieldPath }) => fieldPath === column);
    if (known !== undefined) return known;
    const field = { fieldPath: column };
    fields.push(field);
    return field;
  }
}

/** The URN of a column's entity, its path encoded as DataHub does it. */
export function schemaFieldUrn(dataset: string, path: string): string {
  const encoded = path.replaceAll(",", "%2C").replaceAll("(", "%28").replaceAll(")", "%29");
  return `urn:li:schemaField:(${dataset},${encoded})`;
}

/** An EntityChangeEvent about a column, as a change in DataHub causes it. */
export function changeEvent(operation: "ADD" | "REMOVE", change: ColumnLabel) {
  const { dataset, column, label, place, actor = ACTOR } = change;
  const entityUrn = schemaFieldUrn(dataset, column);
  const isTag = label.startsWith(TAG);
  return {
    entityUrn,
    entityType: "schemaField",
    category: isTag ? "TAG" : "GLOSSARY_TERM",
    operation,
    modifier: label,
    parameters: {
      fieldPath: column,
      parentUrn: place === "schemaMetadata" ? dataset : entityUrn,
      [isTag ? "tagUrn" : "termUrn"]: label,
      context: "{}",
    },
    auditStamp: { actor, time: Date.now() },
    version: 0,
  };
}

/** The list that a label belongs to, such as `globalTags.tags`, which is made if it is not there. */
function associationsOf(owner: Labelled, label: string): Association[] {
  const [aspect, list] = label.startsWith(TAG)
    ? ["globalTags", "tags"]
    : ["glossaryTerms", "terms"];
  const holder = (owner[aspect!] ??= {}) as Record<string, Association[]>;
  return holder[list!] ??= [];
}
