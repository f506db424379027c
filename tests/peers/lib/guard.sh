#!/bin/sh
# guard.sh FOLDER: waits for the end of its standard input, then ends every process that runs in FOLDER. A test holds
# the other end, so this also happens when the test itself is killed. The folder is the mark, because a process keeps
# it where it overwrites its environment (Redis does) or leaves its process group.
folder=$1
cd / || exit 1
cat >/dev/null
for round in 1 2 3 4 5 6 7 8 9 10; do
    left=
    for process in /proc/[0-9]*; do
        case "$(readlink "$process/cwd" 2>/dev/null)/" in
        "$folder"/*) left="$left ${process#/proc/}" ;;
        esac
    done
    [ -n "$left" ] || exit 0
    # shellcheck disable=SC2086 # a list of numbers
    kill -9 $left 2>/dev/null
    sleep 0.1
done
exit 1
