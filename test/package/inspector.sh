#!/bin/sh
# Asks the MCP server by the inspector's command line, a client that is not ours: tools, a call, resources and prompts.
# The inspector takes 110 MB, so it is no dependency; it is put into a folder of its own.
#   Usage: sh test/package/inspector.sh [CACHE]   (.cache)     after npm run build
set -eu

here=$(cd "$(dirname "$0")/../.." && pwd)
folder=${1:-$here/.cache}/inspector
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund --silent @modelcontextprotocol/inspector@2.12.0
mkdir -p "$work/code/src"
printf '/** Loans. */\nexport const LOAN_DAYS = 21;\n' >"$work/code/src/loans.ts"
export ASK_CODEBASE_HOME="$work/home" ASK_CODEBASE_MODELS="$here/models" MCP_CATALOG_PATH="$work/mcp.json"

# Fails where a text is not in the answer; a refusal is an answer too, for which the inspector ends with an error.
holds() {
  wanted=$1
  shift
  "$folder/node_modules/.bin/mcp-inspector" --cli node "$here/dist/cli.js" mcp --repo "$work/code" --device cpu "$@" \
    >"$work/out" 2>&1 || true
  grep -q "$wanted" "$work/out" || {
    echo "The inspector found no $wanted in the answer to $*:" >&2
    cat "$work/out" >&2
    exit 1
  }
}

holds '"name": "search_codebase"' --method tools/list
holds 'src/loans.ts (definition)' --method tools/call --tool-name find_references --tool-arg name=LOAN_DAYS
holds 'in none of the folders' --method tools/call --tool-name read_lines --tool-arg path=/etc/passwd
holds '"uri": "codebase:///src/loans.ts"' --method resources/list
holds 'LOAN_DAYS = 21' --method resources/read --uri codebase:///src/loans.ts
holds '"name": "review_changes"' --method prompts/list
echo "The inspector got tools, answers, resources and prompts."
