{{/* A variable from a key of an existing Secret. Arguments: root, variable, and its block of values. */}}
{{- define "tokenize-action.secretVariable" -}}
- name: {{ .variable }}
  valueFrom:
    secretKeyRef:
      name: {{ .block.existingSecret | default .root.Values.existingSecret }}
      key: {{ .block.key }}
{{- end }}

{{- define "tokenize-action.caVolume" -}}
- name: {{ .name }}
  {{- if .ca.configMap }}
  configMap: { name: {{ .ca.configMap | quote }} }
  {{- else }}
  secret: { secretName: {{ .ca.secret | quote }}, items: [{ key: {{ .ca.key | quote }}, path: {{ .ca.key | quote }} }] }
  {{- end }}
{{- end }}

{{- define "tokenize-action.hasKeys" -}}
{{- if has .Values.tokens.sdk (list "hmac-sha256" "aes-siv") }}yes{{ end }}
{{- end }}

{{- define "tokenize-action.vaultMethod" -}}
{{- if eq .Values.tokens.sdk "vault-transit" }}{{ .Values.vault.auth.method }}{{ end }}
{{- end }}

{{/* The settings, for the action and for sweeps. */}}
{{- define "tokenize-action.environment" -}}
{{- $root := . -}}
{{- $v := .Values -}}
- { name: LOG_FORMAT, value: json }
- { name: LOG_LEVEL, value: {{ $v.logLevel | quote }} }
{{- if $v.config }}
- { name: TOKENIZE_CONFIG, value: /etc/tokenize/config.yaml }
{{- end }}
{{- with $v.allowedDatasets }}
- { name: ALLOWED_DATASETS, value: {{ join "," . | quote }} }
{{- end }}
{{- if $v.postgres.enabled }}
{{ include "tokenize-action.secretVariable" (dict "root" $root "variable" "PG_CONN_STR" "block" $v.postgres) }}
{{- end }}
{{- if or $v.postgres.ca.configMap $v.postgres.ca.secret }}
- { name: PGSSLROOTCERT, value: {{ printf "/run/postgres-ca/%s" $v.postgres.ca.key | quote }} }
{{- end }}
{{- if $v.databricks.enabled }}
{{ include "tokenize-action.secretVariable" (dict "root" $root "variable" "DBX_JDBC_URL" "block" $v.databricks) }}
{{- with $v.databricks.secretScope }}
- { name: DBX_SECRET_SCOPE, value: {{ . | quote }} }
{{- end }}
{{- end }}
{{- if $v.datahub.enabled }}
- { name: DATAHUB_GMS_URL, value: {{ $v.datahub.url | quote }} }
{{- if $v.datahub.token.enabled }}
{{ include "tokenize-action.secretVariable" (dict "root" $root "variable" "DATAHUB_GMS_TOKEN" "block" $v.datahub.token) }}
{{- end }}
{{- with $v.datahub.tags }}
- { name: DATAHUB_TAGS, value: {{ join "," . | quote }} }
{{- end }}
{{- with $v.datahub.terms }}
- { name: DATAHUB_TERMS, value: {{ join "," . | quote }} }
{{- end }}
{{- with $v.datahub.approvalTag }}
- { name: DATAHUB_APPROVAL_TAG, value: {{ . | quote }} }
{{- end }}
{{- end }}
{{- if $v.history.enabled }}
{{ include "tokenize-action.secretVariable" (dict "root" $root "variable" "HISTORY_CONN_STR" "block" $v.history) }}
- name: REPLICA_NAME
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
{{- with $v.history.retention }}
- { name: HISTORY_RETENTION, value: {{ . | quote }} }
{{- end }}
{{- end }}
{{- if $v.receipts.enabled }}
- { name: RECEIPT_KEY_FILE, value: {{ printf "/run/receipts/%s" $v.receipts.key | quote }} }
{{- end }}
{{- with $v.tracing.endpoint }}
- { name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }} }
{{- end }}
{{- if $v.tracing.headers.enabled }}
{{ include "tokenize-action.secretVariable" (dict "root" $root "variable" "OTEL_EXPORTER_OTLP_HEADERS" "block" $v.tracing.headers) }}
{{- end }}
- { name: TOKEN_SDK_MODE, value: {{ $v.tokens.sdk | quote }} }
- { name: TOKEN_CONTEXT, value: {{ $v.tokens.context | quote }} }
{{- with $v.tokens.hmacBytes }}
- { name: TOKEN_HMAC_BYTES, value: {{ . | quote }} }
{{- end }}
{{- if include "tokenize-action.hasKeys" . }}
- { name: TOKEN_KEYS_FILE, value: {{ printf "/run/tokenize/%s" $v.tokens.keys.key | quote }} }
{{- end }}
{{- if eq $v.tokens.sdk "vault-transit" }}
{{ include "tokenize-action.vaultEnvironment" . | trim }}
{{- end }}
{{- with $v.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "tokenize-action.vaultEnvironment" -}}
{{- $root := . -}}
{{- $vault := .Values.vault -}}
- { name: VAULT_ADDR, value: {{ $vault.address | quote }} }
- { name: VAULT_TRANSIT_KEY, value: {{ $vault.transitKey | quote }} }
- { name: VAULT_TRANSIT_MOUNT, value: {{ $vault.transitMount | quote }} }
{{- with $vault.namespace }}
- { name: VAULT_NAMESPACE, value: {{ . | quote }} }
{{- end }}
{{- if or $vault.ca.configMap $vault.ca.secret }}
- { name: VAULT_CACERT, value: {{ printf "/run/vault-ca/%s" $vault.ca.key | quote }} }
{{- end }}
{{- if eq $vault.auth.method "token" }}
{{ include "tokenize-action.secretVariable" (dict "root" $root "variable" "VAULT_TOKEN" "block" (dict "existingSecret" $vault.auth.existingSecret "key" "VAULT_TOKEN")) }}
{{- else if eq $vault.auth.method "approle" }}
{{- range list "VAULT_ROLE_ID" "VAULT_SECRET_ID" }}
{{ include "tokenize-action.secretVariable" (dict "root" $root "variable" . "block" (dict "existingSecret" $vault.auth.existingSecret "key" .)) }}
{{- end }}
{{- with $vault.auth.mount }}
- { name: VAULT_APPROLE_MOUNT, value: {{ . | quote }} }
{{- end }}
{{- else }}
- { name: VAULT_KUBERNETES_ROLE, value: {{ $vault.auth.role | quote }} }
- { name: VAULT_KUBERNETES_TOKEN_FILE, value: /run/vault-login/token }
{{- with $vault.auth.mount }}
- { name: VAULT_KUBERNETES_MOUNT, value: {{ . | quote }} }
{{- end }}
{{- end }}
{{- end }}

{{/* Files: the program refuses secrets that others can read, so those are 0440, with an fsGroup. */}}
{{- define "tokenize-action.volumes" -}}
{{- $v := .Values -}}
{{- if $v.config }}
- name: config
  configMap: { name: {{ include "tokenize-action.fullname" . }} }
{{- end }}
{{- if or $v.postgres.ca.configMap $v.postgres.ca.secret }}
{{ include "tokenize-action.caVolume" (dict "name" "postgres-ca" "ca" $v.postgres.ca) }}
{{- end }}
{{- if $v.receipts.enabled }}
- name: receipts
  secret: { secretName: {{ $v.receipts.existingSecret | default $v.existingSecret | quote }}, defaultMode: 0440, items: [{ key: {{ $v.receipts.key | quote }}, path: {{ $v.receipts.key | quote }} }] }
{{- end }}
{{- if include "tokenize-action.hasKeys" . }}
- name: keys
  secret: { secretName: {{ $v.tokens.keys.existingSecret | quote }}, defaultMode: 0440, items: [{ key: {{ $v.tokens.keys.key | quote }}, path: {{ $v.tokens.keys.key | quote }} }] }
{{- end }}
{{- if eq $v.tokens.sdk "vault-transit" }}
{{- if or $v.vault.ca.configMap $v.vault.ca.secret }}
{{ include "tokenize-action.caVolume" (dict "name" "vault-ca" "ca" $v.vault.ca) }}
{{- end }}
{{- if eq $v.vault.auth.method "kubernetes" }}
# For Vault alone: the Kubernetes API does not accept a token for another audience.
- name: vault-login
  projected:
    defaultMode: 0440
    sources:
      - serviceAccountToken: { path: token, audience: {{ $v.vault.auth.audience | quote }}, expirationSeconds: 3600 }
{{- end }}
{{- end }}
{{- with $v.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "tokenize-action.volumeMounts" -}}
{{- $v := .Values -}}
{{- if $v.config }}
- { name: config, mountPath: /etc/tokenize, readOnly: true }
{{- end }}
{{- if or $v.postgres.ca.configMap $v.postgres.ca.secret }}
- { name: postgres-ca, mountPath: /run/postgres-ca, readOnly: true }
{{- end }}
{{- if $v.receipts.enabled }}
- { name: receipts, mountPath: /run/receipts, readOnly: true }
{{- end }}
{{- if include "tokenize-action.hasKeys" . }}
- { name: keys, mountPath: /run/tokenize, readOnly: true }
{{- end }}
{{- if eq $v.tokens.sdk "vault-transit" }}
{{- if or $v.vault.ca.configMap $v.vault.ca.secret }}
- { name: vault-ca, mountPath: /run/vault-ca, readOnly: true }
{{- end }}
{{- if eq $v.vault.auth.method "kubernetes" }}
- { name: vault-login, mountPath: /run/vault-login, readOnly: true }
{{- end }}
{{- end }}
{{- with $v.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* What all pods have in common. */}}
{{- define "tokenize-action.podSettings" -}}
{{- $v := .Values -}}
serviceAccountName: {{ include "tokenize-action.serviceAccountName" . }}
automountServiceAccountToken: false
# No TOKENIZE_ACTION_PORT=tcp://… and the like in the environment.
enableServiceLinks: false
securityContext:
  {{- toYaml $v.podSecurityContext | nindent 2 }}
{{- with $v.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{/* The program's container, but for its arguments, ports and probes. */}}
{{- define "tokenize-action.container" -}}
name: tokenize
image: {{ include "tokenize-action.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
{{- end }}
