#!/bin/sh
# Writes a C file that holds a file's text as a string: embed-file.sh OUTPUT NAME FILE
set -eu
out=$1 name=$2 file=$3
{
    printf 'extern const char %s[];\nconst char %s[] = {\n' "$name" "$name"
    od -An -v -tx1 "$file" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
    echo '0};'
} >"$out.tmp"
mv "$out.tmp" "$out"
