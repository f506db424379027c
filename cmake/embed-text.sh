#!/bin/sh
# Writes a C file that holds a file's bytes as a NUL-ended array: embed-text.sh OUTPUT FILE NAME
set -eu
{
    printf '#include "gateway/ledger/servers.h"\nconst char %s[] = {\n' "$3"
    od -An -v -tx1 "$2" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
    echo '0};'
} >"$1.tmp"
mv "$1.tmp" "$1"
