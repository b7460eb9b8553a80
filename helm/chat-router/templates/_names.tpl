{{/* 48 characters leave room for a pod's ordinal and for what a StatefulSet appends in labels. */}}
{{- define "chat-router.fullname" -}}
{{- $long := ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) (contains .Chart.Name .Release.Name) }}
{{- .Values.fullnameOverride | default $long | trunc 48 | trimSuffix "-" }}
{{- end }}

{{- define "chat-router.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Of the pods that route; those of the topics job share the rest. */}}
{{- define "chat-router.routerLabels" -}}
{{ include "chat-router.selectorLabels" . }}
app.kubernetes.io/component: router
{{- end }}

{{- define "chat-router.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "chat-router.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: chat-router
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "chat-router.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- .Values.serviceAccount.name | default (include "chat-router.fullname" .) }}
{{- else }}
{{- .Values.serviceAccount.name | default "default" }}
{{- end }}
{{- end }}

{{- define "chat-router.image" -}}
{{- with .Values.image }}
{{- if .digest }}
{{- printf "%s@%s" .repository .digest }}
{{- else }}
{{- $tag := .tag | default $.Chart.AppVersion }}
{{- printf "%s:%s%s" .repository $tag (ternary $.Values.gpu.tagSuffix "" $.Values.gpu.enabled) }}
{{- end }}
{{- end }}
{{- end }}
