{{/*
router.yaml: what `settings` says, and what only the chart can know (paths, provider, address).
The schema keeps the two apart: `settings` has none of the names that are written here.
*/}}
{{- define "chat-router.settings" -}}
{{- $extra := dict }}
{{- with .Values.kafka }}
{{- if or .tls.enabled .sasl.enabled }}
{{- $_ := set $extra "security.protocol" (ternary (ternary "SASL_SSL" "SASL_PLAINTEXT" .tls.enabled) "SSL" .sasl.enabled) }}
{{- end }}
{{- if .tls.enabled }}
{{- if .tls.secretName }}
{{- $_ := set $extra "ssl.ca.location" (printf "/run/secrets/kafka-tls/%s" .tls.caKey) }}
{{- end }}
{{- if .tls.clientCertificate }}
{{- $_ := set $extra "ssl.certificate.location" (printf "/run/secrets/kafka-tls/%s" .tls.certificateKey) }}
{{- $_ := set $extra "ssl.key.location" (printf "/run/secrets/kafka-tls/%s" .tls.privateKeyKey) }}
{{- end }}
{{- end }}
{{- if .sasl.enabled }}
{{- $_ := set $extra "sasl.mechanisms" .sasl.mechanism }}
{{- end }}
{{- end }}
{{- $kafka := dict "extra" $extra }}
{{- with .Values.kafka }}
{{- if .sasl.enabled }}
{{- $_ := set $kafka "sasl_password_file" (printf "/run/secrets/kafka-sasl/%s" .sasl.passwordKey) }}
{{- end }}
{{- if and .tls.enabled .tls.clientCertificate .tls.privateKeyPasswordKey }}
{{- $_ := set $kafka "ssl_key_password_file" (printf "/run/secrets/kafka-tls/%s" .tls.privateKeyPasswordKey) }}
{{- end }}
{{- end }}
{{- $ours := dict
      "ledger" "/var/lib/chat-router/ledger"
      "kafka" $kafka
      "bundle" (dict "provider" (ternary "cuda" "cpu" .Values.gpu.enabled))
      "metrics" (dict "host" "0.0.0.0" "port" .Values.metrics.port) }}
{{- with .Values.metrics.tls }}
{{- if .enabled }}
{{- $_ := set $ours.metrics "tls_cert_file" (printf "/run/secrets/metrics-tls/%s" .certificateKey) }}
{{- $_ := set $ours.metrics "tls_key_file" (printf "/run/secrets/metrics-tls/%s" .privateKeyKey) }}
{{- if .clientCaKey }}
{{- $_ := set $ours.metrics "tls_client_ca_file" (printf "/run/secrets/metrics-tls/%s" .clientCaKey) }}
{{- end }}
{{- end }}
{{- end }}
{{- if ne .Values.bundle.source "starter" }}
{{- $_ := set $ours.bundle "path" "/bundle" }}
{{- end }}
{{- with .Values.rules }}
{{- $rules := dict }}
{{- if or .content .configMapName }}
{{- $_ := set $rules "path" "/etc/chat-router/rules.yaml" }}
{{- end }}
{{- if or .tenants .tenantsConfigMapName }}
{{- $_ := set $rules "tenants" "/etc/chat-router-tenants" }}
{{- end }}
{{- if $rules }}
{{- $_ := set $ours "rules" $rules }}
{{- end }}
{{- end }}
{{- $given := deepCopy .Values.settings }}
{{- if and .Values.gpu.enabled (not (dig "workers" "token_budget" 0 $given)) }}
{{- $_ := set $ours "workers" (dict "token_budget" .Values.gpu.tokenBudget) }}
{{- end }}
{{- mergeOverwrite $given $ours | toYaml }}
{{- end }}

{{/* Brokers are asked on these ports; `host:port,host:port` says which, if no value does. */}}
{{- define "chat-router.kafkaPorts" -}}
{{- $ports := .Values.networkPolicy.kafkaPorts }}
{{- if not $ports }}
{{- range splitList "," (dig "kafka" "bootstrap" "" .Values.settings) }}
{{- $ports = append $ports (splitList ":" . | last | trim | int) }}
{{- end }}
{{- end }}
{{- $ports | uniq | toJson }}
{{- end }}
