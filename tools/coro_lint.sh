#!/usr/bin/env bash
# Finds the coroutine expressions that g++ 12 compiles to a double destruction, and that clang compiles right, so that
# no test under clang would tell: see CONTRIBUTING.md.  usage: coro_lint.sh [FILE...]   (default: all that co_await)
set -u
cd "$(dirname "$0")/.."
flags=(-std=c++20 -Isrc -Isubprojects/mime/include -Isubprojects/trigram/include -Isubprojects/wbxml/include -Isubprojects/mailauth/include -Itests -Ibench -DBOOST_ASIO_SEPARATE_COMPILATION -DBOOST_ASIO_NO_DEPRECATED
  -DBOOST_BEAST_SEPARATE_COMPILATION -Wno-everything)
# The tags of ActiveSync are made from a table when the program is built.
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
mkdir "$made/wbxml"
python3 subprojects/wbxml/tokens.py subprojects/wbxml/tokens.tsv "$made/wbxml/tags.hpp" "$made/names.inc" || exit 2
flags+=("-I$made")
clang++-19 "${flags[@]}" -x c++-header src/pch/barid.hpp -o "$made/barid.pch" || exit 2
flags+=(-include-pch "$made/barid.pch")
query() { clang-query-19 -f tools/coro_lint.q "$@" -- "${flags[@]}" 2>&1; }
found() { grep -oE '[^ /]+:[0-9]+:[0-9]+: note: "gcc12[a-z_]*"' | sort -u; }

# A query with a slip in it finds nothing and says so to nobody: prove first that it still finds.
self=tools/coro_lint_selftest.cpp
want=$(grep -nE '// BAD$' $self | cut -d: -f1 | tr '\n' ' ')
got=$(query $self | found | cut -d: -f2 | sort -un | tr '\n' ' ')
[[ $want == "$got" ]] || { echo "coro_lint is broken: wanted lines $want, found $got"; exit 2; }

if (($#)); then files=("$@"); else
  mapfile -t files < <(git ls-files -co --exclude-standard 'src/*.cpp' 'bench/*.cpp' | xargs -r grep -l co_await)
fi
((${#files[@]})) || { echo "0 coroutine lint errors in 0 files"; exit 0; }
out=$(printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 6 bash -c \
  'clang-query-19 -f tools/coro_lint.q "$@" -- '"${flags[*]}"' 2>&1' _)
if grep -E ' error: ' <<<"$out"; then echo "coro_lint: a file does not parse"; exit 2; fi
hits=$(found <<<"$out")
[[ -z $hits ]] && { echo "0 coroutine lint errors in ${#files[@]} files"; exit 0; }
echo "$hits"
exit 1
