{{/* Parts that the router's pods and the topics job's have in common. */}}

{{- define "chat-router.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  {{- range $name, $id := .Values.podSecurityContext }}
  {{ $name }}: {{ int $id }}
  {{- end }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "chat-router.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{- define "chat-router.kafkaEnv" -}}
{{- with .Values.kafka.sasl }}
{{- if .enabled }}
- name: CHAT_ROUTER_KAFKA__SASL_USERNAME
  valueFrom:
    secretKeyRef:
      name: {{ .secretName }}
      key: {{ .usernameKey }}
{{- end }}
{{- end }}
{{- end }}

{{- define "chat-router.kafkaMounts" -}}
{{- with .Values.kafka }}
{{- if .sasl.enabled }}
- name: kafka-sasl
  mountPath: /run/secrets/kafka-sasl
  readOnly: true
{{- end }}
{{- if and .tls.enabled .tls.secretName }}
- name: kafka-tls
  mountPath: /run/secrets/kafka-tls
  readOnly: true
{{- end }}
{{- end }}
{{- end }}

{{/* Only the keys that are read, and readable by their group alone. */}}
{{- define "chat-router.kafkaVolumes" -}}
{{- with .Values.kafka }}
{{- if .sasl.enabled }}
- name: kafka-sasl
  secret:
    secretName: {{ .sasl.secretName }}
    defaultMode: 0440
    items:
      - {key: {{ .sasl.passwordKey }}, path: {{ .sasl.passwordKey }}}
{{- end }}
{{- if and .tls.enabled .tls.secretName }}
- name: kafka-tls
  secret:
    secretName: {{ .tls.secretName }}
    defaultMode: 0440
    items:
      - {key: {{ .tls.caKey }}, path: {{ .tls.caKey }}}
      {{- if .tls.clientCertificate }}
      {{- range compact (list .tls.certificateKey .tls.privateKeyKey .tls.privateKeyPasswordKey) }}
      - {key: {{ . }}, path: {{ . }}}
      {{- end }}
      {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "chat-router.bundleVolume" -}}
{{- with .Values.bundle }}
{{- if eq .source "image" }}
- name: bundle
  image:
    reference: {{ .image.reference }}
    pullPolicy: {{ .image.pullPolicy }}
{{- else if eq .source "volume" }}
- name: bundle
  persistentVolumeClaim:
    claimName: {{ .volume.claimName }}
    readOnly: true
{{- else if eq .source "init" }}
- name: bundle
  emptyDir:
    sizeLimit: {{ .init.size }}
{{- end }}
{{- end }}
{{- end }}

{{- define "chat-router.bundleMount" -}}
- name: bundle
  mountPath: /bundle
  readOnly: true
  {{- with .Values.bundle.subPath }}
  subPath: {{ . }}
  {{- end }}
{{- end }}

{{/*
The pinned hash is the manifest's, the manifest has every other file's, and the router refuses a
file that differs. So nothing that the pin does not cover is ever loaded.
*/}}
{{- define "chat-router.bundleInitContainers" -}}
{{- if ne .Values.bundle.source "starter" }}
initContainers:
  {{- with .Values.bundle.init }}
  {{- if eq $.Values.bundle.source "init" }}
  - name: fetch-bundle
    image: {{ .image }}
    imagePullPolicy: {{ .pullPolicy }}
    {{- with .command }}
    command:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .args }}
    args:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    env:
      - name: HOME
        value: /tmp
      {{- with .env }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- with .secretName }}
    envFrom:
      - secretRef:
          name: {{ . }}
    {{- end }}
    {{- include "chat-router.containerSecurity" $ | nindent 4 }}
    resources:
      {{- toYaml $.Values.resources | nindent 6 }}
    volumeMounts:
      - name: bundle
        mountPath: /bundle
      - name: tmp
        mountPath: /tmp
  {{- end }}
  {{- end }}
  - name: check-bundle
    image: {{ include "chat-router.image" . }}
    imagePullPolicy: {{ .Values.image.pullPolicy }}
    command: [sha256sum, --check, --strict, /etc/chat-router/bundle.sha256]
    {{- include "chat-router.containerSecurity" . | nindent 4 }}
    resources:
      {{- toYaml .Values.resources | nindent 6 }}
    volumeMounts:
      - name: config
        mountPath: /etc/chat-router
        readOnly: true
      {{- include "chat-router.bundleMount" . | nindent 6 }}
{{- end }}
{{- end }}
