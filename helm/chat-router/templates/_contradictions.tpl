{{/* Values that do not go together. Each alone has passed the schema. */}}
{{- define "chat-router.contradictions" -}}
{{- $v := .Values }}
{{- $_ := required "settings.kafka.bootstrap is required: host:port,host:port of the brokers" (dig "kafka" "bootstrap" "" $v.settings) }}
{{- if and $v.autoscaling.keda.enabled $v.autoscaling.hpa.enabled }}
{{- fail "autoscaling.keda.enabled and autoscaling.hpa.enabled: only one may scale the router" }}
{{- end }}
{{- $most := $v.replicas }}
{{- range $name, $one := $v.autoscaling }}
{{- if $one.enabled }}
{{- $most = $one.maxReplicas }}
{{- if gt (int $one.minReplicas) (int $one.maxReplicas) }}
{{- fail (printf "autoscaling.%s.minReplicas=%v must be at most maxReplicas=%v" $name $one.minReplicas $one.maxReplicas) }}
{{- end }}
{{- end }}
{{- end }}
{{- with $v.autoscaling.keda }}
{{- if and .enabled (gt (int .fallbackReplicas) (int .maxReplicas)) }}
{{- fail (printf "autoscaling.keda.fallbackReplicas=%v must be at most maxReplicas=%v" .fallbackReplicas .maxReplicas) }}
{{- end }}
{{- end }}
{{- if and $v.topics.create (gt (int $most) (int $v.topics.partitions)) }}
{{- fail (printf "%v replicas for topics.partitions=%v: a replica without a partition does nothing" $most $v.topics.partitions) }}
{{- end }}
{{- if and $v.rules.content $v.rules.configMapName }}
{{- fail "rules.content and rules.configMapName: give one of them" }}
{{- end }}
{{- if and $v.rules.tenants $v.rules.tenantsConfigMapName }}
{{- fail "rules.tenants and rules.tenantsConfigMapName: give one of them" }}
{{- end }}
{{- $shutdown := dig "shutdown_s" 20 $v.settings }}
{{- if le (float64 $v.terminationGracePeriodSeconds) (float64 $shutdown) }}
{{- fail (printf "terminationGracePeriodSeconds=%v must be above settings.shutdown_s=%v" $v.terminationGracePeriodSeconds $shutdown) }}
{{- end }}
{{- include "chat-router.secretContradictions" . }}
{{- include "chat-router.bundleContradictions" . }}
{{- end }}

{{- define "chat-router.secretContradictions" -}}
{{- $kafka := .Values.kafka }}
{{- if and $kafka.sasl.enabled (not $kafka.sasl.secretName) }}
{{- fail "kafka.sasl.enabled needs kafka.sasl.secretName" }}
{{- end }}
{{- if and $kafka.tls.clientCertificate (not (and $kafka.tls.enabled $kafka.tls.secretName)) }}
{{- fail "kafka.tls.clientCertificate needs kafka.tls.enabled and kafka.tls.secretName" }}
{{- end }}
{{- if and .Values.metrics.tls.enabled (not .Values.metrics.tls.secretName) }}
{{- fail "metrics.tls.enabled needs metrics.tls.secretName" }}
{{- end }}
{{- if or $kafka.tls.enabled $kafka.sasl.enabled }}
{{- range list "security.protocol" "sasl.mechanism" "sasl.mechanisms" "ssl.ca.location" "ssl.certificate.location" "ssl.key.location" }}
{{- if hasKey (dig "kafka" "extra" dict $.Values.settings) . }}
{{- fail (printf "settings.kafka.extra has %s, which kafka.tls and kafka.sasl decide: remove it there" .) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "chat-router.bundleContradictions" -}}
{{- $bundle := .Values.bundle }}
{{- if ne $bundle.source "starter" }}
{{- $needs := dict
      "image" (dict "bundle.image.reference" $bundle.image.reference)
      "volume" (dict "bundle.volume.claimName" $bundle.volume.claimName)
      "init" (dict "bundle.init.image" $bundle.init.image) }}
{{- range $name, $value := get $needs $bundle.source }}
{{- if not $value }}
{{- fail (printf "bundle.source=%s needs %s" $bundle.source $name) }}
{{- end }}
{{- end }}
{{- if and $bundle.subPath (eq $bundle.source "init") }}
{{- fail "bundle.subPath is for bundle.source image and volume: the init container writes to /bundle itself" }}
{{- end }}
{{- if not $bundle.sha256 }}
{{- fail (printf "bundle.source=%s needs bundle.sha256, the hash of its manifest.json: sha256sum manifest.json" $bundle.source) }}
{{- end }}
{{- end }}
{{- end }}
