#!/bin/sh
# Writes a C file that holds each Lua script as a byte array: embed-scripts.sh OUTPUT FOLDER
# A line "-- include NAME" stands for the text of FOLDER/include/NAME.lua: what several scripts share is written once.
set -eu
out=$1 folder=$2
expand() {
    awk -v folder="$folder/include/" '
        /^-- include / {
            file = folder $3 ".lua"
            while ((more = (getline line < file)) > 0) print line
            if (more < 0) { print "no such include: " file > "/dev/stderr"; exit 1 }
            close(file)
            next
        }
        { print }' "$1"
}
{
    echo '#include "gateway/store/script_table.h"'
    names=
    for file in "$folder"/*.lua; do
        [ -e "$file" ] || continue
        name=$(basename "$file" .lua)
        names="$names $name"
        expand "$file" >"$out.lua"
        printf 'static const char text_%s[] = {\n' "$name"
        od -An -v -tx1 "$out.lua" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
        echo '0};'
    done
    echo 'const struct script_text script_table[] = {'
    for name in $names; do
        printf '    {"%s", text_%s, sizeof text_%s - 1},\n' "$name" "$name" "$name"
    done
    echo '    {0, 0, 0},'
    echo '};'
} >"$out.tmp"
rm -f "$out.lua"
mv "$out.tmp" "$out"
