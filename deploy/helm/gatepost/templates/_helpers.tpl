{{- define "gatepost.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "gatepost.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "gatepost.labels" -}}
{{ include "gatepost.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "gatepost.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "gatepost.name" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- define "gatepost.secret" -}}
{{- .Values.secret.existing | default (include "gatepost.name" .) -}}
{{- end -}}

{{- define "gatepost.image" -}}
{{- $name := printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- if .Values.image.digest -}}
{{- $name = printf "%s@%s" $name .Values.image.digest -}}
{{- end -}}
{{- $name | quote -}}
{{- end -}}

{{/* What the longest call to a tool may take: a worker that stops finishes the call in hand and gives the rest back. */}}
{{- define "gatepost.longestCall" -}}
{{- $connect := .Values.settings.GATEPOST_CONNECT_TIMEOUT | default 5 | float64 | ceil | int -}}
{{- $read := .Values.settings.GATEPOST_READ_TIMEOUT | default 30 | float64 | ceil | int -}}
{{- add $connect $read -}}
{{- end -}}

{{- define "gatepost.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "gatepost.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* The two that must be there are named one by one: a pod without them does not start and says which is missing. */}}
{{- define "gatepost.environment" -}}
envFrom:
  - configMapRef:
      name: {{ include "gatepost.name" . }}
  - secretRef:
      name: {{ include "gatepost.secret" . }}
env:
  - name: DATABASE_URL
    valueFrom:
      secretKeyRef:
        name: {{ include "gatepost.secret" . }}
        key: DATABASE_URL
  - name: GATEPOST_SECRET_KEY
    valueFrom:
      secretKeyRef:
        name: {{ include "gatepost.secret" . }}
        key: GATEPOST_SECRET_KEY
{{- end -}}

{{/* Nothing is kept on disk; the folder is for temporary files of exports only. */}}
{{- define "gatepost.mounts" -}}
volumeMounts:
  - name: tmp
    mountPath: /tmp
  {{- with .Values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{- define "gatepost.volumes" -}}
volumes:
  - name: tmp
    emptyDir:
      sizeLimit: 256Mi
  {{- with .Values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Arguments: the root, the component, its values. */}}
{{- define "gatepost.placement" -}}
{{- $root := index . 0 }}{{ $component := index . 1 }}{{ $values := index . 2 -}}
topologySpreadConstraints:
  {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "gatepost.selector" $root | nindent 8 }}
        app.kubernetes.io/component: {{ $component }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- with $values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The annotations make pods start anew when what they have read at their start has changed. */}}
{{- define "gatepost.podAnnotations" -}}
{{- $root := index . 0 }}{{ $values := index . 1 -}}
checksum/settings: {{ $root.Values.settings | toJson | sha256sum }}
{{- if not $root.Values.secret.existing }}
checksum/secret: {{ $root.Values.secret.values | toJson | sha256sum }}
{{- end }}
{{- with $values.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end -}}
