{{/* What the schema cannot say, or only in words that help nobody. */}}
{{- define "tokenize-action.check" -}}
{{- $v := .Values }}
{{- if and (gt (int $v.replicaCount) 1) (not $v.history.enabled) }}
{{- fail "Cannot run several replicas: they need a history that they share; set history.enabled, or replicaCount to 1" }}
{{- end }}
{{- if and (not $v.triggerToken.enabled) (not $v.config.allow_anonymous) }}
{{- fail "Cannot run without a token: set triggerToken.enabled, or config.allow_anonymous to true" }}
{{- end }}
{{- if and (has $v.tokens.sdk (list "hmac-sha256" "aes-siv")) (not $v.tokens.keys.existingSecret) }}
{{- fail (printf "Cannot use tokens.sdk %q: tokens.keys.existingSecret has to name the Secret with the key file" $v.tokens.sdk) }}
{{- end }}
{{- if eq $v.tokens.sdk "vault-transit" }}
{{- if not (and $v.vault.address $v.vault.transitKey) }}
{{- fail "Cannot use tokens.sdk \"vault-transit\": it needs vault.address and vault.transitKey" }}
{{- end }}
{{- if and (eq $v.vault.auth.method "kubernetes") (not $v.vault.auth.role) }}
{{- fail "Cannot log in to Vault with the service account: vault.auth.role is missing" }}
{{- end }}
{{- end }}
{{- if $v.datahub.enabled }}
{{- if not $v.datahub.url }}
{{- fail "Cannot follow DataHub: datahub.url is missing" }}
{{- end }}
{{- if not (or $v.datahub.tags $v.datahub.terms (dig "datahub" "tags" "" $v.config) (dig "datahub" "terms" "" $v.config)) }}
{{- fail "Cannot follow DataHub: datahub.tags and datahub.terms are both empty" }}
{{- end }}
{{- if and (or (eq $v.datahub.mode "run") (and $v.sweep.enabled (eq $v.sweep.mode "run"))) (not (or $v.allowedDatasets $v.config.allowed_datasets)) }}
{{- fail "Cannot tokenize at once what has a tag: the mode \"run\" needs allowedDatasets" }}
{{- end }}
{{- if and (or (eq $v.datahub.mode "approve") (and $v.sweep.enabled (eq $v.sweep.mode "approve"))) (not (or $v.datahub.approvalTag (dig "datahub" "approval_tag" "" $v.config))) }}
{{- fail "Cannot wait for approval: the mode \"approve\" needs datahub.approvalTag" }}
{{- end }}
{{- end }}
{{- if and $v.sweep.enabled (not $v.datahub.enabled) (not (dig "datahub" "gms_url" "" $v.config)) }}
{{- fail "Cannot sweep on a schedule: sweep.enabled needs datahub.enabled" }}
{{- end }}
{{- if and $v.ingress.enabled (not $v.ingress.hosts) }}
{{- fail "Cannot make an Ingress: ingress.hosts is empty" }}
{{- end }}
{{- if and $v.httpRoute.enabled (not $v.httpRoute.parentRefs) }}
{{- fail "Cannot make an HTTPRoute: httpRoute.parentRefs is empty" }}
{{- end }}
{{- range $block := list "postgres" "vault" }}
{{- with (index $v $block).ca }}
{{- if and .configMap .secret }}
{{- fail (printf "Cannot mount the CA of %s: set configMap or secret, not both" $block) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
