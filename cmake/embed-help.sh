#!/bin/sh
# Writes a C file with what --help prints: embed-help.sh OUTPUT FOLDER, one NAME.txt for each command.
set -eu
{
    printf '#include "gateway/admin/commands.h"\n\nconst struct help_text help_texts[] = {\n'
    for file in "$2"/*.txt; do
        printf '{"%s", (const char[]){' "$(basename "$file" .txt)"
        od -An -v -tx1 "$file" | sed 's/ \([0-9a-f][0-9a-f]\)/(char)0x\1,/g'
        printf '0}},\n'
    done
    printf '{0}};\n'
} >"$1.tmp"
mv "$1.tmp" "$1"
