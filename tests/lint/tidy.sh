#!/usr/bin/env bash
# clang-tidy on every C++ file of src that differs from the last landed state (origin/main), where a finding is a failure, and on a
# share of the others, so that a fresh clone is looked at, too: kShare files, the next ones after every commit, all in turn. What it
# finds there is printed and fails nobody: files that were never looked at come up that way. The share ends after kSeconds (what it
# did not reach is named); with the files that are in hand then, that is three minutes on two cores.
set -euo pipefail
kShare=16
kSeconds=140

# $1: changed or share; $2: a file. Called again by xargs, one at a time and core.
if [ "${1:-}" = changed ] || [ "${1:-}" = share ]; then
  if [ "$1" = share ] && [ "$(date +%s)" -ge "$TIDY_DEADLINE" ]; then
    echo "tidy: not reached in $kSeconds s: $2"
    exit 0
  fi
  strict=(--warnings-as-errors='*')
  [ "$1" = changed ] || strict=()
  exec clang-tidy-16 -p build/tidy --quiet "${strict[@]}" "$2"
fi

base=$(git merge-base HEAD origin/main 2>/dev/null || git rev-parse HEAD~1 2>/dev/null || git rev-parse HEAD)
mapfile -t changed < <(git diff --name-only --diff-filter=d "$base" -- 'src/*.cc')
mapfile -t others < <(git ls-files 'src/*.cc' | grep -vxF -f <(printf '%s\n' "${changed[@]}"))
# A shallow clone does not know how many commits there were: its commit's own number decides then.
if [ "$(git rev-parse --is-shallow-repository)" = true ]; then turn=$((16#$(git rev-parse HEAD | cut -c1-6))); else turn=$(git rev-list --count HEAD); fi
share=()
for ((i = 0; i < kShare && i < ${#others[@]}; ++i)); do share+=("${others[(turn * kShare + i) % ${#others[@]}]}"); done
echo "tidy: ${#changed[@]} changed files: ${changed[*]}"
echo "tidy: ${#share[@]} of the ${#others[@]} others, share $turn: ${share[*]}"

# g++'s precompiled header and flags mean nothing to clang: they are left out of the copy of the compile commands.
mkdir -p build/tidy
sed -E 's/-include [^ ]*cmake_pch[^ ]*//g; s/-fpch-preprocess//g; s/-Winvalid-pch//g; s/-Wno-(maybe-uninitialized|stringop-overflow|stringop-overread|array-bounds|dangling-pointer|restrict)//g' build/release/compile_commands.json >build/tidy/compile_commands.json
TIDY_DEADLINE=$(($(date +%s) + kSeconds))
export TIDY_DEADLINE
code=0
if [ "${#changed[@]}" -gt 0 ]; then
  printf '%s\n' "${changed[@]}" | xargs -P "$(nproc)" -n 1 "$0" changed || code=1
fi
printf '%s\n' "${share[@]}" | xargs -r -P "$(nproc)" -n 1 "$0" share || echo "tidy: the share was not looked at to its end"
exit "$code"
