# The three kinds of target. A folder under src/ is one library; its tests stand beside the code.
#
#   antiphon_library(kafka_log SOURCES a.cc b.cc DEPS core kafka_wire LIBS ISAL)
#       target antiphon_kafka_log; DEPS are our own modules (without the prefix), LIBS anything else. UNITY n: so many sources
#       are compiled as one, for folders of many small files whose names do not clash.
#   antiphon_test(kafka_log SOURCES a_test.cc DEPS kafka_log LABELS sanitize)
#       target kafka_log_test, registered with CTest case by case; LABELS sanitize: also run under the sanitizers.
#   antiphon_fuzz(batch_header SOURCES batch_header_fuzz.cc DEPS kafka_wire)
#       target fuzz_batch_header when ANTIPHON_FUZZ; its corpus is fuzz/corpus/batch_header.
#       In every other build the same source becomes fuzz_NAME_corpus, a test that replays the corpus.
include(GoogleTest)
find_package(PkgConfig REQUIRED)
find_package(GTest REQUIRED)
find_package(fmt REQUIRED)
find_package(Threads REQUIRED)

if(ANTIPHON_PCH)
  file(WRITE ${CMAKE_BINARY_DIR}/pch_anchor.cc "")
  add_library(antiphon_pch OBJECT ${CMAKE_BINARY_DIR}/pch_anchor.cc)
  target_link_libraries(antiphon_pch PRIVATE antiphon_flags fmt::fmt)
  target_precompile_headers(antiphon_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.h)
  add_library(antiphon_test_pch OBJECT ${CMAKE_BINARY_DIR}/pch_anchor.cc)
  target_link_libraries(antiphon_test_pch PRIVATE antiphon_flags fmt::fmt GTest::gtest GTest::gmock)
  target_precompile_headers(antiphon_test_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.h <gtest/gtest.h> <gmock/gmock.h>)
endif()

# What runs under the sanitizers, and every fuzzer: names for `./dev sanitize` and `./dev fuzz` to build.
add_custom_target(guarded_tests)   # label guarded: core, log, broker and leases, in CI
add_custom_target(sanitize_tests)  # label sanitize: all that is worth it, by hand
add_custom_target(fuzz_targets)

function(antiphon_use_pch target pch)
  if(ANTIPHON_PCH)
    target_precompile_headers(${target} REUSE_FROM ${pch})
  endif()
endfunction()

function(antiphon_library name)
  cmake_parse_arguments(A "" "UNITY" "SOURCES;DEPS;LIBS" ${ARGN})
  add_library(antiphon_${name} STATIC ${A_SOURCES})
  if(A_UNITY)
    set_target_properties(antiphon_${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${A_UNITY})
  endif()
  list(TRANSFORM A_DEPS PREPEND antiphon_)
  target_link_libraries(antiphon_${name} PUBLIC antiphon_flags fmt::fmt Threads::Threads ${A_DEPS} ${A_LIBS})
  antiphon_use_pch(antiphon_${name} antiphon_pch)
endfunction()

function(antiphon_test name)
  cmake_parse_arguments(A "" "" "SOURCES;DEPS;LIBS;LABELS" ${ARGN})
  if(ANTIPHON_FUZZ)
    return()
  endif()
  add_executable(${name}_test ${A_SOURCES})
  list(TRANSFORM A_DEPS PREPEND antiphon_)
  target_link_libraries(${name}_test PRIVATE ${A_DEPS} ${A_LIBS} GTest::gtest GTest::gmock GTest::gtest_main)
  antiphon_use_pch(${name}_test antiphon_test_pch)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${name}_test PRIVATE -Wno-stringop-overread)  # falsely reported for short literals
  endif()
  # One label for all, because gtest_discover_tests cannot pass a list on: ctest -L takes a part of it, too.
  list(JOIN A_LABELS "-" label)
  gtest_discover_tests(${name}_test TEST_PREFIX "${name}: " DISCOVERY_MODE PRE_TEST
                       PROPERTIES LABELS "unit-${label}" TIMEOUT 300)
  foreach(label sanitize guarded)
    if(${label} IN_LIST A_LABELS)
      add_dependencies(${label}_tests ${name}_test)
    endif()
  endforeach()
endfunction()

function(antiphon_fuzz name)
  cmake_parse_arguments(A "" "" "SOURCES;DEPS;LIBS" ${ARGN})
  list(TRANSFORM A_DEPS PREPEND antiphon_)
  set(corpus ${CMAKE_SOURCE_DIR}/fuzz/corpus/${name})
  if(ANTIPHON_FUZZ)
    add_executable(fuzz_${name} ${A_SOURCES})
    target_link_libraries(fuzz_${name} PRIVATE antiphon_flags ${A_DEPS} ${A_LIBS})
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzz_targets fuzz_${name})
  else()
    add_executable(fuzz_${name}_corpus ${A_SOURCES} ${CMAKE_SOURCE_DIR}/fuzz/replay_main.cc)
    target_link_libraries(fuzz_${name}_corpus PRIVATE antiphon_flags ${A_DEPS} ${A_LIBS})
    add_test(NAME "fuzz: ${name} takes its corpus" COMMAND fuzz_${name}_corpus ${corpus})
    set_tests_properties("fuzz: ${name} takes its corpus" PROPERTIES LABELS "sanitize" TIMEOUT 120)
    add_dependencies(sanitize_tests fuzz_${name}_corpus)
  endif()
endfunction()
