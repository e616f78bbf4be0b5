/** The settings of the token SDKs. Those of Vault stand apart, as on their own page. */
import { TOKEN_SDK_MODES } from "../../tokens/adapters.ts";
import { choice, flag, integer, path, secret, text } from "../setting.ts";

/** By variable. */
export const TOKENS = {
  TOKEN_SDK_MODE: choice(
    "the [token SDK](token-sdks.md): `dummy`, `hmac-sha256`, `aes-siv` or `vault-transit`",
    TOKEN_SDK_MODES,
    "`dummy`",
  ),
  TOKEN_KEYS_FILE: path(
    "the [key file](token-sdks.md#the-key-file)",
    "none; `hmac-sha256` and `aes-siv` need it",
  ),
  TOKEN_CONTEXT: choice(
    "[where equal values get equal tokens](token-sdks.md#context): `global`, `dataset` or `column`",
    ["global", "dataset", "column"],
    "`global`",
  ),
  TOKEN_HMAC_BYTES: integer(
    "how many bytes of the HMAC [a token of `hmac-sha256`](token-sdks.md#shorter-tokens) holds",
    32,
    [12, 32],
  ),
  ALLOW_DETOKENIZE: flag(
    "`true`: [`tokenize detokenize`](cli.md#tokenize-detokenize) and [`restore`](cli.md#tokenize-restore) may read tokens back",
  ),
};

/** Those of `vault-transit`, by variable. */
export const VAULT = {
  VAULT_ADDR: text(
    "`https://HOST:PORT`, with a path if need be; `http://` only for a loopback address, such as that of a local agent",
    "none; required",
  ),
  VAULT_TRANSIT_KEY: text("the name of the key", "none; required"),
  VAULT_TRANSIT_MOUNT: text("where the engine is mounted", "`transit`"),
  VAULT_NAMESPACE: text("the namespace of the engine and of the login"),
  VAULT_CACERT: path(
    "a file with the CA's certificate, trusted in addition to the well-known ones",
  ),
  VAULT_TOKEN: secret("log in with this token"),
  VAULT_ROLE_ID: secret("log in with AppRole: the role's id"),
  VAULT_SECRET_ID: secret("the secret id for it"),
  VAULT_APPROLE_MOUNT: text("where AppRole is mounted", "`approle`"),
  VAULT_KUBERNETES_ROLE: text("log in with the pod's service account, as this role"),
  VAULT_KUBERNETES_MOUNT: text("where that login is mounted", "`kubernetes`"),
  VAULT_KUBERNETES_TOKEN_FILE: path(
    "the file with the service account's token",
    "`/var/run/secrets/kubernetes.io/serviceaccount/token`",
  ),
};
