/** The mutations of the stand-in that take reports about datasets and columns. */
import { failure } from "./failure.ts";
import type { Aspect, Metadata } from "./metadata.ts";

/** As root values of the schema. */
export function reportMutations(metadata: Metadata) {
  return {
    ...incidentMutations(metadata),
    ...propertyMutations(metadata),
    ...assertionMutations(metadata),
    reportOperation({ input: { urn, ...operation } }: { input: Aspect & { urn: string } }) {
      metadata.require("EDIT_ENTITY_OPERATIONS");
      const { timestampMillis = Date.now(), partition = "" } = operation;
      metadata.timeseries.set(`${urn} operation ${timestampMillis} ${partition}`, {
        urn,
        aspect: "operation",
        value: operation,
      });
      return urn;
    },
  };
}

function incidentMutations(metadata: Metadata) {
  interface Status {
    readonly state: string;
    readonly message?: string;
  }
  const infoOf = (urn: string) => {
    const info = metadata.entities.get(urn)?.incidentInfo;
    if (info === undefined) throw failure(404);
    return info;
  };
  return {
    raiseIncident(
      { input: { resourceUrn, ...info } }: { input: Aspect & { resourceUrn: string } },
    ) {
      metadata.require("EDIT_ENTITY_INCIDENTS");
      const urn = `urn:li:incident:${crypto.randomUUID()}`;
      metadata.entityOf(urn).incidentInfo = {
        ...info,
        entities: [resourceUrn],
        status: { state: "ACTIVE" },
      };
      metadata.incidents.set(resourceUrn, [...metadata.incidents.get(resourceUrn) ?? [], urn]);
      return urn;
    },
    updateIncidentStatus({ urn, input }: { urn: string; input: Status }) {
      metadata.require("EDIT_ENTITY_INCIDENTS");
      infoOf(urn).status = input;
      return true;
    },
    updateIncident({ urn, input }: { urn: string; input: Aspect }) {
      metadata.require("EDIT_ENTITY_INCIDENTS");
      Object.assign(infoOf(urn), input);
      return true;
    },
  };
}

function propertyMutations(metadata: Metadata) {
  interface Upsert {
    readonly assetUrn: string;
    readonly structuredPropertyInputParams: readonly {
      readonly structuredPropertyUrn: string;
      readonly values: readonly { readonly stringValue: string }[];
    }[];
  }
  return {
    createStructuredProperty({ input }: { input: Aspect & { id: string } }) {
      metadata.require("MANAGE_STRUCTURED_PROPERTIES");
      const urn = `urn:li:structuredProperty:${input.id}`;
      if (metadata.entities.has(urn)) throw failure(400);
      metadata.entityOf(urn).propertyDefinition = input;
      return { urn };
    },
    upsertStructuredProperties({ input }: { input: Upsert }) {
      metadata.require("EDIT_ENTITY_PROPERTIES");
      const properties = metadata.entityOf(input.assetUrn).structuredProperties ??= {};
      for (const { structuredPropertyUrn, values } of input.structuredPropertyInputParams) {
        if (!metadata.entities.has(structuredPropertyUrn)) throw failure(400);
        properties[structuredPropertyUrn] = values.map(({ stringValue }) => stringValue);
      }
      return { properties: [] };
    },
  };
}

function assertionMutations(metadata: Metadata) {
  return {
    upsertCustomAssertion({ urn, input }: { urn: string; input: Aspect }) {
      metadata.require("EDIT_ENTITY_ASSERTIONS");
      metadata.entityOf(urn).assertionInfo = input;
      return { urn };
    },
    reportAssertionResult({ urn, result }: { urn: string; result: Aspect }) {
      metadata.require("EDIT_ENTITY_ASSERTIONS");
      if (!metadata.entities.has(urn)) throw failure(404);
      metadata.timeseries.set(`${urn} assertionRunEvent ${result.timestampMillis}`, {
        urn,
        aspect: "assertionRunEvent",
        value: result,
      });
      return true;
    },
  };
}
