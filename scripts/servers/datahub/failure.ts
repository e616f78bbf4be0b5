/** Failures of the stand-in's GraphQL. */
import { GraphQLError } from "graphql";

/** A failure with a code, as DataHub's resolvers have it; its message is not to be passed on. */
export function failure(code: 400 | 403 | 404): GraphQLError {
  return new GraphQLError("canary: An unknown error occurred.", { extensions: { code } });
}
