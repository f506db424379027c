#!/bin/sh
# Writes a C file that holds each Lua script as a byte array: embed-scripts.sh OUTPUT FOLDER
set -eu
out=$1 folder=$2
{
    echo '#include "gateway/store/script_table.h"'
    names=
    for file in "$folder"/*.lua; do
        [ -e "$file" ] || continue
        name=$(basename "$file" .lua)
        names="$names $name"
        printf 'static const char text_%s[] = {\n' "$name"
        od -An -v -tx1 "$file" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
        echo '0};'
    done
    echo 'const struct script_text script_table[] = {'
    for name in $names; do
        printf '    {"%s", text_%s, sizeof text_%s - 1},\n' "$name" "$name" "$name"
    done
    echo '    {0, 0, 0},'
    echo '};'
} >"$out.tmp"
mv "$out.tmp" "$out"
