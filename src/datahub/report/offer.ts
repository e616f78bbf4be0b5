/**
 * What a DataHub server's GraphQL offers. Versions differ in their mutations and in the fields of their
 * inputs, so the server is asked before a document is chosen.
 */
import { z } from "zod";
import type { Gms } from "../gms/gms.ts";
import { GmsError } from "../gms/gms_error.ts";
import { parsed } from "../gms/parsed.ts";

/** The types that differ, by the name in the response. */
const TYPES = {
  mutations: "Mutation",
  dataset: "Dataset",
  operation: "ReportOperationInput",
  incident: "RaiseIncidentInput",
} as const;

/** A type that differs between versions. */
export type OfferedType = keyof typeof TYPES;

/** What the server offers. */
export interface Offer {
  /** Whether a type has a field; true for all if the server does not say. */
  has(type: OfferedType, field: string): boolean;
}

const INTROSPECTION = `query introspect {
${
  Object.entries(TYPES).map(([alias, name]) =>
    `  ${alias}: __type(name: "${name}") { fields { name } inputFields { name } }`
  ).join("\n")
}
}`;

const fieldsSchema = z.array(z.object({ name: z.string() })).nullish();
const typeSchema = z.object({ fields: fieldsSchema, inputFields: fieldsSchema }).nullish();
const offerSchema = z.object(
  Object.fromEntries(Object.keys(TYPES).map((alias) => [alias, typeSchema])) as Record<
    OfferedType,
    typeof typeSchema
  >,
);

/** Asks the server. Throws `GmsError` if it cannot be asked. */
export async function readOffer(gms: Gms, signal?: AbortSignal): Promise<Offer> {
  const response = await gms.graphql(INTROSPECTION, {}, signal).catch((error) => {
    if (error instanceof GmsError && error.fault === "unexpected") return undefined;
    throw error;
  });
  if (response === undefined) return { has: () => true }; // introspection is switched off
  const types = parsed(offerSchema, response);
  const fields = (type: OfferedType) => [
    ...types[type]?.fields ?? [],
    ...types[type]?.inputFields ?? [],
  ];
  return { has: (type, field) => fields(type).some(({ name }) => name === field) };
}
