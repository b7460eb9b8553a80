{{/* What the job needs is made before it, before anything else of the release, and goes with it. */}}
{{- define "chat-router.topicsHook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}

{{- define "chat-router.topicsLabels" -}}
{{ include "chat-router.selectorLabels" . }}
app.kubernetes.io/component: topics
{{- end }}
