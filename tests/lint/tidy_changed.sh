#!/usr/bin/env bash
# clang-tidy on the C++ files that differ from the last landed state (origin/main), or from the last commit where there is none.
set -euo pipefail
base=$(git merge-base HEAD origin/main 2>/dev/null || git rev-parse HEAD~1 2>/dev/null || git rev-parse HEAD)
mapfile -t files < <(git diff --name-only --diff-filter=d "$base" -- 'src/*.cc' | head -40)
[ ${#files[@]} -gt 0 ] || { echo "no changed files"; exit 0; }
# g++'s precompiled header and flags mean nothing to clang: they are left out of the copy of the compile commands.
mkdir -p build/tidy
sed -E 's/-include [^ ]*cmake_pch[^ ]*//g; s/-fpch-preprocess//g; s/-Winvalid-pch//g; s/-Wno-(maybe-uninitialized|stringop-overflow|stringop-overread|array-bounds|dangling-pointer|restrict)//g' build/release/compile_commands.json >build/tidy/compile_commands.json
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 4 clang-tidy-16 -p build/tidy --quiet --warnings-as-errors='*'
