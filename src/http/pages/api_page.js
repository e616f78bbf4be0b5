/** Starts Swagger UI on the program's own document. It asks nobody else, and keeps no token. */
globalThis.ui = globalThis.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null, // a server elsewhere otherwise
  persistAuthorization: false,
  displayOperationId: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: false,
});
