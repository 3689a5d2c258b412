# Everything about the compiler that is the same for every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

option(ANTIPHON_FUZZ "build the libFuzzer targets (clang)" OFF)
option(ANTIPHON_BENCH "build what stands in bench/" OFF)
option(ANTIPHON_COVERAGE "instrument for gcov" OFF)
option(ANTIPHON_PCH "precompiled headers" ON)
set(ANTIPHON_SANITIZE "" CACHE STRING "sanitizers, as -fsanitize= takes them")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
# Assertions of ours stay on in release; -g1 keeps stack traces readable at a fifth of the size.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD AND NOT ANTIPHON_FUZZ)
  add_link_options(-fuse-ld=mold)
elseif(ANTIPHON_FUZZ)
  add_link_options(-fuse-ld=lld)
endif()

add_library(antiphon_flags INTERFACE)
target_include_directories(antiphon_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(antiphon_flags INTERFACE -Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor -Werror)
target_compile_definitions(antiphon_flags INTERFACE SPDLOG_FMT_EXTERNAL JSON_USE_IMPLICIT_CONVERSIONS=0)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these falsely inside libstdc++ once -O2 inlines.
  target_compile_options(antiphon_flags INTERFACE -fpch-preprocess -Wno-restrict -Wno-maybe-uninitialized
                         -Wno-stringop-overflow -Wno-array-bounds -Wno-dangling-pointer)
endif()
if(ANTIPHON_SANITIZE)
  add_compile_options(-fsanitize=${ANTIPHON_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -O1)
  add_link_options(-fsanitize=${ANTIPHON_SANITIZE})
  if(ANTIPHON_SANITIZE MATCHES "thread")
    target_compile_options(antiphon_flags INTERFACE -Wno-tsan)
  endif()
endif()
if(ANTIPHON_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(ANTIPHON_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
