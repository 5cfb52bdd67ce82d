#!/bin/sh
# Check at Gatepost whether a gate is open, before a deployment.  Needs only curl.
#
#   GATEPOST_URL=https://gatepost.acme.example GATEPOST_TOKEN=… ./check-gate.sh ITX-7 implemented
#
# Exit status 0: open.  1: shut; the checklist is printed.  2: no answer.
# Where Gatepost is installed, `gatepost check ITX-7 --gate implemented --server "$GATEPOST_URL"` does the same.
set -eu

measure=${1:?which measure, by its key}
stage=${2:?which stage, for example implemented}
: "${GATEPOST_URL:?the address of Gatepost}" "${GATEPOST_TOKEN:?an API token with the scope gates:read}"

# Whatever stands in a key or a stage stays one part of the address.
encode() { printf %s "$1" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g'; }
address=${GATEPOST_URL%/}/api/v1/gates/$(encode "$measure")/$(encode "$stage")

answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

# The token is passed by standard input, so that no list of processes shows it.
status=$(printf 'header = "Authorization: Bearer %s"\n' "$GATEPOST_TOKEN" |
  curl --config - --silent --show-error --max-time 30 --header 'Accept: text/plain' --output "$answer" \
    --write-out '%{http_code} %{content_type}' "$address") || {
  echo "Gatepost does not answer at $GATEPOST_URL." >&2
  exit 2
}

case $status in
  "200 text/plain"*) cat "$answer" ;;
  "409 text/plain"*) cat "$answer"; exit 1 ;;
  *) cat "$answer" >&2; echo "It is unknown whether the gate is open (${status%% *})." >&2; exit 2 ;;
esac
